"""SQL of engagements."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class EngagementRow:
    project_id: int
    project: str | None
    vendor_org: int
    vendor: str | None
    client_org: int
    client: str | None
    since: datetime
    ended_at: datetime | None


# The vendor does not see the name of a project any more once its engagement ended.
_SELECT = """
SELECT e.project_id, p.name AS project, e.vendor_org, v.name AS vendor, e.client_org, c.name AS client,
       e.created_at AS since, e.ended_at
FROM engagement e LEFT JOIN project p ON p.id = e.project_id LEFT JOIN organisation v ON v.id = e.vendor_org
LEFT JOIN organisation c ON c.id = e.client_org
"""


def list_of_project(session: Session, *, project_id: int, after: int, limit: int) -> list[EngagementRow]:
    """List a project's vendors by organisation id."""
    statement = text(
        _SELECT + "WHERE e.project_id = :project AND e.vendor_org > :after ORDER BY e.vendor_org LIMIT :limit"
    )
    values = {"project": project_id, "after": after, "limit": limit}
    return [EngagementRow(**row) for row in session.execute(statement, values).mappings()]


def list_of_vendor(session: Session, *, vendor_org: int, after: int, limit: int) -> list[EngagementRow]:
    """List a vendor's engagements by project id."""
    statement = text(
        _SELECT + "WHERE e.vendor_org = :vendor AND e.project_id > :after ORDER BY e.project_id LIMIT :limit"
    )
    values = {"vendor": vendor_org, "after": after, "limit": limit}
    return [EngagementRow(**row) for row in session.execute(statement, values).mappings()]


def end_engagement(session: Session, *, project_id: int, vendor_org: int) -> bool:
    """Write down that a vendor works there no more; False when it did not."""
    row = session.execute(
        text(
            "UPDATE engagement SET ended_at = now() "
            "WHERE project_id = :project AND vendor_org = :vendor AND ended_at IS NULL RETURNING 1"
        ),
        {"project": project_id, "vendor": vendor_org},
    )
    return row.first() is not None


def free_leases(session: Session, *, project_id: int, vendor_org: int) -> int:
    """Give back every seat that the vendor's people hold in a project; drafts stay. Returns how many.

    It looks at all leases that are out, which are as many as people are at work. Their time is the vendor's to record:
    the relay does, as of leases that ran out.
    """
    rows = session.execute(
        text(
            "WITH held AS (SELECT s.task_id, s.seat_no, s.lease_id FROM seat s WHERE s.state = 1 "
            "  AND s.vendor_org = :vendor AND s.project_id = :project ORDER BY 1, 2 FOR UPDATE), "
            "freed AS (UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL, "
            "  lease_id = NULL FROM held WHERE (seat.task_id, seat.seat_no) = (held.task_id, held.seat_no) "
            "  RETURNING held.lease_id), "
            "noted AS (UPDATE lease_activity a SET expired_at = now() FROM freed WHERE a.lease_id = freed.lease_id) "
            "SELECT 1 FROM freed"
        ),
        {"project": project_id, "vendor": vendor_org},
    )
    return len(rows.all())


def hand_personal_seats_on(session: Session, *, project_id: int, vendor_org: int) -> int:
    """Put what was sent back to the vendor's people where everybody of its stage draws from. Returns how many seats.

    Whose lane it is the client cannot see; whose work lay on the seat before it can.
    """
    rows = session.execute(
        text(
            "UPDATE seat SET lane_id = CASE l.stage WHEN 'label' THEN t.started_lane ELSE (SELECT o.id FROM lane o "
            "    WHERE o.project_id = l.project_id AND o.stage = l.stage AND o.requirement_key = '' AND o.urgency = 0 "
            "    AND o.kind = 'started') END FROM lane l, task t "
            "WHERE l.project_id = :project AND l.kind = 'personal' AND seat.lane_id = l.id AND seat.state = 0 "
            "AND t.id = seat.task_id AND EXISTS (SELECT FROM lease w WHERE w.task_id = seat.task_id "
            "  AND w.vendor_org = :vendor "
            "  AND l.requirement_key IN ('member:' || w.member_id, 'later:' || w.member_id)) RETURNING 1"
        ),
        {"project": project_id, "vendor": vendor_org},
    )
    return len(rows.all())

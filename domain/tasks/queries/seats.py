"""SQL of single seats of a task: whose they are, taken back, given to one member."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.assignment.queries.ending import ENDED_LEASE, record_end
from schema.enums import EndReason


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat as it stands. `lease_id` and `holder_org` also of a lease that ran out while nobody took the seat."""

    task_id: int
    seat_no: int
    client_org: int
    project_id: int
    state: int
    stage: str
    task_state: int
    frozen: bool
    lease_id: int | None
    holder_id: int | None
    holder_org: int | None


def lock_seat(session: Session, *, task_id: int, seat_no: int) -> SeatRow | None:
    """Return a seat, which nobody else changes until this transaction ends."""
    row = (
        session.execute(
            text(
                "SELECT s.task_id, s.seat_no, s.client_org, s.project_id, s.state, n.stage, t.state AS task_state, "
                "  t.frozen, l.id AS lease_id, l.member_id AS holder_id, l.vendor_org AS holder_org "
                "FROM seat s JOIN lane n ON n.id = s.lane_id JOIN task t ON t.id = s.task_id "
                "LEFT JOIN lease l ON l.id = s.lease_id WHERE s.task_id = :task AND s.seat_no = :seat FOR UPDATE OF s"
            ),
            {"task": task_id, "seat": seat_no},
        )
        .mappings()
        .first()
    )
    return SeatRow(**row) if row else None


def take_back(session: Session, *, task_id: int, seat_no: int, lease: int) -> bool:
    """End the lease that holds a seat, or held it last; False when it does so no more."""
    row = session.execute(
        text(
            "WITH done AS (UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL, "
            "  lease_id = NULL FROM lease l WHERE l.id = :lease AND seat.task_id = :task AND seat.seat_no = :seat "
            f"  AND seat.lease_id = l.id AND seat.state < 2 RETURNING {ENDED_LEASE}), "
            f"{record_end(EndReason.TAKEN_BACK)} SELECT 1 FROM done"
        ),
        {"lease": lease, "task": task_id, "seat": seat_no},
    )
    return row.first() is not None


def has_seat(session: Session, *, task_id: int, member_id: int) -> bool:
    statement = text("SELECT 1 FROM seat WHERE task_id = :task AND member_id = :member")
    return session.execute(statement, {"task": task_id, "member": member_id}).first() is not None


def find_right(session: Session, *, project_id: int, stage: str, member_id: int) -> tuple[bool, str | None]:
    """Return whether a member draws from a project's work of a stage, and what bars them where something does."""
    row = session.execute(
        text(
            "SELECT coalesce(bool_or(m.enrolled), false) AS enrolled, max(m.barred) AS barred "
            "FROM lane l JOIN lane_member m ON m.lane_id = l.id "
            "WHERE l.project_id = :project AND l.stage = :stage AND l.kind <> 'personal' AND m.member_id = :member"
        ),
        {"project": project_id, "stage": stage, "member": member_id},
    ).one()
    return row.enrolled, row.barred


def move_seat(session: Session, *, task_id: int, seat_no: int, lane_id: int) -> None:
    """Put a free seat at the end of a lane."""
    session.execute(
        text(
            "UPDATE seat SET lane_id = :lane, queue_key = nextval('queue_key') "
            "WHERE task_id = :task AND seat_no = :seat AND state = 0"
        ),
        {"lane": lane_id, "task": task_id, "seat": seat_no},
    )

"""SQL of measured time: exact sums of `work_time`, and what reviews made of answers. Never reads the boards' sums.

All is asked for by project and member, which the index begins with: a person's month is read off it, nobody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class TimeSums:
    """What one person did in one project; `active_s` in whole seconds, the exact sum rounded once."""

    project_id: int
    member_id: int
    vendor_org: int
    name: str | None
    leases: int
    submitted: int
    active_s: int
    new: int
    edited: int
    accepted: int
    deleted: int
    skipped: int


@dataclass(frozen=True, slots=True)
class ReviewKey:
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What one review made of one member's answers: how many went back, how many of their objects it changed."""

    at: datetime
    id: int
    member_id: int
    returned: int
    overturned: int


# From one member to the next by the index, however many rows each has.
_MEMBERS_OF_PROJECT = text("""
WITH RECURSIVE found AS (
  (SELECT w.member_id, 1 AS number FROM work_time w WHERE w.project_id = :project AND w.member_id > :after
   ORDER BY w.member_id LIMIT 1)
  UNION ALL
  SELECT n.member_id, f.number + 1 FROM found f CROSS JOIN LATERAL (
    SELECT w.member_id FROM work_time w WHERE w.project_id = :project AND w.member_id > f.member_id
    ORDER BY w.member_id LIMIT 1) n WHERE f.number < :limit)
SELECT member_id FROM found ORDER BY member_id
""")
_OWN_MEMBERS = text(
    "SELECT id FROM member WHERE organisation_id = :organisation AND id > :after ORDER BY id LIMIT :limit"
)
_SUMS = text("""
SELECT CAST(:project AS bigint) AS project_id, s.*, coalesce(p.name, p.email) AS name
FROM unnest(CAST(:members AS bigint[])) AS asked (id) CROSS JOIN LATERAL (
  SELECT w.member_id, min(w.vendor_org) AS vendor_org, count(*) AS leases,
    count(*) FILTER (WHERE w.end_reason = 'submitted') AS submitted,
    CAST(round(sum(CAST(w.active_s AS numeric))) AS bigint) AS active_s,
    sum(w.new) AS new, sum(w.edited) AS edited, sum(w.accepted) AS accepted, sum(w.deleted) AS deleted,
    count(*) FILTER (WHERE w.end_reason IN ('later', 'others', 'unlabelable')) AS skipped
  FROM work_time w WHERE w.project_id = :project AND w.member_id = asked.id
    AND w.ended_at >= :since AND w.ended_at < :until GROUP BY w.member_id) s
LEFT JOIN member m ON m.id = s.member_id LEFT JOIN person p ON p.id = m.person_id
ORDER BY s.member_id
""")
# The ids are worked out before leases are looked up: reading one from a text must not run on rows that are hidden.
_REVIEWS = text("""
WITH page AS (
  SELECT d.created_at, d.id, d.inputs FROM decision d
  WHERE d.rule = 'review-1' AND d.project_id = :project AND d.created_at >= :since AND d.created_at < :until
    AND (d.created_at, d.id) > (:at, :after) ORDER BY d.created_at, d.id LIMIT :limit),
told AS MATERIALIZED (
  SELECT p.created_at, p.id, CAST(r.lease AS bigint) AS lease_id, 1 AS returned, 0 AS overturned
  FROM page p CROSS JOIN LATERAL jsonb_array_elements_text(p.inputs->'sent_back') AS r (lease)
  UNION ALL
  SELECT p.created_at, p.id, CAST(o.lease AS bigint), 0, CAST(o.objects AS integer)
  FROM page p CROSS JOIN LATERAL jsonb_each_text(p.inputs->'overturned') AS o (lease, objects))
SELECT p.created_at AS at, p.id, coalesce(l.member_id, 0) AS member_id, coalesce(sum(t.returned), 0) AS returned,
  coalesce(sum(t.overturned), 0) AS overturned
FROM page p LEFT JOIN told t ON t.id = p.id LEFT JOIN lease l ON l.id = t.lease_id
GROUP BY 1, 2, 3 ORDER BY 1, 2
""")


def list_engaged_projects(session: Session, *, vendor_org: int) -> list[int]:
    """List the projects that a vendor is or was engaged for."""
    statement = text("SELECT project_id FROM engagement WHERE vendor_org = :vendor ORDER BY project_id")
    return list(session.execute(statement, {"vendor": vendor_org}).scalars())


def list_members_of_project(session: Session, *, project_id: int, after: int, limit: int) -> list[int]:
    """List whose time was ever measured in a project: for its client, who sees everybody's."""
    rows = session.execute(_MEMBERS_OF_PROJECT, {"project": project_id, "after": after, "limit": limit})
    return list(rows.scalars())


def list_own_members(session: Session, *, organisation_id: int, after: int, limit: int) -> list[int]:
    """List an organisation's members, those that left too."""
    rows = session.execute(_OWN_MEMBERS, {"organisation": organisation_id, "after": after, "limit": limit})
    return list(rows.scalars())


def list_time_sums(
    session: Session, *, project_id: int, members: Sequence[int], since: datetime, until: datetime
) -> list[TimeSums]:
    """List the sums of leases that ended in [since, until), for those members who have any."""
    rows = session.execute(
        _SUMS, {"project": project_id, "members": list(members), "since": since, "until": until}
    ).mappings()
    return [TimeSums(**row) for row in rows]


def list_reviews(
    session: Session, *, project_id: int, since: datetime, until: datetime, after: ReviewKey | None, limit: int
) -> list[ReviewLine]:
    """List what the next `limit` reviews made of answers; member 0 stands for people whom the reader cannot see."""
    start = after or ReviewKey(since, 0)
    rows = session.execute(
        _REVIEWS,
        {
            "project": project_id,
            "since": since,
            "until": until,
            "at": start.at,
            "after": start.id,
            "limit": limit,
        },
    ).mappings()
    return [ReviewLine(**row) for row in rows]

"""SQL of the boards: sums of hours, and what supervisors sent back. Asked for by project: those are what indexes know.

Row-level security shows a vendor its own people's hours. Reviews are read off the decisions that they ended in, which
both parties see: verdicts are the reviewer's organisation's and the client's alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session


class BoardBy(StrEnum):
    """What a line of a board is about."""

    MEMBER = "member"
    TEAM = "team"
    SITE = "site"
    PROJECT = "project"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class SumRow:
    """Sums of one line. What the line is not about is None; `project_id` also names where a pseudonym is valid."""

    vendor_org: int | None
    member_id: int | None
    name: str | None
    site: str | None
    team: str | None
    project_id: int | None
    project: str | None
    hour: datetime | None
    submits: int
    skips: int
    expiries: int
    releases: int
    active_s: float
    new: int
    edited: int
    accepted: int
    deleted: int
    returned: int


# Somebody of another organisation is one person in each project: nobody may learn who is the same in two.
_PROJECT_OF_STRANGER = "CASE WHEN f.vendor_org <> :own THEN f.project_id END"
_NO = {"int": "CAST(NULL AS bigint)", "text": "CAST(NULL AS text)", "time": "CAST(NULL AS timestamptz)"}
_KEYS = {
    BoardBy.MEMBER: {
        "vendor_org": "f.vendor_org",
        "member_id": "f.member_id",
        "name": "coalesce(w.name, w.email)",
        "site": "m.site",
        "team": "m.team",
        "project_id": _PROJECT_OF_STRANGER,
    },
    BoardBy.TEAM: {"vendor_org": "f.vendor_org", "team": "m.team"},
    BoardBy.SITE: {"vendor_org": "f.vendor_org", "site": "m.site"},
    BoardBy.PROJECT: {"project_id": "f.project_id", "project": "p.name"},
    BoardBy.HOUR: {"hour": "f.hour"},
}
_JOINS = {
    BoardBy.MEMBER: "LEFT JOIN member m ON m.id = f.member_id LEFT JOIN person w ON w.id = m.person_id",
    BoardBy.TEAM: "LEFT JOIN member m ON m.id = f.member_id",
    BoardBy.SITE: "LEFT JOIN member m ON m.id = f.member_id",
    BoardBy.PROJECT: "LEFT JOIN project p ON p.id = f.project_id",
    BoardBy.HOUR: "",
}
_COLUMNS = {
    "vendor_org": "int",
    "member_id": "int",
    "name": "text",
    "site": "text",
    "team": "text",
    "project_id": "int",
    "project": "text",
    "hour": "time",
}
_SUMS = ("submits", "skips", "expiries", "releases", "active_s", "new", "edited", "accepted", "deleted", "returned")
_HOURS = """
SELECT b.project_id, b.hour, b.member_id, b.vendor_org, b.submits, b.skips, b.expiries, b.releases, b.active_s, b.new,
  b.edited, b.accepted, b.deleted, 0 AS returned
FROM board_hour b WHERE b.project_id = ANY (:projects) AND b.hour >= :since AND b.hour < :until
  AND (CAST(:only AS bigint) IS NULL OR b.member_id = :only) AND (CAST(:stage AS text) IS NULL OR b.stage = :stage)
"""
# The ids are worked out before leases are looked up: reading one from a text must not run on rows that are hidden.
_BACK = """
WITH back AS MATERIALIZED (
  SELECT d.project_id, date_trunc('hour', d.created_at, 'UTC') AS hour, CAST(r.lease AS bigint) AS lease_id
  FROM decision d CROSS JOIN LATERAL jsonb_array_elements_text(d.inputs->'sent_back') AS r (lease)
  WHERE d.rule = 'review-1' AND d.project_id = ANY (:projects) AND d.created_at >= :since AND d.created_at < :until)
"""
_RETURNS = """
UNION ALL
SELECT r.project_id, r.hour, l.member_id, l.vendor_org, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
FROM back r JOIN lease l ON l.id = r.lease_id WHERE CAST(:only AS bigint) IS NULL OR l.member_id = :only
"""


def list_sums(
    session: Session,
    *,
    by: BoardBy,
    projects: Sequence[int],
    organisation_id: int,
    only_member: int | None,
    stage: str | None,
    since: datetime,
    until: datetime,
) -> list[SumRow]:
    """List the sums of whole hours in [since, until). What goes back are labels, never of the stage `review`."""
    keys = {name: _KEYS[by].get(name, _NO[kind]) for name, kind in _COLUMNS.items()}
    shown = ", ".join(f"{expression} AS {name}" for name, expression in keys.items())
    sums = ", ".join(f"sum(f.{name}) AS {name}" for name in _SUMS)
    groups = ", ".join(str(number) for number in range(1, len(keys) + 1))
    before, facts = (_BACK, _HOURS + _RETURNS) if stage in (None, "label") else ("", _HOURS)
    rows = session.execute(
        text(f"{before} SELECT {shown}, {sums} FROM ({facts}) f {_JOINS[by]} GROUP BY {groups}"),
        {
            "projects": list(projects),
            "own": organisation_id,
            "only": only_member,
            "stage": stage,
            "since": since,
            "until": until,
        },
    ).mappings()
    return [SumRow(**row) for row in rows]


def list_project_ids(session: Session, *, limit: int) -> list[int]:
    """List the projects in scope."""
    return list(session.execute(text("SELECT id FROM project ORDER BY id LIMIT :limit"), {"limit": limit}).scalars())


def find_folded_to(session: Session) -> datetime | None:
    """Return until when everything is summed; None before the first fold."""
    found: datetime | None = session.execute(text("SELECT folded_to FROM fold_mark WHERE name = 'board'")).scalar()
    return found

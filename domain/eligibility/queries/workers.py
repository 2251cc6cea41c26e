"""SQL of the list of who may work in a project, who not, and why. The scope is their own organisation's."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


class WorkerSort(StrEnum):
    """Orders of the list; people alike are listed by id."""

    ID = "id"
    NAME = "name"
    SITE = "site"
    TEAM = "team"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class WorkerFilter:
    """`active`: who may work now, or who may not; `name`: part of a name or an address, in any case."""

    active: bool | None = None
    stage: str | None = None
    site: str | None = None
    team: str | None = None
    name: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A member and what keeps them from a project's work; `reason` is None for who may work.

    `capped_until`: until when somebody who may work has done all that a day allows. `key` is their place in the order.
    """

    member_id: int
    email: str
    name: str | None
    role: str
    stage: str
    site: str | None
    team: str | None
    languages: list[str]
    reason: str | None
    capped_until: datetime | None
    key: str


_KEYS = {
    WorkerSort.ID: "''",
    WorkerSort.NAME: "lower(coalesce(name, email))",
    WorkerSort.SITE: "lower(coalesce(site, ''))",
    WorkerSort.TEAM: "lower(coalesce(team, ''))",
    WorkerSort.REASON: "coalesce(reason, '')",
}
_PEOPLE = """
SELECT m.id AS member_id, p.email, p.name, m.role, s.stage, m.site, m.team, m.languages, d.capped_until, CASE
    WHEN m.joined_at IS NULL THEN 'invited, not there yet'
    WHEN m.paused_at IS NOT NULL THEN 'paused: ' || coalesce(m.pause_reason, '')
    WHEN NOT coalesce(d.enrolled, false) THEN 'not enrolled'
    WHEN d.barred IS NOT NULL THEN d.barred
    WHEN j.asks AND NOT EXISTS (SELECT FROM guideline_acknowledgement g WHERE g.project_id = :project
      AND g.version = j.guideline_version AND g.member_id = m.id)
      THEN 'guidelines: version ' || j.guideline_version || ' is not acknowledged'
  END AS reason
FROM member m JOIN person p ON p.id = m.person_id
CROSS JOIN LATERAL (SELECT CASE m.role WHEN 'annotator' THEN 'label' ELSE 'review' END AS stage) s
CROSS JOIN (SELECT n.guideline_version, y.body @> '{"require_acknowledgement": true}' AS asks FROM project n
            JOIN policy_version y ON y.project_id = n.id AND y.version = n.policy_version WHERE n.id = :project) j
LEFT JOIN LATERAL (
  SELECT bool_or(r.enrolled) AS enrolled, min(r.barred) AS barred,
    max(r.capped_until) FILTER (WHERE r.capped_until > now()) AS capped_until
  FROM lane l JOIN lane_member r ON r.lane_id = l.id AND r.member_id = m.id
  WHERE l.project_id = :project AND l.stage = s.stage AND l.kind <> 'personal') d ON true
WHERE m.organisation_id = :organisation AND m.left_at IS NULL AND m.role IN ('annotator', 'supervisor')
"""


def list_workers(
    session: Session,
    wanted: WorkerFilter,
    *,
    organisation: int,
    project_id: int,
    sort: WorkerSort,
    after: tuple[str, int] | None,
    limit: int,
) -> list[WorkerRow]:
    """List an organisation's annotators and supervisors beyond a place: (the order's text, member id)."""
    conditions = ["true"]
    values: dict[str, Any] = {"organisation": organisation, "project": project_id, "limit": limit}
    if wanted.active is not None:
        conditions.append(f"reason IS {'' if wanted.active else 'NOT '}NULL")
    for name in ("stage", "site", "team", "role"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(f"{name} = :{name}")
            values[name] = value
    if wanted.name is not None:
        conditions.append("strpos(lower(coalesce(name, '') || ' ' || email), lower(:name)) > 0")
        values["name"] = wanted.name
    if after is not None:
        conditions.append("(key, member_id) > (:after_key, :after_id)")
        values |= {"after_key": after[0], "after_id": after[1]}
    rows = session.execute(
        text(
            f'SELECT * FROM (SELECT x.*, {_KEYS[sort]} COLLATE "C" AS key FROM ({_PEOPLE}) x) x '
            f"WHERE {' AND '.join(conditions)} ORDER BY key, member_id LIMIT :limit"
        ),
        values,
    ).mappings()
    return [WorkerRow(**row) for row in rows]

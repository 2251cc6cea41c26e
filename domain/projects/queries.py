"""SQL of projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from schema.enums import LaneKind, Stage


@dataclass(frozen=True, slots=True)
class ProjectRow:
    id: int
    client_org: int
    name: str
    created_at: datetime
    ontology_version: int
    guideline_version: int
    policy_version: int
    archived_at: datetime | None
    ontology: dict[str, Any]
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An immutable body and when it was published; `body` is left out of lists."""

    version: int
    published_at: datetime
    published_by: int | None
    body: dict[str, Any]


_SELECT = """
SELECT p.id, p.client_org, p.name, p.created_at, p.archived_at, p.ontology_version, p.guideline_version,
       p.policy_version, o.body AS ontology, y.body AS policy
FROM project p
JOIN ontology_version o ON o.project_id = p.id AND o.version = p.ontology_version
JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version
"""


def insert_project(session: Session, *, client_org: int, name: str) -> int:
    statement = text(
        "INSERT INTO project (client_org, name, ontology_version, guideline_version, policy_version) "
        "VALUES (:client_org, :name, 1, 1, 1) RETURNING id"
    )
    return int(session.execute(statement, {"client_org": client_org, "name": name}).scalar_one())


def insert_version(
    session: Session, table: str, *, project_id: int, client_org: int, version: int, body: object, by: int
) -> None:
    """Write an immutable version; `table` is one of our own three names, never input."""
    statement = text(
        f"INSERT INTO {table} (project_id, version, client_org, body, published_by) "
        "VALUES (:project, :version, :client_org, :body, :by)"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {"project": project_id, "version": version, "client_org": client_org, "body": body, "by": by}
    session.execute(statement, values)


def insert_classes(session: Session, *, project_id: int, client_org: int, class_ids: list[int]) -> None:
    session.execute(
        text(
            "INSERT INTO class (project_id, class_id, client_org) "
            "SELECT :project, unnest(CAST(:ids AS smallint[])), :client_org ON CONFLICT DO NOTHING"
        ),
        {"project": project_id, "ids": class_ids, "client_org": client_org},
    )


def insert_lane(
    session: Session,
    *,
    project_id: int,
    client_org: int,
    stage: Stage,
    kind: LaneKind,
    rank: int,
    requirement_key: str = "",
) -> int:
    """Write the lane or meet the one that is there; return its id."""
    values = {
        "project": project_id,
        "client_org": client_org,
        "stage": stage.value,
        "kind": kind.value,
        "rank": rank,
        "requirement": requirement_key,
    }
    inserted = session.execute(
        text(
            "INSERT INTO lane (project_id, client_org, stage, kind, rank, requirement_key) "
            "VALUES (:project, :client_org, :stage, :kind, :rank, :requirement) ON CONFLICT DO NOTHING RETURNING id"
        ),
        values,
    ).scalar()
    if inserted is not None:
        return int(inserted)
    found = session.execute(
        text(
            "SELECT id FROM lane WHERE project_id = :project AND stage = :stage AND kind = :kind "
            "AND requirement_key = :requirement AND urgency = 0"
        ),
        values,
    )
    return int(found.scalar_one())


def set_class_states(session: Session, *, project_id: int, retired: list[int]) -> None:
    """Note when classes were retired; it is forever."""
    session.execute(
        text(
            "UPDATE class SET retired_at = now() WHERE project_id = :project AND class_id = ANY (:retired) "
            "AND retired_at IS NULL"
        ),
        {"project": project_id, "retired": retired},
    )


def list_class_ids(session: Session, project_id: int) -> dict[int, bool]:
    """Return every class id that the project ever gave, and whether it is retired."""
    rows = session.execute(
        text("SELECT class_id, retired_at IS NOT NULL AS retired FROM class WHERE project_id = :project"),
        {"project": project_id},
    )
    return {r.class_id: r.retired for r in rows}


def find_version(session: Session, table: str, *, project_id: int, version: int) -> VersionRow | None:
    """Find a version; `table` is one of our own three names, never input."""
    row = session.execute(
        text(
            f"SELECT version, created_at AS published_at, published_by, body FROM {table} "
            "WHERE project_id = :project AND version = :version"
        ),
        {"project": project_id, "version": version},
    )
    found = row.mappings().first()
    return VersionRow(**found) if found else None


def list_versions(session: Session, table: str, *, project_id: int, after: int, limit: int) -> list[VersionRow]:
    """List versions without their bodies; `table` is one of our own three names, never input."""
    rows = session.execute(
        text(
            f"SELECT version, created_at AS published_at, published_by, jsonb_build_object() AS body FROM {table} "
            "WHERE project_id = :project AND version > :after ORDER BY version LIMIT :limit"
        ),
        {"project": project_id, "after": after, "limit": limit},
    )
    return [VersionRow(**r) for r in rows.mappings()]


def find_mapped_model(session: Session, *, project_id: int, mapping_id: int) -> str | None:
    """Return the state of the model of a class mapping of a project."""
    state: str | None = session.execute(
        text(
            "SELECT v.state FROM class_mapping m JOIN model_version v ON v.id = m.model_version_id "
            "WHERE m.id = :mapping AND m.project_id = :project"
        ),
        {"mapping": mapping_id, "project": project_id},
    ).scalar()
    return state


def has_acknowledged(session: Session, *, project_id: int, version: int, member_id: int) -> bool:
    """Tell whether a member has said to have read a version of the guidelines."""
    row = session.execute(
        text(
            "SELECT 1 FROM guideline_acknowledgement "
            "WHERE project_id = :project AND version = :version AND member_id = :member"
        ),
        {"project": project_id, "version": version, "member": member_id},
    )
    return row.first() is not None


def lock_project(session: Session, project_id: int) -> None:
    """Let nobody else change the project until this transaction ends."""
    session.execute(text("SELECT 1 FROM project WHERE id = :id FOR NO KEY UPDATE"), {"id": project_id})


def use_version(session: Session, column: str, *, project_id: int, version: int) -> None:
    """Make a version the current one; `column` is one of our own three names, never input."""
    session.execute(
        text(f"UPDATE project SET {column} = :version WHERE id = :id"), {"id": project_id, "version": version}
    )


def rename_project(session: Session, *, project_id: int, name: str) -> None:
    session.execute(text("UPDATE project SET name = :name WHERE id = :id"), {"id": project_id, "name": name})


def archive_project(session: Session, *, project_id: int, archived: bool) -> None:
    session.execute(
        text("UPDATE project SET archived_at = CASE WHEN :archived THEN now() END WHERE id = :id"),
        {"id": project_id, "archived": archived},
    )


def refill_feeds(session: Session, project_id: int) -> list[int]:
    """Have every feed of a project filled from its start again; return them."""
    rows = session.execute(
        text(
            "UPDATE feed SET filled_at = NULL, filled_to = 0, state_since = now(), resent = 0 "
            "WHERE project_id = :project AND ended_at IS NULL RETURNING id"
        ),
        {"project": project_id},
    )
    return [int(r.id) for r in rows]


def find_project(session: Session, project_id: int) -> ProjectRow | None:
    row = session.execute(text(_SELECT + "WHERE p.id = :id"), {"id": project_id}).mappings().first()
    return ProjectRow(**row) if row else None


def list_projects(session: Session, *, archived: bool, after: int, limit: int) -> list[ProjectRow]:
    """List projects by id; archived ones only when they are asked for too."""
    active = "" if archived else "AND p.archived_at IS NULL "
    statement = text(_SELECT + f"WHERE p.id > :after {active}ORDER BY p.id LIMIT :limit")
    return [ProjectRow(**r) for r in session.execute(statement, {"after": after, "limit": limit}).mappings()]


def insert_engagement(session: Session, *, project_id: int, vendor_org: int, client_org: int) -> bool:
    """Give a vendor access, for the first time or again; return whether it is the first time."""
    row = session.execute(
        text(
            "INSERT INTO engagement (project_id, vendor_org, client_org) VALUES (:project, :vendor, :client) "
            "ON CONFLICT (project_id, vendor_org) DO UPDATE SET ended_at = NULL RETURNING xmax = 0 AS is_new"
        ),
        {"project": project_id, "vendor": vendor_org, "client": client_org},
    )
    return bool(row.scalar_one())


def enrol_members(session: Session, *, project_id: int, stage: Stage, organisation_id: int, members: list[int]) -> int:
    """Let members draw from the shared lanes of a stage; return how many rights are new."""
    result = session.execute(
        text(
            "INSERT INTO lane_member AS r (member_id, lane_id, vendor_org) "
            "SELECT m.id, l.id, :organisation FROM unnest(CAST(:members AS bigint[])) AS m(id) "
            "CROSS JOIN lane l WHERE l.project_id = :project AND l.stage = :stage AND l.kind <> 'personal' "
            "ORDER BY 1, 2 ON CONFLICT (member_id, lane_id) DO UPDATE SET enrolled = true, "
            "active = r.barred IS NULL WHERE NOT r.enrolled RETURNING 1"
        ),
        {"project": project_id, "stage": stage.value, "organisation": organisation_id, "members": members},
    )
    return len(result.all())


def let_draw(session: Session, *, lane_id: int, member_id: int, organisation_id: int) -> None:
    session.execute(
        text(
            "INSERT INTO lane_member (member_id, lane_id, vendor_org) VALUES (:member, :lane, :organisation) "
            "ON CONFLICT DO NOTHING"
        ),
        {"member": member_id, "lane": lane_id, "organisation": organisation_id},
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """What a project did in the last days, a day: answers to label tasks, and tasks that were accepted."""

    answers: float
    accepted: float


def measure_pace(session: Session, project_id: int, *, days: int) -> Pace:
    """Return the pace of whole days up to now; a project younger than that is measured by its own days."""
    row = session.execute(
        text(
            "SELECT (SELECT coalesce(sum(b.submits), 0) FROM board_hour b WHERE b.project_id = p.id "
            "        AND b.hour >= s.since AND b.stage = 'label') / s.days AS answers, "
            "  (SELECT count(*) FROM task t WHERE t.project_id = p.id AND t.state = 4 AND t.state_since >= s.since) "
            "    / s.days AS accepted FROM project p CROSS JOIN LATERAL ("
            "  SELECT greatest(p.created_at, now() - make_interval(days => :days)) AS since, "
            "    greatest(1, least(:days, extract(epoch FROM now() - p.created_at) / 86400)) AS days) s "
            "WHERE p.id = :project"
        ),
        {"project": project_id, "days": days},
    ).one()
    return Pace(float(row.answers), float(row.accepted))


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Work that goes on by the rules it began with: tasks by state, leases, and how many vendors have people there."""

    waiting: int
    open: int
    leases: int
    vendors: int


def count_under_way(session: Session, project_id: int) -> UnderWay:
    row = session.execute(
        text(
            "SELECT (SELECT count(*) FROM task WHERE project_id = :project AND state = 0) AS waiting, "
            "  (SELECT count(*) FROM task WHERE project_id = :project AND state = 1 AND purpose <> 'gold') AS open, "
            "  (SELECT count(*) FROM seat WHERE project_id = :project AND state = 1 AND expires_at > now()) AS leases, "
            "  (SELECT count(*) FROM engagement WHERE project_id = :project AND ended_at IS NULL) AS vendors"
        ),
        {"project": project_id},
    ).one()
    return UnderWay(row.waiting, row.open, row.leases, row.vendors)

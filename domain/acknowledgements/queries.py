"""SQL of acknowledgements. A vendor sees its own people, the client everybody's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """Someone who works by the guidelines, and when they acknowledged them."""

    member_id: int
    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReaderCount:
    """How many people of an organisation acknowledged a version; of others `people` are those who did."""

    organisation_id: int
    people: int
    acknowledged: int


# An organisation's people who may draw work, and whoever of them acknowledged.
_READERS = """
FROM (SELECT m.member_id FROM lane_member m JOIN lane l ON l.id = m.lane_id
      WHERE l.project_id = :project AND m.active AND m.vendor_org = :organisation
      UNION SELECT member_id FROM guideline_acknowledgement
      WHERE project_id = :project AND version = :version AND vendor_org = :organisation) r
JOIN member m ON m.id = r.member_id AND m.left_at IS NULL JOIN person p ON p.id = m.person_id
LEFT JOIN guideline_acknowledgement a
  ON a.project_id = :project AND a.version = :version AND a.member_id = r.member_id
"""


def insert_acknowledgement(
    session: Session, *, project_id: int, version: int, client_org: int, organisation_id: int, member_id: int
) -> bool:
    """Note that a member read a version; False when that is noted already."""
    row = session.execute(
        text(
            "INSERT INTO guideline_acknowledgement (project_id, version, member_id, client_org, vendor_org) "
            "VALUES (:project, :version, :member, :client_org, :organisation) ON CONFLICT DO NOTHING RETURNING 1"
        ),
        {
            "project": project_id,
            "version": version,
            "member": member_id,
            "client_org": client_org,
            "organisation": organisation_id,
        },
    )
    return row.first() is not None


def get_acknowledged_at(session: Session, *, project_id: int, version: int, member_id: int) -> datetime:
    found = session.execute(
        text(
            "SELECT at FROM guideline_acknowledgement "
            "WHERE project_id = :project AND version = :version AND member_id = :member"
        ),
        {"project": project_id, "version": version, "member": member_id},
    )
    at: datetime = found.scalar_one()
    return at


def list_readers(
    session: Session,
    *,
    project_id: int,
    version: int,
    organisation_id: int,
    acknowledged: bool | None,
    after: int,
    limit: int,
) -> list[ReaderRow]:
    only = "" if acknowledged is None else f"AND a.at IS {'NOT ' if acknowledged else ''}NULL "
    rows = session.execute(
        text(
            f"SELECT r.member_id, coalesce(p.name, p.email) AS name, a.at {_READERS} "
            f"WHERE r.member_id > :after {only}ORDER BY r.member_id LIMIT :limit"
        ),
        {
            "project": project_id,
            "version": version,
            "organisation": organisation_id,
            "after": after,
            "limit": limit,
        },
    ).mappings()
    return [ReaderRow(**r) for r in rows]


def count_readers(session: Session, *, project_id: int, version: int, organisation_id: int) -> list[ReaderCount]:
    """Count an organisation's readers, then those who acknowledged of every other one that may be seen."""
    rows = session.execute(
        text(
            "SELECT :organisation AS organisation_id, count(*) AS people, count(a.at) AS acknowledged "
            f"{_READERS} UNION ALL (SELECT vendor_org, count(*), count(*) FROM guideline_acknowledgement "
            "WHERE project_id = :project AND version = :version AND vendor_org <> :organisation "
            "GROUP BY vendor_org ORDER BY vendor_org)"
        ),
        {"project": project_id, "version": version, "organisation": organisation_id},
    ).mappings()
    return [ReaderCount(**r) for r in rows]

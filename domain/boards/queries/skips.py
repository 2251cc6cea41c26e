"""SQL of the list of skips; writes nothing. Row-level security shows a vendor its own people's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session


class SkipSort(StrEnum):
    """Orders of the list: the newest first, or the oldest."""

    NEWEST = "-at"
    OLDEST = "at"


@dataclass(frozen=True, slots=True)
class SkipFilter:
    """Which skips; None asks for all. `since` is included, `until` is not; a member is one of the reader's own."""

    kind: str | None = None
    member_id: int | None = None
    task_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SkipKey:
    at: datetime
    lease_id: int


@dataclass(frozen=True, slots=True)
class SkipRow:
    """A skip; `name`, `site` and `team` are null for people of another organisation."""

    lease_id: int
    project_id: int
    vendor_org: int
    member_id: int
    name: str | None
    site: str | None
    team: str | None
    task_id: int
    image_id: int
    key: str
    kind: str
    reason: str
    at: datetime


_LINES = text(
    "SELECT k.lease_id, k.project_id, k.vendor_org, k.member_id, coalesce(w.name, w.email) AS name, m.site, m.team, "
    "  k.task_id, i.id AS image_id, i.key, k.kind, k.reason, k.at "
    "FROM skip k JOIN task t ON t.id = k.task_id JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
    "LEFT JOIN member m ON m.id = k.member_id LEFT JOIN person w ON w.id = m.person_id WHERE k.lease_id = ANY (:ids)"
)


def list_skip_keys(
    session: Session, *, project_id: int, wanted: SkipFilter, sort: SkipSort, after: SkipKey | None, limit: int
) -> list[SkipKey]:
    """List the places of a project's skips in a span of time, beyond `after`, by their index."""
    down = sort is SkipSort.NEWEST
    conditions = ["k.project_id = :project"]
    if wanted.since is not None:
        conditions.append("k.at >= :since")
    if wanted.until is not None:
        conditions.append("k.at < :until")
    if after is not None:
        conditions.append(f"(k.at, k.lease_id) {'<' if down else '>'} (:at, :after)")
    direction = "DESC" if down else "ASC"
    rows = session.execute(
        text(
            f"SELECT k.at, k.lease_id FROM skip k WHERE {' AND '.join(conditions)} "
            f"ORDER BY k.at {direction}, k.lease_id {direction} LIMIT :limit"
        ),
        {
            "project": project_id,
            "since": wanted.since,
            "until": wanted.until,
            "at": after.at if after else None,
            "after": after.lease_id if after else None,
            "limit": limit,
        },
    )
    return [SkipKey(r.at, r.lease_id) for r in rows]


def keep_skips(
    session: Session, ids: Sequence[int], *, wanted: SkipFilter, organisation_id: int, only_member: int | None
) -> frozenset[int]:
    """Return those skips that fit. `only_member` sees nobody else's."""
    conditions = ["k.lease_id = ANY (:ids)"]
    if wanted.kind is not None:
        conditions.append("k.kind = :kind")
    if wanted.task_id is not None:
        conditions.append("k.task_id = :task")
    if wanted.member_id is not None:  # of the own organisation: an id must not tell whose pseudonym is whose
        conditions.append("k.member_id = :member AND k.vendor_org = :own")
    if only_member is not None:
        conditions.append("k.member_id = :only")
    rows = session.execute(
        text(f"SELECT k.lease_id FROM skip k WHERE {' AND '.join(conditions)}"),
        {
            "ids": list(ids),
            "kind": wanted.kind,
            "task": wanted.task_id,
            "member": wanted.member_id,
            "own": organisation_id,
            "only": only_member,
        },
    )
    return frozenset(rows.scalars())


def list_skips(session: Session, ids: Sequence[int]) -> list[SkipRow]:
    """List skips in the order of `ids`."""
    found = {row["lease_id"]: SkipRow(**row) for row in session.execute(_LINES, {"ids": list(ids)}).mappings()}
    return [found[i] for i in ids if i in found]

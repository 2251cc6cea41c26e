"""SQL of releases. Long reads page by key, one short transaction a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.routing.queries import REVIEW_SEAT


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    id: int
    client_org: int
    project_id: int
    format: str
    content: str
    state: str
    up_to_decision_id: int
    manifest_sha256: str | None
    prefix: str | None
    images: int | None
    objects: int | None
    reason: str | None
    requested_by: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReleasedImage:
    """An accepted item with the decision that holds its labels."""

    item_id: int
    image_id: int
    key: str
    revision: str
    sha256: str
    width: int
    height: int
    task_id: int
    decision_id: int
    submits: int


_SELECT = (
    "SELECT id, client_org, project_id, format, content, state, up_to_decision_id, manifest_sha256, prefix, images, "
    "objects, reason, requested_by, created_at FROM release "
)


@dataclass(frozen=True, slots=True)
class ReleasedObject:
    """A final object, and what its answers said of it. Shares and IoU in [0, 1]."""

    object: dict[str, Any]
    vote_share: float
    class_share: float
    agreement_iou: float | None


@dataclass(frozen=True, slots=True)
class DecisionOfTask:
    """One decision about a released task."""

    id: int
    task_id: int
    rule: str
    inputs: dict[str, Any]
    parameters_version: int
    outcome: str
    reason: str
    agreement: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One submitted version of an answer to a released task."""

    task_id: int
    lease_id: int
    member_id: int
    version: int
    submitted_at: datetime
    objects: list[dict[str, Any]]


def insert_release(
    session: Session, *, client_org: int, project_id: int, format: str, content: str, member: int
) -> int:
    statement = text(
        "INSERT INTO release (client_org, project_id, format, content, state, up_to_decision_id, requested_by) "
        "SELECT :client_org, :project, :format, :content, 'running', coalesce(max(decision_id), 0), :member "
        "FROM task WHERE project_id = :project AND state = 4 RETURNING id"
    )
    values = {
        "client_org": client_org,
        "project": project_id,
        "format": format,
        "content": content,
        "member": member,
    }
    return int(session.execute(statement, values).scalar_one())


def find_release(session: Session, release_id: int) -> ReleaseRow | None:
    row = session.execute(text(_SELECT + "WHERE id = :id"), {"id": release_id}).mappings().first()
    return ReleaseRow(**row) if row else None


def list_releases(
    session: Session, *, project_id: int, state: str | None, content: str | None, after: int, limit: int
) -> list[ReleaseRow]:
    statement = text(
        _SELECT + "WHERE project_id = :project AND id > :after AND (CAST(:state AS text) IS NULL OR state = :state) "
        "AND (CAST(:content AS text) IS NULL OR content = :content) ORDER BY id LIMIT :limit"
    )
    values = {"project": project_id, "state": state, "content": content, "after": after, "limit": limit}
    return [ReleaseRow(**r) for r in session.execute(statement, values).mappings()]


def list_released_images(session: Session, release: ReleaseRow, *, after: int, limit: int) -> list[ReleasedImage]:
    """List accepted items of the snapshot whose id is beyond `after`, by item id."""
    rows = session.execute(
        text(
            "SELECT it.id AS item_id, i.id AS image_id, i.key, i.revision, i.sha256, i.width, i.height, "
            "  t.id AS task_id, t.decision_id, d.submits FROM item it "
            "JOIN task t ON t.item_id = it.id AND t.project_id = it.project_id AND t.stage = 'label' AND t.state = 4 "
            "JOIN decision d ON d.id = t.decision_id JOIN image i ON i.id = it.image_id "
            "WHERE it.project_id = :project AND it.id > :after AND t.decision_id <= :up_to AND i.state = 'ready' "
            "  AND t.round = (SELECT max(round) FROM task n WHERE n.item_id = it.id AND n.stage = 'label') "
            "ORDER BY it.id LIMIT :limit"
        ),
        {"project": release.project_id, "after": after, "up_to": release.up_to_decision_id, "limit": limit},
    ).mappings()
    return [ReleasedImage(**r) for r in rows]


def touch_release(session: Session, release_id: int) -> None:
    """Say that a release is being written; at most once in 20 s, so that the row stays small."""
    session.execute(
        text(
            "UPDATE release SET state_since = now(), resent = 0 WHERE id = :id AND state = 'running' "
            "AND state_since < now() - interval '20 seconds'"
        ),
        {"id": release_id},
    )


def list_objects_of(session: Session, decisions: Sequence[int], *, tags: bool) -> dict[int, list[ReleasedObject]]:
    """Return the objects of each decision, in their order: only tags, or only what is no tag."""
    rows = session.execute(
        text(
            "SELECT decision_id, object, vote_share, class_share, agreement_iou FROM consensus_object "
            "WHERE decision_id = ANY (:decisions) "
            "AND (object->'shape'->>'type' = 'tag') = :tags ORDER BY decision_id, position"
        ),
        {"decisions": list(decisions), "tags": tags},
    )
    found: dict[int, list[ReleasedObject]] = {d: [] for d in decisions}
    for row in rows:
        released = ReleasedObject(row.object, row.vote_share, row.class_share, row.agreement_iou)
        found[row.decision_id].append(released)
    return found


def list_decisions_of(session: Session, tasks: Sequence[int]) -> list[DecisionOfTask]:
    """List every decision about tasks, by task and in their order."""
    rows = session.execute(
        text(
            "SELECT id, task_id, rule, inputs, parameters_version, outcome, reason, agreement, created_at "
            "FROM decision WHERE task_id = ANY (:tasks) ORDER BY task_id, submits"
        ),
        {"tasks": list(tasks)},
    ).mappings()
    return [DecisionOfTask(**r) for r in rows]


def list_votes_of(session: Session, tasks: Sequence[int]) -> list[VoteRow]:
    """List every version of every answer to tasks, by task and in the order of submission; reviews are none."""
    rows = session.execute(
        text(
            "SELECT task_id, lease_id, member_id, version, submitted_at, objects FROM annotation "
            "WHERE task_id = ANY (:tasks) AND seat_no < :review ORDER BY task_id, lease_id"
        ),
        {"tasks": list(tasks), "review": REVIEW_SEAT},
    ).mappings()
    return [VoteRow(**r) for r in rows]


def complete_release(
    session: Session,
    *,
    release_id: int,
    manifest_sha256: str,
    prefix: str,
    images: int,
    objects: int,
    reason: str | None,
) -> bool:
    row = session.execute(
        text(
            "UPDATE release SET state = 'complete', manifest_sha256 = :sha, prefix = :prefix, images = :images, "
            "objects = :objects, reason = :reason, state_since = now() WHERE id = :id AND state = 'running' RETURNING 1"
        ),
        {
            "id": release_id,
            "sha": manifest_sha256,
            "prefix": prefix,
            "images": images,
            "objects": objects,
            "reason": reason,
        },
    )
    return row.first() is not None


def note_failure_told(session: Session, release_id: int) -> bool:
    """Say that a failed release was told of; False when it did not fail, or was told of before."""
    row = session.execute(
        text("UPDATE release SET resent = 0 WHERE id = :id AND state = 'failed' AND resent > 0 RETURNING 1"),
        {"id": release_id},
    )
    return row.first() is not None


def insert_shard(
    session: Session, *, release_id: int, number: int, client_org: int, name: str, sha256: str, size: int
) -> None:
    session.execute(
        text(
            "INSERT INTO release_shard (release_id, number, client_org, name, sha256, bytes) "
            "VALUES (:release, :number, :client_org, :name, :sha256, :bytes) ON CONFLICT DO NOTHING"
        ),
        {
            "release": release_id,
            "number": number,
            "client_org": client_org,
            "name": name,
            "sha256": sha256,
            "bytes": size,
        },
    )


@dataclass(frozen=True, slots=True)
class ShardRow:
    number: int
    name: str
    sha256: str
    bytes: int


def list_shards(session: Session, release_id: int) -> list[ShardRow]:
    rows = session.execute(
        text("SELECT number, name, sha256, bytes FROM release_shard WHERE release_id = :release ORDER BY number"),
        {"release": release_id},
    ).mappings()
    return [ShardRow(**r) for r in rows]

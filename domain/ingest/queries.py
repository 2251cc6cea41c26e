"""SQL of ingest: heads of keys, images, items and the tasks that follow from them."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.ports import ObjectHead
from domain.tracing import get_trace_id


@dataclass(frozen=True, slots=True)
class KeyState:
    """What we know of a key: the newest sequencer seen, and the revision and ETag that were there."""

    sequencer: str
    revision: str
    etag: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class ImageRow:
    id: int
    client_org: int
    source_id: int
    bucket: str
    key: str
    revision: str
    version_id: str | None
    state: str
    sha256: str | None
    width: int | None
    height: int | None
    trace_id: UUID | None = None


def find_key_state(session: Session, *, source_id: int, key: str, lock: bool = False) -> KeyState | None:
    statement = "SELECT sequencer, revision, etag, deleted FROM blob_head WHERE source_id = :source AND key = :key"
    row = session.execute(text(statement + (" FOR UPDATE" if lock else "")), {"source": source_id, "key": key}).first()
    return KeyState(row.sequencer, row.revision, row.etag, row.deleted) if row else None


def write_key_state(session: Session, *, source_id: int, client_org: int, key: str, state: KeyState) -> bool:
    """Insert the state of a key; False when another process was first."""
    row = session.execute(
        text(
            "INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag, deleted) "
            "VALUES (:source, :key, :client_org, :sequencer, :revision, :etag, :deleted) "
            "ON CONFLICT DO NOTHING RETURNING 1"
        ),
        _key_values(source_id, key, state) | {"client_org": client_org},
    )
    return row.first() is not None


def update_key_state(session: Session, *, source_id: int, key: str, state: KeyState) -> None:
    session.execute(
        text(
            "UPDATE blob_head SET sequencer = :sequencer, revision = :revision, etag = :etag, deleted = :deleted "
            "WHERE source_id = :source AND key = :key"
        ),
        _key_values(source_id, key, state),
    )


def _key_values(source_id: int, key: str, state: KeyState) -> dict[str, object]:
    return {"source": source_id, "key": key, **asdict(state)}


def receive_image(session: Session, *, source_id: int, client_org: int, key: str, head: ObjectHead) -> tuple[int, bool]:
    """Make sure that the revision has an image row; return its id, and whether it is `received` (to be worked on).

    A revision that was deleted, superseded or given up as stuck and is there again comes back to `received`; one that
    repeated the bytes of a ready image of its key does so only once that image is not ready any more.
    """
    row = session.execute(
        text(
            "INSERT INTO image AS i (client_org, source_id, key, revision, version_id, bytes, state, trace_id) "
            "VALUES (:client_org, :source, :key, :revision, :version_id, :bytes, 'received', :trace_id) "
            "ON CONFLICT (source_id, key, revision) DO UPDATE SET (state, state_since, resent) = (SELECT "
            "  CASE WHEN again THEN 'received' ELSE i.state END, CASE WHEN again THEN now() ELSE i.state_since END, "
            "  CASE WHEN again THEN 0 ELSE i.resent END FROM (SELECT i.state = 'deleted' "
            "    OR (i.state = 'quarantined' AND i.reason = 'stuck') OR (i.state = 'superseded' AND NOT ("
            "      i.reason IS NOT DISTINCT FROM 'same_bytes' AND EXISTS (SELECT FROM image r "
            "        WHERE r.client_org = i.client_org AND r.sha256 = i.sha256 AND r.source_id = i.source_id "
            "        AND r.key = i.key AND r.id <> i.id AND r.state = 'ready'))) AS again) revived) "
            "RETURNING id, state"
        ),
        {
            "client_org": client_org,
            "source": source_id,
            "key": key,
            "revision": head.revision,
            "version_id": head.version_id,
            "bytes": head.bytes,
            "trace_id": get_trace_id(),
        },
    ).one()
    return int(row.id), row.state == "received"


def find_image(session: Session, image_id: int) -> ImageRow | None:
    statement = text(
        "SELECT i.id, i.client_org, i.source_id, s.bucket, i.key, i.revision, i.version_id, i.state, i.sha256, "
        "i.width, i.height, i.trace_id FROM image i JOIN source s ON s.id = i.source_id WHERE i.id = :id"
    )
    row = session.execute(statement, {"id": image_id}).mappings().first()
    return ImageRow(**row) if row else None


def find_same_bytes(session: Session, *, image: ImageRow, sha256: str) -> int | None:
    """Find a ready image of the same key with the same bytes (a new version that changed nothing)."""
    row = session.execute(
        text(
            "SELECT id FROM image WHERE client_org = :client_org AND sha256 = :sha256 AND source_id = :source "
            "AND key = :key AND id <> :id AND state = 'ready' ORDER BY id LIMIT 1"
        ),
        {
            "client_org": image.client_org,
            "sha256": sha256,
            "source": image.source_id,
            "key": image.key,
            "id": image.id,
        },
    ).scalar()
    return int(row) if row is not None else None


def lock_bytes(session: Session, *, client_org: int, sha256: str) -> None:
    """Let only one transaction at a time decide what becomes of these bytes."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:sha256, :client_org))"),
        {"sha256": sha256, "client_org": client_org},
    )


def mark_ready(
    session: Session, *, image_id: int, sha256: str, width: int, height: int, turn: int, content_type: str
) -> bool:
    """Move the image from `received` to `ready`; False when it is not waiting for that any more."""
    row = session.execute(
        text(
            "UPDATE image SET state = 'ready', sha256 = :sha256, width = :width, height = :height, turn = :turn, "
            "content_type = :content_type, reason = NULL, detail = NULL, state_since = now(), resent = 0 "
            "WHERE id = :id AND state = 'received' RETURNING 1"
        ),
        {
            "id": image_id,
            "sha256": sha256,
            "width": width,
            "height": height,
            "turn": turn,
            "content_type": content_type,
        },
    )
    return row.first() is not None


def mark_image(
    session: Session, *, image_id: int, state: str, reason: str, detail: str, sha256: str | None = None
) -> bool:
    """Move an image that is `received` elsewhere, with the reason; False when it is not waiting any more."""
    row = session.execute(
        text(
            "UPDATE image SET state = :state, reason = :reason, detail = :detail, state_since = now(), "
            "sha256 = coalesce(:sha256, sha256) WHERE id = :id AND state = 'received' RETURNING 1"
        ),
        {"id": image_id, "state": state, "reason": reason, "detail": detail, "sha256": sha256},
    )
    return row.first() is not None


def retire_revisions(
    session: Session, *, source_id: int, key: str, keep: int | None, state: str, waiting_only: bool = False
) -> list[int]:
    """Mark every other live revision of a key (or only those still `received`) as superseded or deleted; return them.

    An image that is `received` may have tasks too: it was ready before, as the duplicate of another.
    """
    live = ["received"] if waiting_only else ["received", "ready", "quarantined"]
    rows = session.execute(
        text(
            "UPDATE image SET state = :state, state_since = now() "
            "WHERE source_id = :source AND key = :key AND id IS DISTINCT FROM :keep AND state = ANY (:live) "
            "RETURNING id"
        ),
        {"source": source_id, "key": key, "keep": keep, "state": state, "live": live},
    )
    return [int(r.id) for r in rows]


def retire_version(session: Session, *, source_id: int, key: str, version_id: str) -> list[int]:
    """Mark the image of one version as deleted, unless it is or was discarded; return it."""
    rows = session.execute(
        text(
            "UPDATE image SET state = 'deleted', state_since = now() WHERE source_id = :source AND key = :key "
            "AND revision = :version AND version_id IS NOT NULL AND state NOT IN ('deleted', 'discarded') RETURNING id"
        ),
        {"source": source_id, "key": key, "version": version_id},
    )
    return [int(r.id) for r in rows]


def list_fed_projects(session: Session, source_id: int) -> list[int]:
    rows = session.execute(
        text("SELECT project_id FROM feed WHERE source_id = :source AND ended_at IS NULL ORDER BY project_id"),
        {"source": source_id},
    )
    return [int(r.project_id) for r in rows]


def cancel_tasks(session: Session, *, image_ids: list[int], reason: str) -> None:
    """Cancel unfinished tasks of images; drafts and annotations stay. Seats without an answer leave the queue.

    Two statements, for the order of locks: seats, then their task, as a claim and a submit take them.
    """
    values = {"images": image_ids, "reason": reason}
    session.execute(
        text(
            "UPDATE seat s SET queue_key = 0 FROM task t JOIN item i ON i.id = t.item_id "
            "WHERE i.image_id = ANY (:images) AND t.state IN (0, 1, 2, 3) AND s.task_id = t.id AND s.state <> 2 "
            "AND s.queue_key > 0"
        ),
        values,
    )
    session.execute(
        text(
            "UPDATE task t SET state = 6, reason = :reason, state_since = now() FROM item i "
            "WHERE i.id = t.item_id AND i.image_id = ANY (:images) AND t.state IN (0, 1, 2, 3)"
        ),
        values,
    )


def release_duplicates(session: Session, *, image_ids: list[int]) -> list[int]:
    """Send images that were linked to these as duplicates through ingest again; return them."""
    rows = session.execute(
        text(
            "UPDATE image SET duplicate_of = NULL, state = 'received', state_since = now() "
            "WHERE duplicate_of = ANY (:images) AND state = 'ready' RETURNING id"
        ),
        {"images": image_ids},
    )
    return [int(r.id) for r in rows]


def link_duplicate(session: Session, *, image_id: int, original_id: int) -> bool:
    """Link an image to one that is labelled in its place; False when that one is not ready any more.

    The original stays locked: whoever retires it waits, and then finds this link.
    """
    if not lock_ready(session, original_id):
        return False
    session.execute(
        text("UPDATE image SET duplicate_of = :original WHERE id = :id"), {"id": image_id, "original": original_id}
    )
    return True


def lock_ready(session: Session, image_id: int) -> bool:
    """Keep an image from being retired until this transaction ends; False when it is not ready."""
    row = session.execute(text("SELECT 1 FROM image WHERE id = :id AND state = 'ready' FOR SHARE"), {"id": image_id})
    return row.first() is not None


def lock_feeds(session: Session, source_id: int) -> None:
    """Let no feed be connected to the source until this transaction ends; many transactions may hold this lock."""
    session.execute(text("SELECT 1 FROM source WHERE id = :id FOR KEY SHARE"), {"id": source_id})


@dataclass(frozen=True, slots=True)
class FeedRow:
    project_id: int
    started_lane: int
    min_votes: int
    label_duplicates: bool
    original_id: int | None


def list_feeds(session: Session, *, image: ImageRow, sha256: str) -> list[FeedRow]:
    """List the projects an image feeds, each with another ready image of the same bytes that it labels already."""
    rows = session.execute(
        text(
            "SELECT f.project_id, l.id AS started_lane, CAST(y.body->>'min_votes' AS int) AS min_votes, "
            "  CAST(y.body->>'label_duplicates' AS boolean) AS label_duplicates, "
            "  (SELECT o.id FROM image o JOIN item t ON t.image_id = o.id AND t.project_id = f.project_id "
            "   WHERE o.client_org = :client_org AND o.sha256 = :sha256 AND o.id <> :image AND o.state = 'ready' "
            "   ORDER BY o.id LIMIT 1) AS original_id "
            "FROM feed f JOIN project p ON p.id = f.project_id AND p.archived_at IS NULL "
            "JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version "
            "JOIN lane l ON l.project_id = p.id AND l.stage = 'label' AND l.kind = 'started' "
            "  AND l.requirement_key = '' AND l.urgency = 0 "
            "WHERE f.source_id = :source AND f.ended_at IS NULL ORDER BY f.project_id"
        ),
        {"client_org": image.client_org, "sha256": sha256, "image": image.id, "source": image.source_id},
    )
    return [FeedRow(r.project_id, r.started_lane, r.min_votes, r.label_duplicates, r.original_id) for r in rows]


def insert_item(session: Session, *, client_org: int, project_id: int, image_id: int) -> int:
    """Write the item or meet the one that is there; return its id."""
    values = {"client_org": client_org, "project": project_id, "image": image_id}
    inserted = session.execute(
        text(
            "INSERT INTO item (client_org, project_id, image_id) VALUES (:client_org, :project, :image) "
            "ON CONFLICT DO NOTHING RETURNING id"
        ),
        values,
    ).scalar()
    if inserted is not None:
        return int(inserted)
    found = session.execute(
        text("SELECT id FROM item WHERE project_id = :project AND image_id = :image AND part_key = ''"), values
    )
    return int(found.scalar_one())


def open_round(session: Session, *, client_org: int, item_id: int, feed: FeedRow) -> int | None:
    """Write a waiting label task for an item that has none, or none since its image came (back); None when it has.

    Tasks that were cancelled while the image was there stay so: people gave that work up, or the state sweep did.
    """
    row = session.execute(
        text(
            "INSERT INTO task (client_org, project_id, item_id, stage, round, state, target, started_lane, "
            "  trace_id) "
            "SELECT :client_org, :project, :item, 'label', coalesce(max(t.round), 0) + 1, 0, :target, :lane, "
            "  CAST(:trace_id AS uuid) "
            "FROM task t WHERE t.item_id = :item AND t.stage = 'label' "
            "HAVING coalesce(bool_and(t.state = 6 AND t.state_since <= (SELECT i.state_since FROM item n "
            "  JOIN image i ON i.id = n.image_id WHERE n.id = :item)), true) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {
            "client_org": client_org,
            "project": feed.project_id,
            "item": item_id,
            "target": feed.min_votes,
            "trace_id": get_trace_id(),
            "lane": feed.started_lane,
        },
    ).scalar()
    return int(row) if row is not None else None

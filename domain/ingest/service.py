"""Use cases of ingest: from a hint about a key to an image row, from its bytes to items and waiting tasks.

Every hint means "look at this key": HEAD is the truth, and the row is written only if nobody wrote it in between.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.events import service as events
from domain.ingest import queries
from domain.ingest.queries import ImageRow, KeyState
from domain.ingest.rules import is_older, newest
from domain.outbox.queries import insert_message
from domain.ports import ObjectHead
from schema.enums import EventKind, Topic
from schema.messages import ImageMessage, PrelabelMessage


class KeyMoved(DomainError):
    """Another process wrote this key's state while we looked; look again."""

    code: ClassVar[str] = "key_moved"
    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What was learnt from the bytes; sizes are those of the upright picture."""

    sha256: str
    width: int
    height: int
    turn: int
    content_type: str


def see_key(session: Session, *, source_id: int, key: str, sequencer: str) -> tuple[KeyState | None, bool]:
    """Return what is known of a key, and whether an event with this sequencer can still tell us something."""
    known = queries.find_key_state(session, source_id=source_id, key=key)
    return known, known is None or not is_older(sequencer, known.sequencer)


def record_key(
    session: Session,
    *,
    source_id: int,
    client_org: int,
    key: str,
    sequencer: str,
    seen: KeyState | None,
    head: ObjectHead | None,
) -> int | None:
    """Write what HEAD said of a key; return the image to work on, if there is one.

    `seen` is the state read before HEAD; raises KeyMoved when it is not the state any more.
    """
    revision, etag = (head.revision, head.etag) if head else ("", "")
    state = KeyState(newest(sequencer, seen), revision, etag, deleted=head is None)
    if seen is None:
        if not queries.write_key_state(session, source_id=source_id, client_org=client_org, key=key, state=state):
            raise KeyMoved(f"{key} was seen by another process at the same time")
    elif queries.find_key_state(session, source_id=source_id, key=key, lock=True) != seen:
        raise KeyMoved(f"{key} was seen by another process at the same time")
    else:
        queries.update_key_state(session, source_id=source_id, key=key, state=state)
    if head is None:
        _retire(session, source_id=source_id, client_org=client_org, key=key, keep=None, state="deleted")
        return None
    image_id, received = queries.receive_image(session, source_id=source_id, client_org=client_org, key=key, head=head)
    # Another revision that still waits to be read can never be: its bytes are not what the key shows.
    _retire(
        session,
        source_id=source_id,
        client_org=client_org,
        key=key,
        keep=image_id,
        state="superseded",
        waiting_only=True,
    )
    return image_id if received else None


def delete_version(session: Session, *, source_id: int, client_org: int, key: str, version_id: str) -> None:
    """Give up the image of one version that is gone for good; what the key shows now is looked at apart from it."""
    retired = queries.retire_version(session, source_id=source_id, key=key, version_id=version_id)
    cancel_work(session, client_org=client_org, image_ids=retired, reason="its image was deleted")


def accept_picture(session: Session, image: ImageRow, facts: PictureFacts) -> None:
    """Make a received image ready, retire the key's other revisions, and open a task in each project it feeds.

    Nothing happens when the key moved on while the picture was read: the newer revision is another message's.
    """
    if not _shows(session, image):
        return
    queries.lock_bytes(session, client_org=image.client_org, sha256=facts.sha256)
    same = queries.find_same_bytes(session, image=image, sha256=facts.sha256)
    if same is not None:
        queries.mark_image(
            session,
            image_id=image.id,
            state="superseded",
            reason="same_bytes",
            detail=f"the same bytes as image {same} under the same key",
            sha256=facts.sha256,
        )
        return
    ready = queries.mark_ready(
        session,
        image_id=image.id,
        sha256=facts.sha256,
        width=facts.width,
        height=facts.height,
        turn=facts.turn,
        content_type=facts.content_type,
    )
    if not ready:
        return
    _retire(
        session,
        source_id=image.source_id,
        client_org=image.client_org,
        key=image.key,
        keep=image.id,
        state="superseded",
    )
    open_tasks(session, image, sha256=facts.sha256)


def open_tasks(session: Session, image: ImageRow, *, sha256: str) -> None:
    """Give a ready image its item and first task in every project it feeds; does nothing where they exist."""
    queries.lock_bytes(session, client_org=image.client_org, sha256=sha256)
    queries.lock_feeds(session, image.source_id)
    if not queries.lock_ready(session, image.id):
        return
    for feed in queries.list_feeds(session, image=image, sha256=sha256):
        original_id = None if feed.label_duplicates else feed.original_id
        if original_id is not None and queries.link_duplicate(session, image_id=image.id, original_id=original_id):
            continue
        item_id = queries.insert_item(
            session, client_org=image.client_org, project_id=feed.project_id, image_id=image.id
        )
        task_id = queries.open_round(session, client_org=image.client_org, item_id=item_id, feed=feed)
        if task_id is not None:
            message = PrelabelMessage(client_org=image.client_org, task_id=task_id)
            insert_message(session, Topic.PRELABEL, task_id, message)


def quarantine(session: Session, image: ImageRow, *, reason: str, detail: str) -> None:
    """Put a received image aside with a reason a person understands; the key's older revisions are gone.

    Nothing happens when the key moved on while the picture was read.
    """
    if not _shows(session, image):
        return
    if queries.mark_image(session, image_id=image.id, state="quarantined", reason=reason, detail=detail):
        _retire(
            session,
            source_id=image.source_id,
            client_org=image.client_org,
            key=image.key,
            keep=image.id,
            state="superseded",
        )
        emit_quarantined(
            session,
            client_org=image.client_org,
            source_id=image.source_id,
            image_id=image.id,
            key=image.key,
            reason=reason,
            detail=detail,
        )


def emit_quarantined(
    session: Session, *, client_org: int, source_id: int, image_id: int, key: str, reason: str, detail: str
) -> None:
    """Tell other systems of an image that was put aside, in each project that it feeds."""
    for project_id in queries.list_fed_projects(session, source_id):
        events.emit(
            session,
            EventKind.IMAGE_QUARANTINED,
            client_org=client_org,
            project_id=project_id,
            aggregate_id=image_id,
            key=key,
            reason=reason,
            detail=detail,
        )


def cancel_work(session: Session, *, client_org: int, image_ids: list[int], reason: str) -> None:
    """Cancel the unfinished tasks of images that went, and have their duplicates labelled in their place."""
    if not image_ids:
        return
    queries.cancel_tasks(session, image_ids=image_ids, reason=reason)
    for image_id in queries.release_duplicates(session, image_ids=image_ids):
        insert_message(session, Topic.IMAGES, image_id, ImageMessage(client_org=client_org, image_id=image_id))


def _shows(session: Session, image: ImageRow) -> bool:
    """Tell whether the key still shows this revision, and keep that so until the transaction ends."""
    now = queries.find_key_state(session, source_id=image.source_id, key=image.key, lock=True)
    return now is not None and not now.deleted and now.revision == image.revision


def _retire(
    session: Session,
    *,
    source_id: int,
    client_org: int,
    key: str,
    keep: int | None,
    state: str,
    waiting_only: bool = False,
) -> None:
    retired = queries.retire_revisions(
        session, source_id=source_id, key=key, keep=keep, state=state, waiting_only=waiting_only
    )
    cancel_work(session, client_org=client_org, image_ids=retired, reason=f"its image was {state}")

"""Use cases of the quarantine desk. A picture that is tried again takes the same way in as at first."""

from sqlalchemy.orm import Session

from domain.audit import service as audit
from domain.errors import Conflict, NotFound
from domain.ingest.service import cancel_work, emit_quarantined
from domain.outbox.queries import insert_message
from domain.quarantine import queries
from domain.quarantine.queries import ImageDetail, ImageFilter, ReasonCount
from domain.scope import Actor
from domain.tracing import adopt
from schema.enums import ImageState, Role, Topic
from schema.messages import ImageMessage

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)
KEEPERS = (Role.CLIENT, Role.MANAGER)
# The reason that the state sweep gives.
STUCK = "stuck"


def list_images(session: Session, actor: Actor, wanted: ImageFilter, *, after: int, limit: int) -> list[ImageDetail]:
    actor.require(*READERS)
    return queries.list_images(session, wanted, after=after, limit=limit)


def get_image(session: Session, actor: Actor, image_id: int) -> ImageDetail:
    """Return an image, and go on in its trace; raises NotFound."""
    actor.require(*READERS)
    image = queries.find_image(session, image_id)
    if image is None:
        raise NotFound(f"there is no image {image_id}", image_id=image_id)
    adopt(image.trace_id)
    return image


def count_quarantined(session: Session, actor: Actor, wanted: ImageFilter) -> list[ReasonCount]:
    actor.require(*READERS)
    return queries.count_quarantined(session, wanted)


def retry_image(session: Session, actor: Actor, image_id: int) -> ImageDetail:
    """Have an image that was put aside or discarded read again; raises Conflict when it is neither."""
    image = get_own_image(session, actor, image_id)
    if not _retry(session, actor, [image_id]):
        raise Conflict(
            f"image {image_id} is {image.state}; only what is quarantined or discarded can be tried again",
            state=image.state,
        )
    return get_image(session, actor, image_id)


def discard_image(session: Session, actor: Actor, image_id: int, *, reason: str) -> ImageDetail:
    """Put an image out for good: its unfinished tasks are cancelled. Only a new revision of its key comes in again."""
    image = get_own_image(session, actor, image_id)
    if image.state != ImageState.DISCARDED and not _discard(session, actor, [image_id], reason=reason):
        raise Conflict(f"image {image_id} is {image.state}; there is nothing to discard", state=image.state)
    return get_image(session, actor, image_id)


def retry_images(session: Session, actor: Actor, image_ids: list[int]) -> list[int]:
    """Retry those of the images that are quarantined or discarded; return them."""
    actor.require(*KEEPERS)
    return _retry(session, actor, image_ids)


def discard_images(session: Session, actor: Actor, image_ids: list[int], *, reason: str) -> list[int]:
    """Discard those of the images that are there; return them."""
    actor.require(*KEEPERS)
    return _discard(session, actor, image_ids, reason=reason)


def choose(session: Session, actor: Actor, wanted: ImageFilter, *, limit: int) -> list[int]:
    """List quarantined images that a bulk action is about, the oldest first."""
    actor.require(*KEEPERS)
    return queries.list_quarantined(session, wanted, after=0, limit=limit)


def get_own_image(session: Session, actor: Actor, image_id: int) -> ImageDetail:
    """Return an image of the actor's own organisation; to others it is not there."""
    actor.require(*KEEPERS)
    image = get_image(session, actor, image_id)
    if image.client_org != actor.organisation_id:
        raise NotFound(f"there is no image {image_id}", image_id=image_id)
    return image


def tell_stuck(session: Session, image_id: int) -> None:
    """Tell other systems of an image that the sweep gave up; a repeat tells nobody again."""
    stuck = queries.note_stuck_told(session, image_id)
    if stuck is not None:
        emit_quarantined(
            session,
            client_org=stuck.client_org,
            source_id=stuck.source_id,
            image_id=image_id,
            key=stuck.key,
            reason=STUCK,
            detail=stuck.detail,
        )


def _retry(session: Session, actor: Actor, image_ids: list[int]) -> list[int]:
    retried = queries.receive_again(session, image_ids)
    for image_id in retried:
        message = ImageMessage(client_org=actor.organisation_id, image_id=image_id)
        insert_message(session, Topic.IMAGES, image_id, message)
        audit.record(session, actor, "image_retried", f"image:{image_id}")
    return retried


def _discard(session: Session, actor: Actor, image_ids: list[int], *, reason: str) -> list[int]:
    discarded = queries.discard(session, image_ids, why=reason)
    cancel_work(session, client_org=actor.organisation_id, image_ids=discarded, reason="its image was discarded")
    for image_id in discarded:
        audit.record(session, actor, "image_discarded", f"image:{image_id}", reason=reason)
    return discarded

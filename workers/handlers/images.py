"""Images: an S3 event or a hint → the key as HEAD shows it → decoded, copied, sized → items, tasks, or quarantine."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import structlog

from domain.errors import DomainError
from domain.feeds.queries import find_filling_feed, list_ready_images, mark_filled
from domain.ingest import queries
from domain.ingest.errors import PictureRefused, Reason
from domain.ingest.keys import thumbnail_key, working_key
from domain.ingest.queries import ImageRow
from domain.ingest.service import (
    KeyMoved,
    PictureFacts,
    accept_picture,
    delete_version,
    open_tasks,
    quarantine,
    record_key,
    see_key,
)
from domain.ports import BucketAccess
from domain.quarantine.service import tell_stuck
from domain.sources.queries import BucketSource
from domain.sources.service import find_sources_of, get_source
from domain.tracing import following, get_trace_id
from runtime.spans import span
from schema.enums import ImageState
from schema.messages import FeedMessage, ImageMessage, KeyMessage
from schema.s3_events import KeyEvent, parse_s3_event
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()
LOOKS = 5
FEED_PAGE = 100


def handle(work: Work, body: dict[str, Any]) -> None:
    events = parse_s3_event(body)
    if events is not None:
        handle_events(work, events)
        return
    message = parse_message(body, ImageMessage, KeyMessage, FeedMessage)
    if isinstance(message, ImageMessage):
        ingest(work, message.client_org, message.image_id)
    elif isinstance(message, FeedMessage):
        fill_feed(work, message.client_org, message.feed_id)
    elif isinstance(message, KeyMessage):
        look_at_key(work, message.client_org, message.source_id, message.key, "")


def handle_events(work: Work, events: list[KeyEvent]) -> None:
    """Do what is due for every source of each event; one that refuses us holds up no other and is raised last."""
    refusal: DomainError | None = None
    for event in events:
        with work.database.begin(None) as session:
            sources = find_sources_of(session, bucket=event.bucket, key=event.key)
        for source in sources:
            try:
                handle_event(work, source, event)
            except DomainError as error:
                refusal = refusal or error
    if refusal is not None:
        raise refusal


def handle_event(work: Work, source: BucketSource, event: KeyEvent) -> None:
    """Do what is due for one source: an event about a version that is gone concerns its image, then the key."""
    if event.removed_version is not None:
        forget_version(work, source, event.key, event.removed_version)
    look_at_key(work, source.client_org, source.source_id, event.key, event.sequencer)


def forget_version(work: Work, source: BucketSource, key: str, version_id: str) -> None:
    """Give up the image of a version that HEAD does not find any more, in whatever order events come."""
    scope = client_scope(source.client_org)
    with work.database.begin(scope) as session:
        access = get_source(session, source.source_id).access
    if work.sources.head(access, key, version_id=version_id) is not None:
        return
    with work.database.begin(scope) as session:
        delete_version(
            session, source_id=source.source_id, client_org=source.client_org, key=key, version_id=version_id
        )


def look_at_key(work: Work, client_org: int, source_id: int, key: str, sequencer: str) -> None:
    """Make our rows agree with what HEAD says of the key now; raises KeyMoved when others keep writing it."""
    scope = client_scope(client_org)
    for attempt in range(LOOKS):
        with work.database.begin(scope) as session:
            seen, due = see_key(session, source_id=source_id, key=key, sequencer=sequencer)
            access = get_source(session, source_id).access
        if not due:
            return
        head = work.sources.head(access, key)
        try:
            with work.database.begin(scope) as session:
                image_id = record_key(
                    session,
                    source_id=source_id,
                    client_org=client_org,
                    key=key,
                    sequencer=sequencer,
                    seen=seen,
                    head=head,
                )
        except KeyMoved:
            if attempt == LOOKS - 1:
                raise
            continue
        if image_id is not None:
            ingest(work, client_org, image_id)
        return


def fill_feed(work: Work, client_org: int, feed_id: int) -> None:
    """Give the images that were ready before a feed their items, page by page; a repeat goes on where this stopped."""
    scope = client_scope(client_org)
    with work.database.begin(scope) as session:
        feed = find_filling_feed(session, feed_id)
    if feed is None:
        return
    seen = feed.filled_to
    while True:
        with work.database.begin(scope) as session:
            page = list_ready_images(session, source_id=feed.source_id, after=seen, limit=FEED_PAGE)
        for image_id in page:
            ingest(work, client_org, image_id)
        filled_to = page[-1] if page else seen
        with work.database.begin(scope) as session:
            goes_on = mark_filled(session, feed_id=feed_id, seen=seen, filled_to=filled_to, done=not page)
        if not page or not goes_on:
            return
        seen = filled_to


def ingest(work: Work, client_org: int, image_id: int) -> None:
    """Bring a received image in; a ready one only gets the items that new feeds want. What follows is of its trace."""
    with work.database.begin(client_scope(client_org)) as session:
        image = queries.find_image(session, image_id)
        if image is None:
            return
        trace_id = image.trace_id or get_trace_id()
        if image.state == ImageState.QUARANTINED:
            tell_stuck(session, image_id)
        if image.state == ImageState.READY and image.sha256:
            with following(trace_id):
                open_tasks(session, image, sha256=image.sha256)
        access = get_source(session, image.source_id).access
    if image.state == ImageState.RECEIVED:
        with following(trace_id), span("ingest", image_id=image_id):
            _receive(work, image, access)


def _receive(work: Work, image: ImageRow, access: BucketAccess) -> None:
    scope = client_scope(image.client_org)
    try:
        facts = _bring_in(work, image, access)
    except PictureRefused as refusal:
        with work.database.begin(scope) as session:
            quarantine(session, image, reason=refusal.reason.value, detail=refusal.message)
        log.info("image_quarantined", image_id=image.id, reason=refusal.reason.value)
        return
    if facts is None:
        look_at_key(work, image.client_org, image.source_id, image.key, "")
        return
    with work.database.begin(scope) as session:
        accept_picture(session, image, facts)
    log.info("image_ready", image_id=image.id, width=facts.width, height=facts.height)


def _bring_in(work: Work, image: ImageRow, access: BucketAccess) -> PictureFacts | None:
    """Decode the image and store its copies; None when the key holds another revision by now."""
    head = work.sources.head(access, image.key)
    if head is None or head.revision != image.revision:
        return None
    limit = work.settings.picture_max_bytes
    if head.bytes > limit:
        raise PictureRefused(
            Reason.TOO_LARGE, f"The file has {head.bytes:,} bytes; the limit is {limit:,}. Upload a smaller one."
        )
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        path = Path(folder) / "original"
        with span("download", bytes=head.bytes):
            if not work.sources.download(access, image.key, head, path):
                return None
        with span("decode"):
            prepared = work.decoder.prepare(path, Path(folder))
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        place: dict[str, Any] = {"client_org": image.client_org, "sha256": sha256}
        with span("store"):
            work.bucket.put_file(working_key(**place), prepared.working_copy, content_type=prepared.content_type)
            work.bucket.put_file(
                thumbnail_key(**place), prepared.thumbnail, content_type=prepared.thumbnail_content_type
            )
    return PictureFacts(sha256, prepared.width, prepared.height, prepared.turn, prepared.content_type)

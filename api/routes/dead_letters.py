"""Dead letters: messages that were given up, why, and back into their queue or out."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.links import picture_links
from api.once import WithOnce
from api.paging import WithNewestCursor
from api.problems import declare
from api.routes.parameters import PathId
from domain.dead_letters import service
from domain.dead_letters.about import About
from domain.dead_letters.queries.desk import Letter, LetterFilter
from domain.dead_letters.rules import parse_document, remedy_of, said_by
from domain.dead_letters.service import Chosen, Pace, Settled, Story
from domain.scope import Actor
from schema.bodies.base import MAX_ID, Page
from schema.bodies.dead_letters import (
    AboutBody,
    DeadLetterBody,
    DeadLetterStoryBody,
    DeadReasonBody,
    DeadSummaryBody,
    DeathBody,
    DiscardLettersBody,
    LettersDiscardedBody,
    LettersRedrivenBody,
    RedriveBody,
)
from schema.bodies.images import DiscardBody
from schema.enums import DeadLetterState, Topic

router = APIRouter(tags=["dead letters"], responses=declare("forbidden"))

MOST_SAID = 300
COLUMNS = (
    "id",
    "queue",
    "kind",
    "reason",
    "error",
    "attempts",
    "state",
    "sent_at",
    "died_at",
    "settled_at",
    "note",
    "message_id",
    "envelope_id",
    "trace_id",
)
QueueQuery = Annotated[Topic | None, Query(description="the queue it died in")]
ReasonQuery = Annotated[str | None, Query(max_length=64, description="a stable code, such as worker_died")]
StateQuery = Annotated[DeadLetterState | None, Query(description="dead: nobody has decided yet")]


@router.get("/dead-letters", summary="List messages that were given up, the newest first")
def list_dead_letters(
    actor: WithActor,
    context: WithContext,
    cursor: WithNewestCursor,
    queue: QueueQuery = None,
    reason: ReasonQuery = None,
    state: StateQuery = None,
) -> Page[DeadLetterBody]:
    wanted = _filter(queue, reason, state)
    with context.database.begin(actor.scope) as session:
        rows = service.list_letters(session, actor, wanted, before=cursor.after, limit=cursor.rows)
        about = service.describe(session, rows)
    return cursor.page(rows, lambda r: _body(r, about[r.id], context, actor), id_of=lambda r: r.id)


@router.get("/dead-letters/summary", summary="Count the dead letters that wait, by queue and reason")
def count_dead_letters(actor: WithActor, context: WithContext) -> DeadSummaryBody:
    with context.database.begin(actor.scope) as session:
        rows = service.count_waiting(session, actor)
    return DeadSummaryBody(
        letters=sum(row.letters for row in rows),
        reasons=tuple(
            DeadReasonBody(
                queue=Topic(r.queue),
                reason=r.reason,
                letters=r.letters,
                oldest_at=r.oldest_at,
                error=r.error,
                remedy=remedy_of(r.reason),
            )
            for r in rows
        ),
    )


@router.get(
    "/dead-letters.csv",
    summary="Export dead letters, the newest first",
    response_class=CsvStream,
    responses=describe_csv("one line a letter, without its text"),
)
def export_dead_letters(
    actor: WithActor,
    context: WithContext,
    queue: QueueQuery = None,
    reason: ReasonQuery = None,
    state: StateQuery = None,
) -> CsvStream:
    wanted = _filter(queue, reason, state)

    def read(before: int) -> list[Letter]:
        with context.database.begin(actor.scope) as session:
            return service.list_letters(session, actor, wanted, before=before, limit=PAGE_ROWS)

    return stream_csv(
        "dead-letters.csv",
        COLUMNS,
        read(MAX_ID),
        lambda letter: read(letter.id),
        lambda letter: (getattr(letter, column) for column in COLUMNS),
    )


@router.post(
    "/dead-letters/redrive",
    summary="Put many dead letters back into their queues, so many a second",
    description="At most 500 at once, the oldest first. It cannot be taken back: what is sent is sent.",
    responses=declare("idempotency_key_reused"),
)
def redrive_dead_letters(
    body: RedriveBody, actor: WithActor, context: WithContext, once: WithOnce
) -> LettersRedrivenBody:
    with context.database.begin(actor.scope) as session:

        def redrive() -> LettersRedrivenBody:
            done = service.redrive_letters(session, actor, _chosen(body), Pace(body.rate_per_s, body.delay_s))
            return LettersRedrivenBody(**_done(done).model_dump(), until_s=done.until_s)

        return once.run(session, actor, LettersRedrivenBody, redrive)


@router.post(
    "/dead-letters/discard",
    summary="Let many dead letters go for good",
    description="At most 500 at once, the oldest first.",
    responses=declare("idempotency_key_reused"),
)
def discard_dead_letters(
    body: DiscardLettersBody, actor: WithActor, context: WithContext, once: WithOnce
) -> LettersDiscardedBody:
    with context.database.begin(actor.scope) as session:

        def discard() -> LettersDiscardedBody:
            return _done(service.discard_letters(session, actor, _chosen(body), why=body.reason))

        return once.run(session, actor, LettersDiscardedBody, discard)


@router.get(
    "/dead-letters/{letter_id}", summary="Show a dead letter with its whole message", responses=declare("not_found")
)
def get_dead_letter(letter_id: PathId, actor: WithActor, context: WithContext) -> DeadLetterStoryBody:
    with context.database.begin(actor.scope) as session:
        story = service.get_story(session, actor, letter_id)
    return _story(story, context, actor)


@router.post(
    "/dead-letters/{letter_id}/redrive",
    summary="Put a dead letter back into its queue",
    responses=declare("not_found", "conflict"),
)
def redrive_dead_letter(letter_id: PathId, actor: WithActor, context: WithContext) -> DeadLetterStoryBody:
    with context.database.begin(actor.scope) as session:
        service.redrive_letter(session, actor, letter_id)
        story = service.get_story(session, actor, letter_id)
    return _story(story, context, actor)


@router.post(
    "/dead-letters/{letter_id}/discard",
    summary="Let a dead letter go for good",
    responses=declare("not_found", "conflict"),
)
def discard_dead_letter(
    letter_id: PathId, body: DiscardBody, actor: WithActor, context: WithContext
) -> DeadLetterStoryBody:
    with context.database.begin(actor.scope) as session:
        service.discard_letter(session, actor, letter_id, why=body.reason)
        story = service.get_story(session, actor, letter_id)
    return _story(story, context, actor)


def _filter(queue: Topic | None, reason: str | None, state: DeadLetterState | None) -> LetterFilter:
    return LetterFilter(queue.value if queue else None, reason, state.value if state else None)


def _chosen(body: RedriveBody | DiscardLettersBody) -> Chosen:
    if body.filter is None:
        return body.letter_ids or ()
    queue = body.filter.queue.value if body.filter.queue else None
    return LetterFilter(queue, body.filter.reason, up_to=body.filter.up_to)


def _done(done: Settled) -> LettersDiscardedBody:
    return LettersDiscardedBody(
        letter_ids=tuple(letter.id for letter in done.letters), left=done.left, up_to=done.up_to
    )


def _story(story: Story, context: Context, actor: Actor) -> DeadLetterStoryBody:
    return DeadLetterStoryBody(
        letter=_body(story.letter, story.about, context, actor),
        text=story.letter.text,
        message=parse_document(story.letter.text),
        history=tuple(
            DeathBody(
                id=death.id,
                died_at=death.died_at,
                reason=death.reason,
                state=DeadLetterState(death.state),
                settled_at=death.settled_at,
                settled_by=story.names.get(death.settled_by or 0),
                note=death.note,
            )
            for death in story.deaths
        ),
    )


def _body(letter: Letter, about: About, context: Context, actor: Actor) -> DeadLetterBody:
    return DeadLetterBody(
        id=letter.id,
        queue=Topic(letter.queue),
        kind=letter.kind,
        said=said_by(letter.text)[:MOST_SAID],
        reason=letter.reason,
        error=letter.error,
        remedy=remedy_of(letter.reason),
        attempts=letter.attempts,
        state=DeadLetterState(letter.state),
        message_id=letter.message_id,
        envelope_id=letter.envelope_id,
        trace_id=letter.trace_id.hex if letter.trace_id else None,
        redriven_before=letter.redriven_before,
        sent_at=letter.sent_at,
        died_at=letter.died_at,
        settled_at=letter.settled_at,
        settled_by=letter.settled_by,
        note=letter.note,
        about=_about_body(about, context, actor),
    )


def _about_body(about: About, context: Context, actor: Actor) -> AboutBody:
    target, picture = about.target, about.picture
    url, thumbnail_url = (
        picture_links(context, actor, client_org=picture.client_org, sha256=picture.sha256) if picture else (None, None)
    )
    return AboutBody(
        project_id=about.project_id,
        image_id=target.image_id,
        task_id=target.task_id,
        release_id=target.release_id,
        import_id=target.import_id,
        feed_id=target.feed_id,
        event_id=target.event_id,
        webhook_id=about.webhook_id,
        delivery_id=target.delivery_id,
        source_id=target.source_id,
        bucket=target.bucket,
        key=target.key,
        image_state=picture.state if picture else None,
        url=url,
        thumbnail_url=thumbnail_url,
    )

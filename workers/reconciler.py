"""Buckets held against rows on a clock: finds what lay there before its bucket was connected, and lost events.

A listing goes on in turns. What a turn has compared stays compared, whoever makes the next one and however this ends.
"""

import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from threading import Event
from typing import Final

import structlog

from domain.errors import BucketRefused
from domain.outbox.queries import count_due
from domain.ports import BucketAccess, ListsKeys
from domain.reconcile.queries import Listing, Refusal
from domain.reconcile.rules import choose_samples, cut_pages, split_refused
from domain.reconcile.service import HOLD_S, PAGE, Step, Stretch, compare, let_go, move, take_listing
from domain.sources.service import get_source
from runtime.aws import AWS_ERRORS
from runtime.database import Database
from runtime.metrics import RECONCILED, SWEPT
from runtime.queues import Sender
from runtime.settings import Settings
from schema.enums import Topic
from workers.work import client_scope

log = structlog.get_logger()
# A turn ends after this, so that no bucket keeps the others waiting.
TURN_S: Final = 30.0
# While listings wait for the workers to catch up, they are looked at this often.
BEHIND_PAUSE_S: Final = 1.0
# Listings that wait for the workers, by source, each as it was left.
Waiting = dict[int, Listing]
_FAULTS: Final[tuple[type[Exception], ...]] = (*AWS_ERRORS, BucketRefused)


class Turn(StrEnum):
    """How a turn ended: the listing with it; left where it is, out of time or because the workers are behind; left to
    another process; the bucket did not let us list it."""

    ENDED = "ended"
    LEFT = "left"
    BEHIND = "behind"
    LOST = "lost"
    FAILED = "failed"


def run_reconciles(
    relay: Database, app: Database, sources: ListsKeys, sender: Sender, settings: Settings, stop: Event
) -> None:
    """Reconcile sources until `stop` is set, in a thread of its own: one listing may take longer than any deadline.

    What a listing shows to differ makes messages. While the workers are behind, one that found something waits, held by
    us, and those that find nothing go on.
    """

    def has_room() -> bool:
        return has_room_for_keys(relay, sender, most=settings.reconcile_backlog)

    waiting: Waiting = {}
    pause_s = settings.state_sweep_interval_s
    while not stop.wait(pause_s):
        try:
            if waiting and has_room():
                release(relay, waiting)
            make_turns(relay, app, sources, settings.reconcile_interval_s, has_room, stop, waiting)
        except Exception as error:
            log.warning("reconcile_failed", error=repr(error))
        pause_s = settings.state_sweep_interval_s
        if waiting:
            pause_s = min(BEHIND_PAUSE_S, pause_s)
    try:
        release(relay, waiting)
    except Exception as error:
        log.warning("reconcile_failed", error=repr(error))


def make_turns(
    relay: Database,
    app: Database,
    sources: ListsKeys,
    interval_s: float,
    has_room: Callable[[], bool],
    stop: Event,
    waiting: Waiting,
) -> None:
    """Make turns until no listing is due. One that the workers are behind for comes into `waiting`.

    That is a sweep that ended well, unless a bucket failed or a listing waits.
    """
    is_well = True
    while not stop.is_set():
        turn = reconcile_next(relay, app, sources, pause_s=interval_s, has_room=has_room, stop=stop, waiting=waiting)
        is_well = is_well and turn is not Turn.FAILED
        if turn in (Turn.ENDED, Turn.LEFT) or (turn is None and is_well and not waiting):
            SWEPT.labels("reconcile").set_to_current_time()
        if turn is None:
            return


def release(relay: Database, waiting: Waiting) -> None:
    """Let listings that waited for the workers go on, whoever takes them; empties `waiting`."""
    with relay.begin(None) as session:
        for listing in waiting.values():
            let_go(session, listing)
    waiting.clear()


def has_room_for_keys(relay: Database, sender: Sender, *, most: int) -> bool:
    """Tell whether few enough messages about images wait, in the outbox and in their queue."""
    with relay.begin(None) as session:
        unsent = count_due(session, Topic.IMAGES, most=most + 1)
    try:
        return unsent <= most and unsent + sender.count(Topic.IMAGES) <= most
    except AWS_ERRORS as error:
        log.warning("queue_not_counted", topic=Topic.IMAGES, error=repr(error))
        return False


def reconcile_next(
    relay: Database,
    app: Database,
    sources: ListsKeys,
    *,
    pause_s: float,
    has_room: Callable[[], bool] = lambda: True,
    stop: Event | None = None,
    turn_s: float = TURN_S,
    page: int = PAGE,
    waiting: Waiting | None = None,
) -> Turn | None:
    """Make a turn of the listing that is due; None when none is.

    A bucket that cannot be listed is logged, and goes on from where it is after `pause_s`. A listing that finds
    something while there is no room stays before it, for as long as a hold or until `release` of what is in `waiting`.
    """
    with relay.begin(None) as session:
        listing = take_listing(session, pause_s=pause_s)
    if listing is None:
        return None
    ends_at = time.monotonic() + turn_s
    outcome, held_on_s, failure = Turn.LOST, 0.0, None
    keys, announced = 0, 0
    try:
        for step in _steps(app, sources, listing, page=page, has_room=has_room):
            if step is None:
                outcome, held_on_s = Turn.BEHIND, HOLD_S
                break
            keys, announced, listing = keys + step.compared, announced + step.announced, step.listing or listing
            if step.listing is None:
                outcome = Turn.ENDED
            elif time.monotonic() >= ends_at or (stop is not None and stop.is_set()):
                outcome = Turn.LEFT
                break
    except _FAULTS as error:
        log.warning("source_not_listed", source_id=listing.source_id, bucket=listing.bucket, error=repr(error))
        outcome, held_on_s, failure = Turn.FAILED, pause_s, str(error) or repr(error)
    if outcome in (Turn.LEFT, Turn.BEHIND, Turn.FAILED):
        with relay.begin(None) as session:
            left = let_go(session, listing, pause_s=held_on_s, error=failure)
        if outcome is Turn.BEHIND and left is not None and waiting is not None:
            waiting[left.source_id] = left
    log.info("source_reconciled", source_id=listing.source_id, turn=outcome, keys=keys, announced=announced)
    return outcome


def _steps(
    app: Database, sources: ListsKeys, listing: Listing, *, page: int, has_room: Callable[[], bool]
) -> Iterator[Step | None]:
    """Compare a listing step by step; ends early when another process has taken it over.

    A step is a transaction, two where something differs: in between, the bucket is asked whether it can be read.
    None, and an end, when something differs and there is no room for it.
    """
    scope = client_scope(listing.client_org)
    with app.begin(scope) as session:
        access = get_source(session, listing.source_id).access
    for listed, is_last in cut_pages(sources.list_keys(access, listing.prefix, after=listing.after), size=page):
        left, is_page_done = listed, False
        while not is_page_done:
            with app.begin(scope) as session:
                stretch = compare(session, listing, left, is_last=is_last, most_known=2 * page)
                step = None if stretch.differing else move(session, listing, stretch, keys=())
            if stretch.differing:
                if not has_room():
                    yield None
                    return
                keys, refusal = _ask_for_some(sources, access, stretch, listing)
                with app.begin(scope) as session:
                    step = move(session, listing, stretch, keys=keys, refusal=refusal)
            if step is None:
                return
            RECONCILED.inc(step.announced)
            yield step
            if step.listing is None:
                return
            listing, left, is_page_done = step.listing, step.left, step.is_page_done


def _ask_for_some(
    sources: ListsKeys, access: BucketAccess, stretch: Stretch, listing: Listing
) -> tuple[list[str], Refusal | None]:
    """Return the keys that differ and can be read, going by a few of them, and why the others cannot.

    A key that is refused leaves no row of itself: announced, it would die and be found anew, at every listing.
    """
    readable: list[str] = []
    refused = 0
    reason = None
    # What is gone stands apart: the bucket may say of a key that it is not there, and still refuse those that are.
    for keys in (stretch.differing.found, stretch.differing.gone):
        samples = choose_samples(keys)
        answers = {key: sources.find_refusal(access, key) for key in samples}
        reasons = [f"s3://{access.bucket}/{key}: {why}" for key, why in answers.items() if why is not None]
        good, bad = split_refused(keys, samples, [key for key in samples if answers[key] is not None])
        readable += good
        refused += len(bad)
        reason = reason or next(iter(reasons), None)
    if reason is None:
        return sorted(readable), None
    log.warning("source_not_read", source_id=listing.source_id, bucket=listing.bucket, keys=refused, error=reason)
    return sorted(readable), Refusal(refused, reason)

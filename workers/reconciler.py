"""Buckets held against rows on a clock: finds what lay there before its bucket was connected, and lost events.

A listing goes on in turns. What a turn has compared stays compared, whoever makes the next one and however this ends.
"""

import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from threading import Event
from typing import Final

import structlog

from domain.outbox.queries import count_due
from domain.ports import ListsKeys
from domain.reconcile.queries import Listing
from domain.reconcile.rules import cut_pages
from domain.reconcile.service import PAGE, Step, compare, let_go, take_listing
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
# While a listing waits for the workers to catch up, they are looked at this often.
BEHIND_PAUSE_S: Final = 1.0


class Turn(StrEnum):
    """How a turn ended: the listing with it; left where it is; left to another process; the bucket did not answer."""

    ENDED = "ended"
    LEFT = "left"
    LOST = "lost"
    FAILED = "failed"


def run_reconciles(
    relay: Database, app: Database, sources: ListsKeys, sender: Sender, settings: Settings, stop: Event
) -> None:
    """Reconcile sources until `stop` is set, in a thread of its own: one listing may take longer than any deadline.

    What a listing shows to differ is announced once more each time, so it waits while the workers are behind.
    """

    def has_room() -> bool:
        return has_room_for_keys(relay, sender, most=settings.reconcile_backlog)

    pause_s = settings.state_sweep_interval_s
    while not stop.wait(pause_s):
        pause_s = settings.state_sweep_interval_s
        try:
            while not stop.is_set():
                if not has_room():
                    pause_s = min(BEHIND_PAUSE_S, pause_s)
                    break
                interval_s = settings.reconcile_interval_s
                turn = reconcile_next(relay, app, sources, pause_s=interval_s, has_room=has_room, stop=stop)
                SWEPT.labels("reconcile").set_to_current_time()
                if turn is None:
                    break
        except Exception as error:
            log.warning("reconcile_failed", error=repr(error))


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
) -> Turn | None:
    """Make a turn of the listing that is due; None when none is.

    A bucket that cannot be listed is logged, and goes on from where it is after `pause_s`.
    """
    with relay.begin(None) as session:
        listing = take_listing(session, pause_s=pause_s)
    if listing is None:
        return None
    ends_at = time.monotonic() + turn_s

    def goes_on(step: Step) -> bool:
        is_over = time.monotonic() >= ends_at or (stop is not None and stop.is_set())
        return not is_over and (not step.differing or has_room())

    outcome, held_on_s = Turn.LOST, 0.0
    keys, differing = 0, 0
    try:
        for step in _steps(app, sources, listing, page=page):
            keys, differing, listing = keys + step.compared, differing + step.differing, step.listing or listing
            if step.listing is None:
                outcome = Turn.ENDED
            elif not goes_on(step):
                outcome = Turn.LEFT
                break
    except AWS_ERRORS as error:
        log.warning("source_not_listed", source_id=listing.source_id, bucket=listing.bucket, error=repr(error))
        outcome, held_on_s = Turn.FAILED, pause_s
    if outcome in (Turn.LEFT, Turn.FAILED):
        with relay.begin(None) as session:
            let_go(session, listing, pause_s=held_on_s)
    log.info("source_reconciled", source_id=listing.source_id, turn=outcome, keys=keys, differing=differing)
    return outcome


def _steps(app: Database, sources: ListsKeys, listing: Listing, *, page: int) -> Iterator[Step]:
    """Compare a listing step by step, each in a transaction; ends early when another process has taken it over."""
    scope = client_scope(listing.client_org)
    with app.begin(scope) as session:
        access = get_source(session, listing.source_id).access
    for listed, is_last in cut_pages(sources.list_keys(access, listing.prefix, after=listing.after), size=page):
        left, is_page_done = listed, False
        while not is_page_done:
            with app.begin(scope) as session:
                step = compare(session, listing, left, is_last=is_last, most_known=2 * page)
            if step is None:
                return
            RECONCILED.inc(step.differing)
            yield step
            if step.listing is None:
                return
            listing, left, is_page_done = step.listing, step.left, step.is_page_done

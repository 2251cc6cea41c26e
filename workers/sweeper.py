"""The two sweeps on their clocks: states that wait too long, and buckets held against rows."""

from threading import Event

import structlog

from domain.ports import ListedKey
from domain.sources.service import get_source
from domain.sweeps.queries import ListedSource, take_source_to_reconcile
from domain.sweeps.service import pages, reconcile_page, sweep_states
from runtime.aws import AWS_ERRORS
from runtime.database import Database
from runtime.metrics import GIVEN_UP, LEASES_EXPIRED, RECONCILED, RESENT
from runtime.queues import Sender
from runtime.settings import Settings
from runtime.source_buckets import SourceBuckets
from schema.enums import Topic
from workers.work import client_scope

log = structlog.get_logger()
# More messages about images than this, and no further listing adds to them.
MOST_WAITING = 1_000


def run_sweeps(relay: Database, sender: Sender, settings: Settings, stop: Event) -> None:
    """Sweep states until `stop` is set; a fault is logged and the next turn tries again."""
    while not stop.wait(settings.state_sweep_interval_s):
        try:
            sweep_once(relay, sender, settings)
        except Exception as error:
            log.warning("sweep_failed", error=repr(error))


def run_reconciles(
    relay: Database, app: Database, sources: SourceBuckets, sender: Sender, settings: Settings, stop: Event
) -> None:
    """Reconcile sources until `stop` is set, in a thread of its own: one listing may take longer than any deadline.

    What a listing shows to differ is announced once more each time, so a turn is left out while the workers are behind.
    """
    while not stop.wait(settings.state_sweep_interval_s):
        try:
            while not stop.is_set() and sender.count(Topic.IMAGES) <= MOST_WAITING:
                if not reconcile_next(relay, app, sources, pause_s=settings.reconcile_interval_s, stop=stop):
                    break
        except Exception as error:
            log.warning("reconcile_failed", error=repr(error))


def sweep_once(relay: Database, sender: Sender, settings: Settings) -> None:
    busy = [topic for topic in Topic if _is_busy(sender, topic)]
    with relay.begin(None) as session:
        swept = sweep_states(session, deadline_s=settings.state_deadline_s, max_resends=settings.max_resends, busy=busy)
    for state, count in swept.resent.items():
        RESENT.labels(state).inc(count)
    for state, count in swept.given_up.items():
        GIVEN_UP.labels(state).inc(count)
    LEASES_EXPIRED.inc(swept.expired)
    if swept.expired or any(swept.resent.values()) or any(swept.given_up.values()):
        log.info("states_swept", resent=swept.resent, given_up=swept.given_up, expired=swept.expired)


def _is_busy(sender: Sender, topic: Topic) -> bool:
    """Tell whether the queue holds messages; one that does not answer may."""
    try:
        return sender.count(topic) > 0
    except AWS_ERRORS as error:
        log.warning("queue_not_counted", topic=topic, error=repr(error))
        return True


def reconcile_next(
    relay: Database, app: Database, sources: SourceBuckets, *, pause_s: float, stop: Event | None = None
) -> bool:
    """Reconcile the source whose turn it is; False when no source's pause is over.

    A bucket that cannot be listed is logged and has its next turn like any other.
    """
    with relay.begin(None) as session:
        source = take_source_to_reconcile(session, pause_s=pause_s)
    if source is None:
        return False
    try:
        differing = reconcile(app, sources, source, stop=stop)
    except AWS_ERRORS as error:
        log.warning("source_not_listed", source_id=source.id, bucket=source.bucket, error=repr(error))
        return True
    RECONCILED.inc(differing)
    log.info("source_reconciled", source_id=source.id, differing=differing)
    return True


def reconcile(app: Database, sources: SourceBuckets, source: ListedSource, *, stop: Event | None = None) -> int:
    """Hold a listing against our rows, a page and a transaction at a time; return how many keys differ."""
    with app.begin(client_scope(source.client_org)) as session:
        access = get_source(session, source.id).access
    differing, after = 0, ""
    for page, last in pages(sources.list_keys(access, source.prefix)):
        if stop is not None and stop.is_set():
            break
        differing += _reconcile_page(app, source, page, after, last=last)
        after = page[-1].key if page else after
    return differing


def _reconcile_page(app: Database, source: ListedSource, page: list[ListedKey], after: str, *, last: bool) -> int:
    with app.begin(client_scope(source.client_org)) as session:
        return reconcile_page(
            session, source_id=source.id, client_org=source.client_org, page=page, after=after, last=last
        )

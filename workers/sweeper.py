"""The two sweeps on their clocks: states that wait too long, and buckets held against rows."""

from threading import Event

import structlog

from domain.ports import ListedKey
from domain.sweeps.queries import ListedSource, take_source_to_reconcile
from domain.sweeps.service import pages, reconcile_page, sweep_states
from runtime.blobs import SourceBuckets
from runtime.database import Database
from runtime.metrics import GIVEN_UP, LEASES_EXPIRED, RECONCILED, RESENT
from runtime.settings import Settings
from workers.work import client_scope

log = structlog.get_logger()


def run_sweeps(relay: Database, app: Database, sources: SourceBuckets, settings: Settings, stop: Event) -> None:
    """Sweep until `stop` is set; a fault is logged and the next turn tries again."""
    while not stop.wait(settings.state_sweep_interval_s):
        try:
            sweep_once(relay, settings)
            while not stop.is_set() and reconcile_next(relay, app, sources, pause_s=settings.reconcile_interval_s):
                pass
        except Exception as error:
            log.warning("sweep_failed", error=repr(error))


def sweep_once(relay: Database, settings: Settings) -> None:
    with relay.begin(None) as session:
        swept = sweep_states(session, deadline_s=settings.state_deadline_s, max_resends=settings.max_resends)
    for state, count in swept.resent.items():
        RESENT.labels(state).inc(count)
    for state, count in swept.given_up.items():
        GIVEN_UP.labels(state).inc(count)
    LEASES_EXPIRED.inc(swept.expired)
    if swept.expired or any(swept.resent.values()) or any(swept.given_up.values()):
        log.info("states_swept", resent=swept.resent, given_up=swept.given_up, expired=swept.expired)


def reconcile_next(relay: Database, app: Database, sources: SourceBuckets, *, pause_s: float) -> bool:
    """Reconcile the source whose turn it is; False when no source's pause is over."""
    with relay.begin(None) as session:
        source = take_source_to_reconcile(session, pause_s=pause_s)
    if source is None:
        return False
    differing = reconcile(app, sources, source)
    RECONCILED.inc(differing)
    log.info("source_reconciled", source_id=source.id, differing=differing)
    return True


def reconcile(app: Database, sources: SourceBuckets, source: ListedSource) -> int:
    """Hold a whole listing against our rows, a page and a transaction at a time; return how many keys differ."""
    differing, after = 0, ""
    for page, last in pages(sources.list_keys(source.bucket, source.prefix)):
        differing += _reconcile_page(app, source, page, after, last=last)
        after = page[-1].key if page else after
    return differing


def _reconcile_page(app: Database, source: ListedSource, page: list[ListedKey], after: str, *, last: bool) -> int:
    with app.begin(client_scope(source.client_org)) as session:
        return reconcile_page(
            session, source_id=source.id, client_org=source.client_org, page=page, after=after, last=last
        )

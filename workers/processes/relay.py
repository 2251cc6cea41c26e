"""The relay of the outbox, with both sweeps beside it. Loads no picture library."""

import signal
import threading

import structlog

from runtime.database import WORKER_TIMEOUT_S, Database
from runtime.queues import Sender
from runtime.settings import Settings
from runtime.source_buckets import SourceBuckets
from workers.relay import run_relay
from workers.sweeper import run_reconciles, run_sweeps

log = structlog.get_logger()


def relay(settings: Settings) -> None:
    """Run the relay and the sweeps until SIGTERM or SIGINT."""
    if settings.relay_database_url is None:
        raise SystemExit("PLUMBLINE_RELAY_DATABASE_URL is not set: the relay signs in as the role plumbline_relay")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    relay_database = Database(settings.relay_database_url.get_secret_value(), pool_size=3, timeout_s=WORKER_TIMEOUT_S)
    app_database = Database(settings.database_url.get_secret_value(), pool_size=1, timeout_s=WORKER_TIMEOUT_S)
    sender = Sender(prefix=settings.queue_prefix)
    beside = (
        threading.Thread(target=run_sweeps, args=(relay_database, sender, settings, stop), name="sweeps"),
        threading.Thread(
            target=run_reconciles,
            args=(relay_database, app_database, SourceBuckets(), sender, settings, stop),
            name="reconciles",
        ),
    )
    for thread in beside:
        thread.start()
    log.info("relay_ready")
    run_relay(relay_database, sender, stop)
    for thread in beside:
        thread.join()
    relay_database.close()
    app_database.close()

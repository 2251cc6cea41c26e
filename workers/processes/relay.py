"""The relay of the outbox, with both sweeps and the fold of the boards beside it. Loads no picture library."""

import signal
import threading
from collections.abc import Sequence

import structlog

from runtime.aws import aws_client
from runtime.database import WORKER_TIMEOUT_S, Database
from runtime.dead_letters import DeadQueues
from runtime.metrics_server import Pulse, serving_metrics
from runtime.queues import Sender
from runtime.settings import Settings
from runtime.source_buckets import SourceBuckets
from schema.enums import Topic
from workers.clerk import run_clerk
from workers.depths import Depths
from workers.folder import run_folds
from workers.reconciler import run_reconciles
from workers.relay import IMPATIENT, run_relay
from workers.sweeper import run_sweeps

log = structlog.get_logger()
# One for each topic that is sent, and for what runs beside; opened only as they are needed.
POOL_SIZE = len(Topic) + 6
# A turn asks the database once, which answers or gives up within its time-outs.
TURN_BOUND_S = 2.0 * WORKER_TIMEOUT_S


def find_trouble(stop: threading.Event, pulse: Pulse, beside: Sequence[threading.Thread]) -> str | None:
    """Return why this process does not do its work, None if it does; for `/healthz`."""
    if stop.is_set():
        return "draining"
    if not pulse.is_fresh():
        return "the relay does not turn"
    dead = [thread.name for thread in beside if not thread.is_alive()]
    return f"ended: {', '.join(dead)}" if dead else None


def relay(settings: Settings) -> None:
    """Run the relay and the sweeps until SIGTERM or SIGINT."""
    if settings.relay_database_url is None:
        raise SystemExit("PLUMBLINE_RELAY_DATABASE_URL is not set: the relay signs in as the role plumbline_relay")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    relay_database = Database(
        settings.relay_database_url.get_secret_value(), pool_size=POOL_SIZE, timeout_s=WORKER_TIMEOUT_S
    )
    app_database = Database(settings.database_url.get_secret_value(), pool_size=1, timeout_s=WORKER_TIMEOUT_S)
    sender = Sender(prefix=settings.queue_prefix, client=aws_client("sqs", patience=IMPATIENT))
    dead_queues = DeadQueues(prefix=settings.queue_prefix, client=aws_client("sqs"))
    depths = Depths(relay_database, dead_queues, deadline_s=settings.state_deadline_s)
    beside = (
        threading.Thread(target=run_sweeps, args=(relay_database, sender, settings, stop), name="sweeps"),
        threading.Thread(
            target=run_reconciles,
            args=(relay_database, app_database, SourceBuckets(), sender, settings, stop),
            name="reconciles",
        ),
        threading.Thread(
            target=run_clerk,
            args=(relay_database, dead_queues, settings, stop),
            name="clerk",
        ),
        threading.Thread(target=depths.run, args=(stop,), name="depths"),
        threading.Thread(target=run_folds, args=(relay_database, stop), name="folds"),
    )
    for thread in beside:
        thread.start()
    pulse = Pulse(bound_s=TURN_BOUND_S)
    with serving_metrics(
        host=settings.metrics_host, port=settings.metrics_port, health=lambda: find_trouble(stop, pulse, beside)
    ):
        log.info("relay_ready")
        try:
            run_relay(relay_database, sender, stop, on_turn=pulse.beat)
        finally:
            stop.set()  # whatever ended the relay also ends what runs beside it
        for thread in beside:
            thread.join()
    relay_database.close()
    app_database.close()

"""The fold on its clock: every two seconds what ended goes into the boards. Several relays may run; one folds."""

from threading import Event
from typing import Final

import structlog

from domain.boards.folding import BATCH, fold, read_lag
from runtime.database import Database
from runtime.metrics import BOARD_LAG_S

log = structlog.get_logger()
INTERVAL_S: Final = 2.0
# Steps of one turn: the lag is told at least so often, however much waits.
MOST_STEPS: Final = 100


def run_folds(relay: Database, stop: Event, *, interval_s: float = INTERVAL_S) -> None:
    """Fold until `stop` is set; a fault is logged and the next turn tries again."""
    while not stop.wait(interval_s):
        try:
            show_lag(relay)  # first: a fold that fails must not hide how far it is behind
            fold_all(relay, stop)
        except Exception as error:
            log.warning("fold_failed", error=repr(error))


def fold_all(relay: Database, stop: Event | None = None, *, limit: int = BATCH) -> int:
    """Fold step by step, a transaction each, until nothing is left or the turn is over; return how many rows."""
    total = 0
    for _ in range(MOST_STEPS):
        with relay.begin(None) as session:
            done = fold(session, limit=limit)
        total += done
        if done < limit or (stop is not None and stop.is_set()):
            break
    return total


def show_lag(relay: Database) -> None:
    """Set the gauge of the fold's lag; warn where the mark cannot be right."""
    with relay.begin(None) as session:
        lag = read_lag(session)
    BOARD_LAG_S.set(lag.rows_wait_s)
    if lag.is_ahead:
        log.warning("fold_mark_ahead", remedy="see docs/runbook.md: boards stand still after a restore")

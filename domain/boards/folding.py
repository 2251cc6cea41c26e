"""One step of the fold: a bounded number of rows, in the caller's transaction. Waits for nobody and makes nobody wait:
only folders touch the rows it locks."""

from sqlalchemy.orm import Session

from domain.boards.queries import folding
from domain.boards.queries.folding import Lag

BATCH = 5_000


def fold(session: Session, *, limit: int = BATCH) -> int:
    """Sum at most `limit` rows that are not summed yet; return how many, 0 too while another folder is at work."""
    if not folding.lock_mark(session):
        return 0
    done = folding.fold_batch(session, limit=limit)
    folding.note_time(session)
    return done


def read_lag(session: Session) -> Lag:
    return folding.read_lag(session)

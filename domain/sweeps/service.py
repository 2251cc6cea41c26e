"""Use cases of the state sweep: rows that wait too long for a message. Each call is one bounded step."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.outbox.queries import count_due
from domain.sweeps import queries
from domain.sweeps.queries import STUCK_KINDS, StuckKind
from schema.enums import Topic

__all__ = ["BATCH", "STUCK_KINDS", "StuckKind", "Swept", "sweep_rows"]

# Rows of one kind that one step announces, and that it gives up.
BATCH = 500
# A queue keeps no message longer than this.
MESSAGE_LIFE_S = 4 * 86_400.0
# Workers that are so far behind have the messages still before them: to announce them again would only add to the pile.
FAR_BEHIND = 1_000
FAR_BEHIND_DEADLINE_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What one step did to one kind: how many rows were announced again, and which were given up."""

    resent: int
    given_up: list[int]

    @property
    def may_be_more(self) -> bool:
        return max(self.resent, len(self.given_up)) >= BATCH


def sweep_rows(session: Session, kind: StuckKind, *, on_the_way: int, deadline_s: float, max_resends: int) -> Swept:
    """Announce rows of a kind that wait past their deadline again; give up those that it never helped.

    `on_the_way` messages of its topic were seen in outbox and queue a moment ago. While there are any, or in the
    outbox, nothing is given up: then the workers are behind or away, and the row may be perfectly well.
    """
    waiting = on_the_way + count_due(session, Topic(kind.topic), most=FAR_BEHIND)
    is_far_behind = waiting >= FAR_BEHIND
    given_up = queries.give_up(
        session,
        kind,
        deadline_s=max(MESSAGE_LIFE_S, deadline_s) if waiting else deadline_s,
        max_resends=max_resends,
        limit=BATCH,
    )
    resent = queries.announce_again(
        session,
        kind,
        deadline_s=max(FAR_BEHIND_DEADLINE_S, deadline_s) if is_far_behind else deadline_s,
        max_resends=max_resends,
        limit=BATCH,
    )
    return Swept(resent, given_up)

"""The dead-letter desk as the operator of an installation works it: as the role of the relay, over the use cases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy.exc import InterfaceError, OperationalError

from cli.connection import relay_database_url
from cli.exits import CommandFailed, Exit
from domain.dead_letters import service
from domain.dead_letters.about import About
from domain.dead_letters.queries.desk import Letter, LetterFilter, ReasonCount
from domain.dead_letters.queries.filing import count_by_state
from domain.dead_letters.service import MOST_AT_ONCE, Chosen, Pace, Settled
from domain.errors import DomainError, NotFound
from domain.scope import Scope
from runtime.database import Database

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class OperatorDesk:
    """Every organisation's letters, and those of none."""

    relay: Database
    app: Database

    def count_by_state(self) -> dict[tuple[str, str], int]:
        with self.relay.begin(None) as session:
            return count_by_state(session)

    def list_letters(self, wanted: LetterFilter, *, limit: int) -> list[Letter]:
        with self.relay.begin(None) as session:
            return service.list_letters(session, None, wanted, before=2**63 - 1, limit=limit)

    def show(self, letter_id: int) -> tuple[Letter, About]:
        """Return a letter and what its organisation sees of what it is about."""
        with self.relay.begin(None) as session:
            letter = service.get_letter(session, None, letter_id)
        scope = Scope(letter.organisation_id) if letter.organisation_id is not None else None
        with self.app.begin(scope) as session:
            return letter, service.describe(session, [letter])[letter.id]

    def count(self, chosen: Chosen) -> int:
        """Return how many waiting letters a choice is about."""
        if not isinstance(chosen, LetterFilter):
            return len(chosen)
        with self.relay.begin(None) as session:
            counts = service.count_waiting(session, None)
        return sum(count.letters for count in counts if _fits(count, chosen))

    def redrive(self, chosen: Chosen, *, rate_per_s: float, on_done: Progress) -> list[int]:
        """Put letters back into their queues, page by page at one rate; return which went."""

        def page(part: Chosen, done: Settled | None) -> Settled:
            pace = Pace(rate_per_s, done.until_s if done else 0.0)
            with self.relay.begin(None) as session:
                return service.redrive_letters(session, None, part, pace)

        return _page_through(chosen, page, on_done)

    def discard(self, chosen: Chosen, *, why: str, on_done: Progress) -> list[int]:
        """Let letters go for good, page by page; return which went."""

        def page(part: Chosen, _: Settled | None) -> Settled:
            with self.relay.begin(None) as session:
                return service.discard_letters(session, None, part, why=why)

        return _page_through(chosen, page, on_done)


@contextmanager
def open_operator_desk(environment: Mapping[str, str]) -> Iterator[OperatorDesk]:
    """Yield the desk; raises CommandFailed where the database does not answer or refuses."""
    desk = OperatorDesk(
        relay=Database(relay_database_url(), pool_size=1),
        app=Database(environment["PLUMBLINE_DATABASE_URL"], pool_size=1),
    )
    try:
        yield desk
    except (OperationalError, InterfaceError) as error:
        remedy = "what still lies in a queue of SQS goes back without it: plumbline queue move"
        told = f"the database does not answer: {error.orig}\n{remedy}"
        raise CommandFailed(told, exit_code=Exit.NOT_RUNNING) from error
    except NotFound as error:
        raise CommandFailed(error.message, exit_code=Exit.NOT_FOUND) from error
    except DomainError as error:
        raise CommandFailed(error.message) from error
    finally:
        desk.relay.close()
        desk.app.close()


def _page_through(chosen: Chosen, page: Callable[[Chosen, Settled | None], Settled], on_done: Progress) -> list[int]:
    ids: list[int] = []
    done: Settled | None = None
    for part in _parts(chosen):
        while True:
            done = page(part, done)
            ids += [letter.id for letter in done.letters]
            on_done(len(done.letters))
            if not done.left or not isinstance(part, LetterFilter):
                break
            part = replace(part, up_to=done.up_to)
    return ids


def _parts(chosen: Chosen) -> Sequence[Chosen]:
    if isinstance(chosen, LetterFilter):
        return [chosen]
    return [chosen[start : start + MOST_AT_ONCE] for start in range(0, len(chosen), MOST_AT_ONCE)]


def _fits(count: ReasonCount, wanted: LetterFilter) -> bool:
    return wanted.queue in (None, count.queue) and wanted.reason in (None, count.reason)

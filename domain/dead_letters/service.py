"""Use cases of the desk. A letter is settled once: back into its queue, or out. Who acts is a member, or None: the
operator, who signs in as the relay, sees every organisation's letters and those of none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from domain.audit.service import record, record_by_operator
from domain.dead_letters.about import About, find_about
from domain.dead_letters.queries import desk
from domain.dead_letters.queries.desk import Death, Letter, LetterFilter, ReasonCount, SettledLetter
from domain.errors import Conflict, NotFound
from domain.scope import Actor
from schema.enums import DeadLetterState, Role

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)
KEEPERS = (Role.CLIENT, Role.MANAGER)
# One transaction settles no more than this.
MOST_AT_ONCE = 500
# So often has a message died that a person looks through.
MOST_DEATHS = 50
DEFAULT_RATE_PER_S = 20.0

Chosen = Sequence[int] | LetterFilter


@dataclass(frozen=True, slots=True)
class Pace:
    """How letters go back: the first after `delay_s`, then `rate_per_s` a second."""

    rate_per_s: float = DEFAULT_RATE_PER_S
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """What a decision about many letters changed.

    `left`: more letters fit. `up_to` is the newest letter that the decision was about at its first page: pass it on,
    so that what dies meanwhile is not chosen again. `until_s`: when the next letter could leave at the same rate.
    """

    letters: tuple[SettledLetter, ...]
    left: bool
    up_to: int
    until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Story:
    """A letter with everything that the desk knows of its message; `names` of those who settled it, by member."""

    letter: Letter
    about: About
    deaths: tuple[Death, ...]
    names: dict[int, str]


def list_letters(session: Session, by: Actor | None, wanted: LetterFilter, *, before: int, limit: int) -> list[Letter]:
    """List letters, the newest first, those with ids below `before`."""
    _require(by, READERS)
    return desk.list_letters(session, wanted, before=before, limit=limit)


def describe(session: Session, letters: Sequence[Letter]) -> dict[int, About]:
    """Return by the id of each letter what it is about, as far as the scope shows it."""
    return find_about(session, letters)


def count_waiting(session: Session, by: Actor | None) -> list[ReasonCount]:
    _require(by, READERS)
    return desk.count_waiting(session)


def get_letter(session: Session, by: Actor | None, letter_id: int) -> Letter:
    _require(by, READERS)
    letter = desk.find_letter(session, letter_id)
    if letter is None:
        raise NotFound(f"there is no dead letter {letter_id}", letter_id=letter_id)
    return letter


def get_story(session: Session, actor: Actor, letter_id: int) -> Story:
    letter = get_letter(session, actor, letter_id)
    deaths = desk.list_deaths(session, letter, limit=MOST_DEATHS)
    members = sorted({d.settled_by for d in deaths if d.settled_by is not None})
    return Story(
        letter=letter,
        about=find_about(session, [letter])[letter.id],
        deaths=tuple(deaths),
        names=desk.list_names(session, members) if members else {},
    )


def redrive_letter(session: Session, by: Actor | None, letter_id: int) -> Letter:
    """Put a letter back into its queue; raises Conflict when it was settled already."""
    _require(by, KEEPERS)
    letter = get_letter(session, by, letter_id)
    _check_one(letter, redrive_letters(session, by, [letter_id], Pace()))
    return get_letter(session, by, letter_id)


def discard_letter(session: Session, by: Actor | None, letter_id: int, *, why: str) -> Letter:
    """Let a letter go for good; raises Conflict when it was settled already."""
    _require(by, KEEPERS)
    letter = get_letter(session, by, letter_id)
    _check_one(letter, discard_letters(session, by, [letter_id], why=why))
    return get_letter(session, by, letter_id)


def redrive_letters(session: Session, by: Actor | None, chosen: Chosen, pace: Pace) -> Settled:
    """Put letters back into their queues, the oldest first: those named that wait, or those that a filter finds."""
    _require(by, KEEPERS)
    chosen = _bounded(session, chosen)
    letters = desk.redrive(
        session,
        chosen,
        by_member=by.member_id if by else None,
        delay_s=pace.delay_s,
        rate_per_s=pace.rate_per_s,
        limit=MOST_AT_ONCE,
    )
    _record(session, by, "dead_letter_redriven", letters)
    return _settled(session, chosen, letters, until_s=pace.delay_s + len(letters) / pace.rate_per_s)


def discard_letters(session: Session, by: Actor | None, chosen: Chosen, *, why: str) -> Settled:
    """Let letters go for good: those named that wait, or those that a filter finds, the oldest first."""
    _require(by, KEEPERS)
    chosen = _bounded(session, chosen)
    letters = desk.discard(session, chosen, by_member=by.member_id if by else None, why=why, limit=MOST_AT_ONCE)
    _record(session, by, "dead_letter_discarded", letters, why=why)
    return _settled(session, chosen, letters)


def _bounded(session: Session, chosen: Chosen) -> Chosen:
    """Keep a filter from finding what dies after its first page."""
    if not isinstance(chosen, LetterFilter) or chosen.up_to is not None:
        return chosen
    return replace(chosen, up_to=desk.find_newest_waiting(session, chosen))


def _settled(session: Session, chosen: Chosen, letters: list[SettledLetter], *, until_s: float = 0.0) -> Settled:
    if isinstance(chosen, LetterFilter):
        return Settled(tuple(letters), desk.has_waiting(session, chosen), chosen.up_to or 0, until_s)
    return Settled(tuple(letters), False, max(chosen, default=0), until_s)


def _check_one(letter: Letter, settled: Settled) -> None:
    if not settled.letters:
        what = "was put back already" if letter.state == DeadLetterState.REDRIVEN else f"is {letter.state}"
        raise Conflict(f"dead letter {letter.id} {what}; each is settled once", state=letter.state)


def _record(
    session: Session, by: Actor | None, action: str, letters: Sequence[SettledLetter], *, why: str | None = None
) -> None:
    """One line for each letter, so that the trail of one is found by it; what is nobody's says so itself."""
    for letter in letters:
        facts: dict[str, Any] = {"queue": letter.queue, "kind": letter.kind, "died_of": letter.reason}
        if why is not None:
            facts["reason"] = why
        subject = f"dead_letter:{letter.id}"
        if by is not None:
            record(session, by, action, subject, **facts)
        elif letter.organisation_id is not None:
            record_by_operator(session, letter.organisation_id, action, subject, **facts)


def _require(by: Actor | None, roles: tuple[Role, ...]) -> None:
    if by is not None:
        by.require(*roles)

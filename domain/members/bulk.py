"""Inviting many people from a file: every line is looked at, and what cannot be done is told line by line."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.members.errors import FileRefused
from domain.members.service import Invited, NewMember, invite_member
from domain.members.tables import TableLine, read_table
from domain.scope import Actor
from schema.enums import Role

COLUMNS = ("email", "name", "role", "site", "team", "languages")
NEEDED = frozenset({"email", "role"})
MAX_LINES = 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_LONGEST = {"email": 254, "name": 200, "site": 100, "team": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, with who is meant or what is wrong with it."""

    number: int
    email: str
    new: NewMember | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: an invitation, or a problem."""

    line: Line
    invited: Invited | None = None
    problem: str | None = None


def read_lines(content: bytes) -> list[Line]:
    """Read a CSV file with a line of names; raises FileRefused."""
    rows = read_table(content, columns=COLUMNS, needed=NEEDED, most=MAX_LINES, what="people")
    met = Counter(row.values.get("email", "").lower() for row in rows)
    return [_read_line(row, repeated=met[row.values.get("email", "").lower()] > 1) for row in rows]


def invite_all(session: Session, actor: Actor, lines: Sequence[Line], *, partial: bool) -> list[Outcome]:
    """Invite whom the lines name. Unless `partial`, a line that cannot be followed raises FileRefused for all."""
    actor.require(Role.MANAGER)
    outcomes = [_invite(session, actor, line) for line in lines]
    refused = [{"line": o.line.number, "email": o.line.email, "problem": o.problem} for o in outcomes if o.problem]
    if refused and not partial:
        raise FileRefused(f"nobody was invited: {len(refused)} lines cannot be followed", lines=refused)
    return outcomes


def _invite(session: Session, actor: Actor, line: Line) -> Outcome:
    if line.new is None:
        return Outcome(line, problem=line.problem)
    try:
        return Outcome(line, invited=invite_member(session, actor, line.new))
    except DomainError as error:  # refused before anything of this line was written
        return Outcome(line, problem=error.message)


def _read_line(row: TableLine, *, repeated: bool) -> Line:
    values = row.values
    email = values.get("email", "")
    problem = _find_problem(values, repeated=repeated)
    if problem is not None:
        return Line(row.number, email, problem=problem)
    optional = {name: values.get(name) or None for name in ("name", "site", "team")}
    languages = tuple(values.get("languages", "").lower().split())
    new = NewMember(email=email, role=Role(values["role"].lower()), languages=languages, **optional)
    return Line(row.number, email, new)


def _find_problem(values: Mapping[str, str], *, repeated: bool) -> str | None:
    if not _EMAIL.fullmatch(values.get("email", "")):
        return "this is no e-mail address"
    if repeated:
        return "this address stands on more than one line"
    if values.get("role", "").lower() not in set(Role):
        return f"the role is one of {', '.join(Role)}"
    unknown = [x for x in values.get("languages", "").lower().split() if not _LANGUAGE.fullmatch(x)]
    if unknown:
        return f"{unknown[0]} is no language; write them like: sw pt-br"
    too_long = [name for name, longest in _LONGEST.items() if len(values.get(name, "")) > longest]
    return f"{too_long[0]} is longer than {_LONGEST[too_long[0]]} characters" if too_long else None

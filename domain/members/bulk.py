"""Inviting many people from a file: every line is looked at, and what cannot be done is told line by line."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.members.errors import FileRefused
from domain.members.service import Invited, NewMember, invite_member
from domain.scope import Actor
from schema.enums import Role

COLUMNS = ("email", "name", "role", "site", "team")
MAX_LINES = 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
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
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = [name.strip().lower() for name in next(rows, [])]
        _check_names(names)
        cells = [(rows.line_num, dict(zip(names, row, strict=False))) for row in rows if any(row)]
    except UnicodeDecodeError as error:
        raise FileRefused("the file is not UTF-8 text") from error
    except csv.Error as error:
        raise FileRefused(f"the file is not CSV: {error}") from error
    if not 0 < len(cells) <= MAX_LINES:
        raise FileRefused(f"a file names 1 to {MAX_LINES} people, this one names {len(cells)}", people=len(cells))
    met = Counter(row.get("email", "").strip().lower() for _, row in cells)
    return [_read_line(number, row, repeated=met[row.get("email", "").strip().lower()] > 1) for number, row in cells]


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


def _check_names(names: Sequence[str]) -> None:
    fits = {"email", "role"} <= set(names) <= set(COLUMNS) and len(names) == len(set(names))
    if not fits:
        raise FileRefused(f"the first line names columns out of {', '.join(COLUMNS)}; email and role are needed")


def _read_line(number: int, row: Mapping[str, str], *, repeated: bool) -> Line:
    values = {name: value.strip() for name, value in row.items()}
    email = values.get("email", "")
    problem = _find_problem(values, repeated=repeated)
    if problem is not None:
        return Line(number, email, problem=problem)
    optional = {name: values.get(name) or None for name in ("name", "site", "team")}
    return Line(number, email, NewMember(email=email, role=Role(values["role"].lower()), **optional))


def _find_problem(values: Mapping[str, str], *, repeated: bool) -> str | None:
    if not _EMAIL.fullmatch(values.get("email", "")):
        return "this is no e-mail address"
    if repeated:
        return "this address stands on more than one line"
    if values.get("role", "").lower() not in set(Role):
        return f"the role is one of {', '.join(Role)}"
    too_long = [name for name, longest in _LONGEST.items() if len(values.get(name, "")) > longest]
    return f"{too_long[0]} is longer than {_LONGEST[too_long[0]]} characters" if too_long else None

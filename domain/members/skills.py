"""Use cases of skills: what a member was measured in. Where they may work follows in the same transaction."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.eligibility.service import recheck_member
from domain.members import queries
from domain.members.errors import FileRefused
from domain.members.queries import SkillRow
from domain.members.service import get_member, lock_member
from domain.members.tables import TableLine, read_table
from domain.scope import Actor
from schema.enums import Role
from schema.skills import Skill

COLUMNS = ("email", "skill", "score", "low", "high")
MAX_LINES = 5_000
MAX_PROBLEMS = 100


def list_skills(session: Session, actor: Actor, member_id: int) -> list[SkillRow]:
    """List what a member was measured in; raises NotFound, and Forbidden for who may see only themselves."""
    get_member(session, actor, member_id)
    return queries.list_skills(session, member_id)


def replace_skills(session: Session, actor: Actor, member_id: int, skills: Sequence[Skill]) -> list[SkillRow]:
    """Have a member's skills be these and no others; raises NotFound or Forbidden."""
    member = lock_member(session, actor, member_id)
    before = _values(queries.list_skills(session, member_id))
    queries.keep_skills(session, member_id, [skill.skill for skill in skills])
    _note(session, member.organisation_id, member_id, skills)
    found = queries.list_skills(session, member_id)
    if _values(found) != before:
        subject = f"member:{member_id}"
        record(
            session,
            actor,
            "member_skills_changed",
            subject,
            before={"skills": before},
            after={"skills": _values(found)},
        )
    return found


def import_skills(session: Session, actor: Actor, content: bytes) -> dict[int, int]:
    """Note the skills of a CSV file, all or none; what it does not name stays. Returns how many of each member.

    Raises FileRefused, with each line that cannot be followed.
    """
    actor.require(Role.MANAGER)
    rows = read_table(content, columns=COLUMNS, needed=frozenset(COLUMNS), most=MAX_LINES, what="skills")
    emails = [row.values.get("email", "").lower() for row in rows]
    members = queries.find_members_by_email(session, sorted(set(emails)))
    by_member: dict[int, dict[str, Skill]] = {}
    problems = []
    for row, email in zip(rows, emails, strict=True):
        read = _read_skill(row)
        met = by_member.setdefault(members.get(email, 0), {})
        problem = read if isinstance(read, str) else None
        if email not in members:
            problem = "nobody of your organisation has this address"
        elif isinstance(read, Skill) and read.skill in met:
            problem = "this skill of this person stands on more than one line"
        if problem is not None:
            problems.append({"line": row.number, "email": email, "problem": problem})
        elif isinstance(read, Skill):
            met[read.skill] = read
    if problems:
        message = f"nothing was noted: {len(problems)} lines cannot be followed"
        raise FileRefused(message, lines=problems[:MAX_PROBLEMS])
    for member_id in sorted(by_member):
        member = lock_member(session, actor, member_id)
        skills = list(by_member[member_id].values())
        _note(session, member.organisation_id, member_id, skills)
        facts = [skill.model_dump(mode="json") for skill in skills]
        record(session, actor, "member_skills_imported", f"member:{member_id}", skills=facts)
    return {member_id: len(skills) for member_id, skills in by_member.items()}


def _note(session: Session, organisation_id: int, member_id: int, skills: Sequence[Skill]) -> None:
    for skill in skills:
        queries.note_skill(session, member_id, organisation_id=organisation_id, **skill.model_dump())
    recheck_member(session, organisation_id=organisation_id, member_id=member_id)


def _read_skill(row: TableLine) -> Skill | str:
    """Return what a line says, or what is wrong with it."""
    try:
        figures = {name: float(row.values.get(name, "")) for name in ("score", "low", "high")}
    except ValueError:
        return "score, low and high are numbers from 0 to 1"
    try:
        return Skill.model_validate({"skill": row.values.get("skill", ""), **figures})
    except ValueError:
        return "a skill is named like polygons or boxes.small, and 0 ≤ low ≤ score ≤ high ≤ 1"


def _values(rows: Sequence[SkillRow]) -> list[dict[str, object]]:
    return [{name: getattr(row, name) for name in ("skill", "score", "low", "high")} for row in rows]

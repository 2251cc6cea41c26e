"""SQL of members. The scope is their own organisation's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.assignment.queries.ending import ENDED_LEASE, record_end
from schema.enums import EndReason


@dataclass(frozen=True, slots=True)
class MemberRow:
    id: int
    organisation_id: int
    person_id: int
    email: str
    name: str | None
    role: str
    site: str | None
    team: str | None
    languages: list[str]
    created_at: datetime
    joined_at: datetime | None
    paused_at: datetime | None
    pause_reason: str | None
    left_at: datetime | None
    leave_reason: str | None

    @property
    def state(self) -> str:
        if self.left_at is not None:
            return "left"
        if self.joined_at is None:
            return "invited"
        return "active" if self.paused_at is None else "paused"


_SELECT = (
    "SELECT m.id, m.organisation_id, m.person_id, p.email, p.name, m.role, m.site, m.team, m.languages, m.created_at, "
    "m.joined_at, m.paused_at, m.pause_reason, m.left_at, m.leave_reason "
    "FROM member m JOIN person p ON p.id = m.person_id "
)
# What each state means, in SQL as in MemberRow.state.
_STATES = {
    "active": "AND m.left_at IS NULL AND m.joined_at IS NOT NULL AND m.paused_at IS NULL ",
    "paused": "AND m.left_at IS NULL AND m.joined_at IS NOT NULL AND m.paused_at IS NOT NULL ",
    "invited": "AND m.left_at IS NULL AND m.joined_at IS NULL ",
    "left": "AND m.left_at IS NOT NULL ",
}


def list_members(
    session: Session, *, role: str | None, state: str | None, member_id: int | None, after: int, limit: int
) -> list[MemberRow]:
    statement = text(
        _SELECT + "WHERE m.id > :after AND (CAST(:role AS text) IS NULL OR m.role = :role) "
        "AND (CAST(:member AS bigint) IS NULL OR m.id = :member) "
        + (_STATES[state] if state else "")
        + "ORDER BY m.id LIMIT :limit"
    )
    values = {"role": role, "member": member_id, "after": after, "limit": limit}
    return [MemberRow(**row) for row in session.execute(statement, values).mappings()]


def find_member(session: Session, member_id: int) -> MemberRow | None:
    row = session.execute(text(_SELECT + "WHERE m.id = :id"), {"id": member_id}).mappings().first()
    return MemberRow(**row) if row else None


def lock_member(session: Session, member_id: int) -> MemberRow | None:
    """Return the member, who nobody else changes until this transaction ends."""
    session.execute(text("SELECT FROM member WHERE id = :id FOR NO KEY UPDATE"), {"id": member_id})
    return find_member(session, member_id)


def lock_managers(session: Session) -> list[int]:
    """Return who can manage members now; whoever else wants to know waits, so that two cannot both be the last."""
    rows = session.execute(
        text(
            "SELECT m.id FROM member m WHERE m.role IN ('manager', 'admin') AND m.left_at IS NULL "
            "AND m.joined_at IS NOT NULL AND m.paused_at IS NULL ORDER BY m.id FOR NO KEY UPDATE"
        )
    )
    return list(rows.scalars())


def update_member(
    session: Session, member_id: int, *, role: str, site: str | None, team: str | None, languages: Sequence[str]
) -> None:
    session.execute(
        text("UPDATE member SET role = :role, site = :site, team = :team, languages = :languages WHERE id = :id"),
        {"id": member_id, "role": role, "site": site, "team": team, "languages": list(languages)},
    )


@dataclass(frozen=True, slots=True)
class SkillRow:
    skill: str
    score: float
    low: float
    high: float
    noted_at: datetime


def list_skills(session: Session, member_id: int) -> list[SkillRow]:
    rows = session.execute(
        text("SELECT skill, score, low, high, noted_at FROM member_skill WHERE member_id = :member ORDER BY skill"),
        {"member": member_id},
    ).mappings()
    return [SkillRow(**row) for row in rows]


def keep_skills(session: Session, member_id: int, skills: Sequence[str]) -> None:
    """Forget what a member was measured in, but for some skills."""
    session.execute(
        text("DELETE FROM member_skill WHERE member_id = :member AND skill <> ALL (:skills)"),
        {"member": member_id, "skills": list(skills)},
    )


def note_skill(
    session: Session, member_id: int, *, organisation_id: int, skill: str, score: float, low: float, high: float
) -> None:
    """Write how well a member does something; a repeat leaves when it was noted as it is."""
    session.execute(
        text(
            "INSERT INTO member_skill AS s (member_id, skill, organisation_id, score, low, high) "
            "VALUES (:member, :skill, :organisation, :score, :low, :high) ON CONFLICT (member_id, skill) DO UPDATE "
            "SET score = excluded.score, low = excluded.low, high = excluded.high, noted_at = now() "
            "WHERE (s.score, s.low, s.high) IS DISTINCT FROM (excluded.score, excluded.low, excluded.high)"
        ),
        {
            "member": member_id,
            "skill": skill,
            "organisation": organisation_id,
            "score": score,
            "low": low,
            "high": high,
        },
    )


def find_members_by_email(session: Session, emails: Sequence[str]) -> dict[str, int]:
    """Return the present members with these addresses (in lower case)."""
    rows = session.execute(
        text(
            "SELECT lower(p.email) AS email, m.id FROM member m JOIN person p ON p.id = m.person_id "
            "WHERE m.left_at IS NULL AND lower(p.email) = ANY (:emails)"
        ),
        {"emails": list(emails)},
    )
    return {r.email: r.id for r in rows}


def update_name(session: Session, person_id: int, name: str | None) -> None:
    session.execute(text("UPDATE person SET name = :name WHERE id = :id"), {"id": person_id, "name": name})


def set_pause(session: Session, member_id: int, reason: str | None) -> None:
    """Pause for a reason, or end the pause."""
    session.execute(
        text(
            "UPDATE member SET pause_reason = :reason, "
            "paused_at = CASE WHEN CAST(:reason AS text) IS NULL THEN NULL ELSE coalesce(paused_at, now()) END "
            "WHERE id = :id"
        ),
        {"id": member_id, "reason": reason},
    )


def set_left(session: Session, member_id: int, reason: str | None) -> None:
    """Have a member leave for a reason, or come back as somebody who is invited."""
    session.execute(
        text(
            "UPDATE member SET leave_reason = :reason, joined_at = NULL, paused_at = NULL, pause_reason = NULL, "
            "left_at = CASE WHEN CAST(:reason AS text) IS NULL THEN NULL ELSE now() END WHERE id = :id"
        ),
        {"id": member_id, "reason": reason},
    )


def free_leases(session: Session, member_id: int) -> int:
    """Give back every seat that a member holds, as they would themselves; drafts stay. Returns how many."""
    rows = session.execute(
        text(
            "WITH held AS (SELECT s.task_id, s.seat_no, s.lease_id FROM seat s WHERE s.member_id = :member "
            "  AND s.state = 1 ORDER BY 1, 2 FOR UPDATE), "
            "done AS (UPDATE seat SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL, "
            "  lease_id = NULL FROM held JOIN lease l ON l.id = held.lease_id "
            "  WHERE (seat.task_id, seat.seat_no) = (held.task_id, held.seat_no) "
            f"  AND seat.member_id = :member AND seat.state = 1 RETURNING {ENDED_LEASE}), "
            f"{record_end(EndReason.RELEASED)} SELECT 1 FROM done"
        ),
        {"member": member_id},
    )
    return len(rows.all())


def hand_personal_seats_on(session: Session, member_id: int) -> int:
    """Put what waits for one member alone where everybody of its stage draws from. Returns how many seats."""
    rows = session.execute(
        text(
            "UPDATE seat SET lane_id = CASE l.stage WHEN 'label' THEN t.started_lane ELSE (SELECT o.id FROM lane o "
            "    WHERE o.project_id = l.project_id AND o.stage = l.stage AND o.requirement_key = '' AND o.urgency = 0 "
            "    AND o.kind = 'started') END FROM lane_member r JOIN lane l ON l.id = r.lane_id, task t "
            "WHERE r.member_id = :member AND l.kind = 'personal' AND seat.lane_id = l.id AND seat.state = 0 "
            "AND t.id = seat.task_id RETURNING 1"
        ),
        {"member": member_id},
    )
    return len(rows.all())


def set_drawing_rights(session: Session, member_id: int, stages: Sequence[str]) -> None:
    """Let a member draw, of the lanes they were let into, from those of the stages alone."""
    session.execute(
        text(
            "UPDATE lane_member r SET enrolled = l.stage = ANY (:stages), "
            "active = l.stage = ANY (:stages) AND r.barred IS NULL FROM lane l "
            "WHERE l.id = r.lane_id AND r.member_id = :member"
        ),
        {"member": member_id, "stages": list(stages)},
    )

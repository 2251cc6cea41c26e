"""SQL of who may work: the conditions of a policy as an expression, and the rights that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

_FIGURE = "to_char({}, 'FM0.0099')"
_WANTED = "(SELECT string_agg(n.x, ' or ' ORDER BY n.o) FROM jsonb_array_elements_text({}) WITH ORDINALITY n(x, o))"
# The first condition of the rules (jsonb) that member `m` does not meet, as `rules.find_bar` says it.
BARRED = """CASE
  WHEN jsonb_array_length({rules}->'languages') > 0 AND NOT EXISTS (
    SELECT FROM unnest(m.languages) h(x), jsonb_array_elements_text({rules}->'languages') n(x)
    WHERE h.x = n.x OR starts_with(h.x, n.x || '-')) THEN 'language: needs ' || {languages}
  WHEN jsonb_array_length({rules}->'sites') > 0 AND NOT coalesce({rules}->'sites' @> to_jsonb(m.site), false)
    THEN 'site: needs ' || {sites}
  WHEN jsonb_array_length({rules}->'teams') > 0 AND NOT coalesce({rules}->'teams' @> to_jsonb(m.team), false)
    THEN 'team: needs ' || {teams}
  ELSE (
    SELECT 'skill ' || (n.x->>'skill') || ': ' || CASE
        WHEN k.skill IS NULL THEN 'not measured'
        ELSE {score} || ' [' || {low} || ', ' || {high} || '], needs ' || CASE
          WHEN k.score < CAST(n.x->>'min_score' AS float8) THEN 'score ≥ ' || {min_score}
          ELSE 'low ≥ ' || {min_low} END END
    FROM jsonb_array_elements({rules}->'skills') WITH ORDINALITY n(x, o)
    LEFT JOIN member_skill k ON k.member_id = m.id AND k.skill = n.x->>'skill'
    WHERE k.skill IS NULL OR k.score < CAST(n.x->>'min_score' AS float8) OR k.low < CAST(n.x->>'min_low' AS float8)
    ORDER BY n.o LIMIT 1)
END"""


def barred(rules: str) -> str:
    """Return SQL for what bars member `m` by the rules that an expression of ours gives, never input."""
    return BARRED.format(
        rules=rules,
        **{name: _WANTED.format(f"{rules}->'{name}'") for name in ("languages", "sites", "teams")},
        **{name: _FIGURE.format(f"k.{name}") for name in ("score", "low", "high")},
        **{name: _FIGURE.format(f"CAST(n.x->>'{name}' AS float8)") for name in ("min_score", "min_low")},
    )


_RIGHTS = (
    "FROM lane_member r JOIN lane l ON l.id = r.lane_id {more} "
    "WHERE r.vendor_org = :organisation AND (CAST(:project AS bigint) IS NULL OR l.project_id = :project) "
)
# By project the lanes lead to the rights, by member the rights to the lanes.
_OF_PROJECT = _RIGHTS.replace(
    "(CAST(:project AS bigint) IS NULL OR l.project_id = :project)", "l.project_id = :project"
)
_OF_MEMBER = _RIGHTS + "AND r.member_id = :member "


def recheck_rights(session: Session, *, organisation: int, project: int | None, member: int | None) -> int:
    """Have the rights of an organisation's people say what the policies say now; return how many changed.

    Of one project, of one member, or of both. The rights are locked first and looked at afterwards: of two who change
    people and policies at the same moment, the later one sees what the earlier one did.
    """
    values = {"organisation": organisation, "project": project} | ({} if member is None else {"member": member})
    chosen = _OF_PROJECT if member is None else _OF_MEMBER
    lock = f"SELECT {chosen.format(more='')} ORDER BY r.member_id, r.lane_id FOR NO KEY UPDATE OF r"
    session.execute(text(lock), values)
    more = (
        "JOIN member m ON m.id = r.member_id JOIN project p ON p.id = l.project_id "
        "JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version"
    )
    decided = barred("(y.body->'workers')")
    found = session.execute(
        text(
            "UPDATE lane_member t SET barred = d.barred, active = t.enrolled AND d.barred IS NULL FROM ("
            f"SELECT r.member_id, r.lane_id, CASE WHEN l.kind <> 'personal' THEN {decided} END AS barred "
            f"{chosen.format(more=more)}) d WHERE t.member_id = d.member_id AND t.lane_id = d.lane_id "
            "AND (t.barred IS DISTINCT FROM d.barred OR t.active <> (t.enrolled AND d.barred IS NULL)) RETURNING 1"
        ),
        values,
    )
    return len(found.all())


def find_client(session: Session, project_id: int) -> int | None:
    """Return whose project it is; None where the scope shows no such project."""
    found: int | None = session.execute(
        text("SELECT client_org FROM project WHERE id = :project"), {"project": project_id}
    ).scalar()
    return found


def list_engaged(session: Session, project_id: int) -> Sequence[int]:
    """List the vendors that are engaged for a project."""
    found = session.execute(
        text("SELECT vendor_org FROM engagement WHERE project_id = :project AND ended_at IS NULL ORDER BY 1"),
        {"project": project_id},
    )
    return found.scalars().all()


@dataclass(frozen=True, slots=True)
class Effect:
    """How many enrolled people of an organisation may work, would not any more, and would then."""

    may_work: int
    would_lose: int
    would_gain: int


def measure_effect(session: Session, *, organisation: int, project_id: int, rules: dict[str, Any]) -> Effect:
    """Compare the rights that an organisation's people have with those that other rules would leave."""
    row = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE active) AS may_work, "
            "  count(*) FILTER (WHERE active AND then_barred IS NOT NULL) AS would_lose, "
            "  count(*) FILTER (WHERE NOT active AND then_barred IS NULL) AS would_gain "
            f"FROM (SELECT w.active, {barred('CAST(:rules AS jsonb)')} AS then_barred FROM ("
            "  SELECT r.member_id, bool_or(r.active) AS active FROM lane l JOIN lane_member r ON r.lane_id = l.id "
            "  WHERE l.project_id = :project AND l.kind <> 'personal' AND r.vendor_org = :organisation AND r.enrolled "
            "  GROUP BY r.member_id) w JOIN member m ON m.id = w.member_id) x"
        ).bindparams(bindparam("rules", type_=JSONB)),
        {"organisation": organisation, "project": project_id, "rules": rules},
    ).one()
    return Effect(row.may_work, row.would_lose, row.would_gain)


# Today's answers of a member in a project, by the time that each lease took.
_TODAY = (
    "FROM work_time w {more} WHERE w.member_id = :member AND w.ended_at >= date_trunc('day', now(), 'UTC') "
    "AND w.project_id = :project AND w.stage = 'label' AND w.end_reason = 'submitted'"
)


def count_answered_today(session: Session, *, member: int, project_id: int, most: int) -> int:
    """Count the tasks that a member answered since midnight (UTC), up to `most`.

    An answer that was taken back and given again counts once, so the cap is looked at closer when leases reach it.
    """
    values = {"member": member, "project": project_id, "most": most}
    rough = text(f"SELECT count(*) FROM (SELECT {_TODAY.format(more='')} LIMIT :most) x")
    found = int(session.execute(rough, values).scalar_one())
    if found < most:
        return found
    more = "JOIN annotation a ON a.lease_id = w.lease_id"
    exact = text(f"SELECT count(DISTINCT a.task_id) {_TODAY.format(more=more)}")
    return min(int(session.execute(exact, values).scalar_one()), most)


_CAPPED_LANES = (
    "FROM lane l WHERE l.id = r.lane_id AND l.project_id = :project AND l.stage = 'label' "
    "AND NOT (l.kind = 'personal' AND l.rank < 900) AND r.member_id = :member"
)


def cap_member(session: Session, *, member: int, project_id: int) -> None:
    """Have a member draw no more labelling from a project until midnight (UTC); work that came back is theirs still."""
    session.execute(
        text(
            "UPDATE lane_member r SET capped_until = date_trunc('day', now(), 'UTC') + interval '1 day' "
            f"{_CAPPED_LANES}"
        ),
        {"member": member, "project": project_id},
    )


def lift_cap(session: Session, *, member: int, project_id: int) -> None:
    session.execute(
        text(f"UPDATE lane_member r SET capped_until = NULL {_CAPPED_LANES}"),
        {"member": member, "project": project_id},
    )


def list_capped(session: Session, *, organisation: int, project_id: int, member: int | None = None) -> Sequence[int]:
    """List whom the cap of a project holds back now."""
    of_member = "" if member is None else "AND r.member_id = :member "
    found = session.execute(
        text(
            "SELECT DISTINCT r.member_id FROM lane l JOIN lane_member r ON r.lane_id = l.id "
            f"WHERE l.project_id = :project AND r.vendor_org = :organisation AND r.capped_until > now() {of_member}"
            "ORDER BY 1"
        ),
        {"organisation": organisation, "project": project_id} | ({} if member is None else {"member": member}),
    )
    return found.scalars().all()


def find_daily_cap(session: Session, project_id: int) -> int | None:
    """Return the cap of a project's policy; None without one."""
    found: Any = session.execute(
        text(
            "SELECT CAST(y.body->>'daily_cap' AS int) FROM project p "
            "JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version WHERE p.id = :project"
        ),
        {"project": project_id},
    ).scalar()
    return None if found is None else int(found)

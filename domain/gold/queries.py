"""SQL of gold. Its round is -1, so that the newest round of an item is never gold; its seats count down from -1, so
that no number of members reaches a review's seat; its target lies above all seats, so that no answer decides."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

GOLD_ROUND = -1
UNREACHED = 32_767
MOST_SEATS = 32_000


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A gold task; `decision_id` holds its known answer, `served` and `answers` count members."""

    task_id: int
    item_id: int
    image_id: int
    key: str
    decision_id: int
    active: bool
    served: int
    answers: int
    created_at: datetime


_SELECT = (
    "SELECT t.id AS task_id, t.item_id, i.id AS image_id, i.key, t.decision_id, "
    "  t.state = 1 AND NOT t.frozen AS active, "
    "  t.seats AS served, t.votes AS answers, t.created_at "
    "FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
    "WHERE t.project_id = :project AND t.purpose = 'gold' "
)


def find_answer(session: Session, *, project_id: int, item_id: int) -> int | None:
    """Return the decision about an item whose newest label task is accepted; 0 where it is not, None for no item."""
    row = session.execute(
        text(
            "SELECT coalesce((SELECT CASE WHEN t.state = 4 THEN t.decision_id END FROM task t WHERE t.item_id = it.id "
            "  AND t.stage = 'label' ORDER BY t.round DESC LIMIT 1), 0) AS decision_id "
            "FROM item it WHERE it.id = :item AND it.project_id = :project"
        ),
        {"item": item_id, "project": project_id},
    ).first()
    return None if row is None else int(row.decision_id)


def make_gold(session: Session, *, project_id: int, item_id: int, lane_id: int) -> None:
    """Make an accepted item gold, or have it show its newest decision where that was given up."""
    session.execute(
        text(
            "INSERT INTO task AS g (client_org, project_id, item_id, stage, round, purpose, state, target, "
            "  started_lane, decision_id, shown_prediction_id, hidden_arm) "
            "SELECT client_org, project_id, item_id, stage, :round, 'gold', 1, :target, :lane, decision_id, "
            "  shown_prediction_id, hidden_arm FROM task WHERE item_id = :item AND project_id = :project "
            "  AND stage = 'label' AND state = 4 ORDER BY round DESC LIMIT 1 "
            "ON CONFLICT (item_id, stage, round) DO UPDATE SET state = 1, decision_id = excluded.decision_id, "
            "  reason = NULL, state_since = now() WHERE g.state = 6"
        ),
        {"round": GOLD_ROUND, "target": UNREACHED, "lane": lane_id, "item": item_id, "project": project_id},
    )


def find_gold(session: Session, *, project_id: int, item_id: int) -> GoldRow:
    row = session.execute(text(_SELECT + "AND t.item_id = :item"), {"project": project_id, "item": item_id})
    return GoldRow(**row.mappings().one())


def list_gold(session: Session, *, project_id: int, active: bool | None, after: int, limit: int) -> list[GoldRow]:
    wanted = {None: "", True: "AND t.state = 1 AND NOT t.frozen ", False: "AND (t.state <> 1 OR t.frozen) "}[active]
    rows = session.execute(
        text(f"{_SELECT}AND t.id > :after {wanted}ORDER BY t.id LIMIT :limit"),
        {"project": project_id, "after": after, "limit": limit},
    )
    return [GoldRow(**row) for row in rows.mappings()]


def count_met(session: Session, *, project_id: int, member: int, most: int) -> int:
    """Count the gold tasks of a project that a member has had, up to `most`."""
    statement = text(
        "SELECT count(*) FROM (SELECT FROM task t JOIN seat s ON s.task_id = t.id AND s.member_id = :member "
        "WHERE t.project_id = :project AND t.purpose = 'gold' LIMIT :most) x"
    )
    return int(session.execute(statement, {"project": project_id, "member": member, "most": most}).scalar_one())


# What a member has not had: neither as gold, nor while it was work, nor skipped.
_PICK = """
SELECT t.id FROM task t WHERE t.project_id = :project AND t.purpose = 'gold' AND t.state = 1 AND NOT t.frozen
  AND t.seats < :most
  AND NOT EXISTS (SELECT FROM task w JOIN seat o ON o.task_id = w.id AND o.member_id = :member
                  WHERE w.item_id = t.item_id AND w.stage = 'label')
  AND NOT EXISTS (SELECT FROM skip k WHERE k.task_id = t.id AND k.member_id = :member)
ORDER BY t.id LIMIT 1
"""


def has_gold(session: Session, *, project_id: int, member: int) -> bool:
    """Tell whether there is gold that a member has not had."""
    values = {"project": project_id, "member": member, "most": MOST_SEATS}
    return session.execute(text(_PICK), values).first() is not None


def take_gold_seat(session: Session, *, project_id: int, member: int, organisation: int) -> int | None:
    """Give a member a seat of their own on gold that they have not had; return the lease, None when there is none."""
    row = session.execute(
        text(
            f"WITH pick AS ({_PICK}), "
            "wider AS (UPDATE task t SET seats = t.seats + 1 FROM pick WHERE t.id = pick.id AND t.state = 1 "
            "  RETURNING t.id, t.seats, t.client_org, t.project_id, t.started_lane, t.shown_prediction_id), "
            "taken AS (INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, "
            "    state, member_id, lease_id, expires_at) "
            "  SELECT w.id, -w.seats, w.client_org, w.project_id, :organisation, w.started_lane, nextval('queue_key'), "
            "    1, :member, nextval('lease_seq'), "
            "    now() + make_interval(secs => CAST(y.body->>'lease_ttl_s' AS int)) "
            "  FROM wider w JOIN project p ON p.id = w.project_id "
            "  JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version "
            "  RETURNING task_id, seat_no, client_org, project_id, lease_id), "
            "held AS (INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, "
            "    ontology_version, guideline_version, policy_version, shown_prediction_id) "
            "  SELECT k.lease_id, k.task_id, k.seat_no, k.client_org, k.project_id, :organisation, :member, "
            "    p.ontology_version, p.guideline_version, p.policy_version, w.shown_prediction_id "
            "  FROM taken k JOIN wider w ON w.id = k.task_id JOIN project p ON p.id = k.project_id "
            "  RETURNING id, task_id, client_org, project_id) "
            "INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage) "
            "SELECT id, client_org, project_id, :organisation, task_id, :member, 'label' FROM held RETURNING lease_id"
        ),
        {"project": project_id, "member": member, "organisation": organisation, "most": MOST_SEATS},
    ).first()
    return None if row is None else int(row.lease_id)

"""SQL of items; writes nothing. Row-level security keeps it inside the caller's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from schema.enums import TaskState


@dataclass(frozen=True, slots=True)
class ItemTask:
    """The newest label task of an item, with the outcome, reason and causes of its newest decision."""

    id: int
    state: int
    round: int
    votes: int
    target: int
    frozen: bool
    outcome: str | None
    reason: str | None
    causes: list[str]


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item; `final_decision_id` is there when its newest task is accepted, `prelabels` when a model looked."""

    id: int
    project_id: int
    client_org: int
    image_id: int
    key: str
    width: int | None
    height: int | None
    sha256: str | None
    task: ItemTask | None
    prelabels: list[dict[str, Any]] | None
    mapping_id: int | None
    model: str | None
    model_version: str | None
    final_decision_id: int | None


_NEWEST_TASK = (
    "LEFT JOIN LATERAL (SELECT n.* FROM task n WHERE n.item_id = it.id AND n.stage = 'label' "
    "                   ORDER BY n.round DESC LIMIT 1) t ON true "
)
# What people were shown, or else what the newest model said.
_PRELABELS = (
    "LEFT JOIN LATERAL (SELECT q.id, q.objects, q.mapping_id, q.model_version_id FROM prediction q "
    "  WHERE q.image_id = it.image_id AND q.project_id = it.project_id "
    "  ORDER BY (q.id = t.shown_prediction_id) DESC NULLS LAST, q.id DESC LIMIT 1) p ON true "
)
_LINES = text(
    "SELECT it.id, it.project_id, it.client_org, it.image_id, i.key, i.width, i.height, i.sha256, t.id AS task_id, "
    "  t.state, t.round, t.votes, t.target, t.frozen, d.outcome, coalesce(t.reason, d.reason) AS reason, "
    "  ARRAY(SELECT DISTINCT c FROM consensus_object o CROSS JOIN unnest(o.cause) AS c "
    "        WHERE o.decision_id = d.id ORDER BY c) AS causes, "
    "  p.objects AS prelabels, p.mapping_id, v.name AS model, v.version AS model_version, "
    "  CASE WHEN t.state = 4 THEN t.decision_id END AS final_decision_id "
    f"FROM item it JOIN image i ON i.id = it.image_id {_NEWEST_TASK}{_PRELABELS}"
    "LEFT JOIN model_version v ON v.id = p.model_version_id "
    "LEFT JOIN LATERAL (SELECT n.id, n.outcome, n.reason FROM decision n WHERE n.task_id = t.id "
    "                   ORDER BY n.submits DESC LIMIT 1) d ON true "
    "WHERE it.id = ANY (:ids) ORDER BY it.id"
)


def list_item_ids(
    session: Session,
    *,
    project_id: int,
    state: TaskState | None,
    images: Sequence[int] | None = None,
    after: int,
    limit: int,
) -> Sequence[int]:
    """List the ids of a project's items beyond `after`: all, or those whose newest label task is in a state.

    `images` leaves only the items of those images.
    """
    of_images = "" if images is None else "AND it.image_id = ANY (:images) "
    every = f"SELECT it.id FROM item it WHERE it.project_id = :project AND it.id > :after {of_images}ORDER BY it.id"
    in_state = (
        "SELECT t.item_id FROM task t WHERE t.project_id = :project AND t.state = :state AND t.item_id > :after "
        "AND t.stage = 'label' AND NOT EXISTS (SELECT FROM task n WHERE n.item_id = t.item_id AND n.stage = t.stage "
        "AND n.round > t.round) "
    )
    if images is not None:
        in_state += f"AND t.item_id IN (SELECT it.id FROM item it WHERE it.project_id = :project {of_images}) "
    listed = every if state is None else f"{in_state}ORDER BY t.item_id"
    values: dict[str, Any] = {"project": project_id, "state": state, "after": after, "limit": limit}
    values |= {} if images is None else {"images": list(images)}
    return session.execute(text(f"{listed} LIMIT :limit"), values).scalars().all()


def keep_items(
    session: Session, ids: Sequence[int], *, key: str | None, class_id: int | None, prelabels: bool | None
) -> Sequence[int]:
    """Return those items whose key contains a text (in any case), that hold a class, that a model looked at (or none).

    A class is held by a final object, or by a pre-label.
    """
    conditions = []
    if key is not None:
        conditions.append("lower(i.key) LIKE '%' || lower(:key) || '%' ESCAPE '!'")
    if prelabels is not None:
        conditions.append(f"p.id IS {'NOT ' if prelabels else ''}NULL")
    if class_id is not None:
        conditions.append(
            "(EXISTS (SELECT FROM consensus_object o WHERE t.state = 4 AND o.decision_id = t.decision_id "
            "         AND o.class_id = :class_id) "
            " OR p.objects @> jsonb_build_array(jsonb_build_object('class_id', CAST(:class_id AS int))))"
        )
    rows = session.execute(
        text(
            f"SELECT it.id FROM item it JOIN image i ON i.id = it.image_id {_NEWEST_TASK}{_PRELABELS}"
            f"WHERE it.id = ANY (:ids) AND {' AND '.join(conditions)} ORDER BY it.id"
        ),
        {"ids": list(ids), "key": escape_like(key or ""), "class_id": class_id},
    )
    return rows.scalars().all()


def list_items(session: Session, ids: Sequence[int]) -> list[ItemLine]:
    return [_line(row) for row in session.execute(_LINES, {"ids": list(ids)}).mappings()]


def list_final_objects(session: Session, decisions: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the objects of each decision, in their order."""
    rows = session.execute(
        text(
            "SELECT decision_id, object FROM consensus_object WHERE decision_id = ANY (:decisions) "
            "ORDER BY decision_id, position"
        ),
        {"decisions": list(decisions)},
    )
    found: dict[int, list[dict[str, Any]]] = {d: [] for d in decisions}
    for row in rows:
        found[row.decision_id].append(row.object)
    return found


def escape_like(wanted: str) -> str:
    """Have LIKE take every character as itself; the statement names `!` as its escape."""
    return wanted.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _line(row: Any) -> ItemLine:
    names = ("state", "round", "votes", "target", "frozen", "outcome", "reason", "causes")
    facts = {name: value for name, value in row.items() if name not in names and name != "task_id"}
    task = None if row["task_id"] is None else ItemTask(id=row["task_id"], **{name: row[name] for name in names})
    return ItemLine(**facts, task=task)

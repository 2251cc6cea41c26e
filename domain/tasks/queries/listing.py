"""SQL of the lists of tasks; writes nothing. Row-level security keeps it inside the caller's scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.items.queries import escape_like
from schema.enums import TaskState


class TaskSort(StrEnum):
    """Orders of a list: by id up or down, the least agreement first, the longest in its state first."""

    ID = "id"
    NEWEST = "-id"
    AGREEMENT = "agreement"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class TaskKey:
    """A task's place in an order; `value` is what it is sorted by before its id, None where that is nothing."""

    id: int
    value: float | datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task with the outcome, reason and causes of its newest decision."""

    id: int
    project_id: int
    client_org: int
    item_id: int
    image_id: int
    key: str
    stage: str
    state: int
    round: int
    votes: int
    target: int
    frozen: bool
    frozen_reason: str | None
    agreement: float | None
    outcome: str | None
    reason: str | None
    causes: list[str]
    trace_id: UUID | None
    state_since: datetime
    created_at: datetime


_LINES = text(
    "SELECT t.id, t.project_id, t.client_org, t.item_id, i.id AS image_id, i.key, t.stage, t.state, t.round, t.votes, "
    "  t.target, t.frozen, t.frozen_reason, t.agreement, d.outcome, coalesce(t.reason, d.reason) AS reason, "
    "  ARRAY(SELECT DISTINCT c FROM consensus_object o CROSS JOIN unnest(o.cause) AS c "
    "        WHERE o.decision_id = d.id ORDER BY c) AS causes, t.trace_id, t.state_since, t.created_at "
    "FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
    "LEFT JOIN LATERAL (SELECT n.id, n.outcome, n.reason FROM decision n WHERE n.task_id = t.id "
    "                   ORDER BY n.submits DESC LIMIT 1) d ON true "
    "WHERE t.id = ANY (:ids) AND t.purpose <> 'gold'"  # who works must not find out which tasks are gold
)
# The first tasks of each state are read from its index, then merged: no state's tasks are sorted as a whole.
_BY_VALUE = """
SELECT t.id, t.value FROM unnest(CAST(:states AS smallint[])) AS w (state) CROSS JOIN LATERAL (
  SELECT n.id, n.{column} AS value FROM task n
  WHERE n.project_id = :project AND n.state = w.state AND n.purpose <> 'gold' {conditions}
  ORDER BY n.{order} LIMIT :limit) t
ORDER BY t.value, t.id LIMIT :limit
"""


def list_task_keys(
    session: Session,
    *,
    project_id: int,
    state: TaskState | None,
    frozen: bool | None,
    sort: TaskSort,
    after: TaskKey | None,
    limit: int,
) -> list[TaskKey]:
    """List the places of a project's tasks beyond `after` in an order; tasks without an agreement come last."""
    if sort in {TaskSort.ID, TaskSort.NEWEST}:
        return _by_id(session, project_id, state, frozen, down=sort is TaskSort.NEWEST, after=after, limit=limit)
    if sort is TaskSort.AGE:
        beyond = "(n.state_since, n.id) > (:value, :after)" if after else "true"
        return _by_value(session, project_id, state, frozen, "state_since", beyond, after=after, limit=limit)
    found: list[TaskKey] = []
    if after is None or after.value is not None:
        beyond = "(n.agreement, n.id) > (:value, :after)" if after else "n.agreement IS NOT NULL"
        found = _by_value(session, project_id, state, frozen, "agreement", beyond, after=after, limit=limit)
        after = None
    beyond = "n.agreement IS NULL AND n.id > :after" if after else "n.agreement IS NULL"
    rest = limit - len(found)
    unmeasured = _by_value(session, project_id, state, frozen, "agreement", beyond, after=after, limit=rest)
    return found + unmeasured


def _by_id(
    session: Session,
    project_id: int,
    state: TaskState | None,
    frozen: bool | None,
    *,
    down: bool,
    after: TaskKey | None,
    limit: int,
) -> list[TaskKey]:
    conditions = [_frozen("t", frozen)]
    if state is not None:
        conditions.append("t.state = :state")
    if after is not None:
        conditions.append(f"t.id {'<' if down else '>'} :after")
    rows = session.execute(
        text(
            "SELECT t.id FROM task t WHERE t.project_id = :project AND t.purpose <> 'gold' "
            f"AND {' AND '.join(conditions)} "
            f"ORDER BY t.id {'DESC' if down else 'ASC'} LIMIT :limit"
        ),
        {"project": project_id, "state": state, "after": after.id if after else None, "limit": limit},
    )
    return [TaskKey(r.id) for r in rows]


def _by_value(
    session: Session,
    project_id: int,
    state: TaskState | None,
    frozen: bool | None,
    column: str,
    beyond: str,
    *,
    after: TaskKey | None,
    limit: int,
) -> list[TaskKey]:
    # Of equal values (none at all among them) the index is in the order of ids.
    order = "id" if "IS NULL" in beyond else f"{column}, n.id"
    conditions = f"AND {beyond} AND {_frozen('n', frozen)}"
    rows = session.execute(
        text(_BY_VALUE.format(column=column, conditions=conditions, order=order)),
        {
            "project": project_id,
            "states": [s.value for s in TaskState] if state is None else [state.value],
            "value": after.value if after else None,
            "after": after.id if after else None,
            "limit": limit,
        },
    )
    return [TaskKey(r.id, r.value) for r in rows]


def _frozen(table: str, wanted: bool | None) -> str:
    return {None: "true", True: f"{table}.frozen", False: f"NOT {table}.frozen"}[wanted]


def keep_tasks(session: Session, ids: Sequence[int], *, key: str | None, cause: str | None) -> frozenset[int]:
    """Return those tasks whose image's key contains a text (in any case), and whose newest decision has a cause."""
    conditions = []
    if key is not None:
        conditions.append("lower(i.key) LIKE '%' || lower(:key) || '%' ESCAPE '!'")
    if cause is not None:
        # An aggregate, so that each task's objects are looked up: as an EXISTS they were joined from end to end.
        # A task is flagged as a whole: no object of it need be there.
        conditions.append(
            "(SELECT :cause = 'flagged' AND n.rule = 'flagged-1' OR coalesce((SELECT bool_or(:cause = ANY (o.cause)) "
            "    FROM consensus_object o WHERE o.decision_id = n.id), false) "
            "  FROM decision n WHERE n.task_id = t.id ORDER BY n.submits DESC LIMIT 1)"
        )
    rows = session.execute(
        text(
            "SELECT t.id FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
            f"WHERE t.id = ANY (:ids) AND {' AND '.join(conditions)}"
        ),
        {"ids": list(ids), "key": escape_like(key or ""), "cause": cause},
    )
    return frozenset(rows.scalars())


def list_tasks(session: Session, ids: Sequence[int]) -> list[TaskLine]:
    """List tasks in the order of `ids`; those that are out of sight are left out."""
    found = {row["id"]: TaskLine(**row) for row in session.execute(_LINES, {"ids": list(ids)}).mappings()}
    return [found[i] for i in ids if i in found]

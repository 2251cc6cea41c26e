"""SQL of what people do to tasks. Seats are locked before their tasks, as everywhere, and both by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.routing.queries import REVIEW_SEAT
from domain.tasks.rules import TaskStand
from schema.enums import ImageState, TaskState

_SEATS = "SELECT s.task_id, s.seat_no FROM seat s WHERE s.task_id = ANY (:ids) AND {} ORDER BY 1, 2 FOR UPDATE"
_TASKS = "SELECT t.id FROM task t WHERE t.id = ANY (:ids) AND {} ORDER BY 1 FOR NO KEY UPDATE"


@dataclass(frozen=True, slots=True)
class OpenedRound:
    """The next round of a task's item."""

    previous_id: int
    task_id: int
    round: int
    trace_id: UUID | None


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """Who answered a task, and for which organisation."""

    task_id: int
    member_id: int
    organisation_id: int


def list_stands(session: Session, ids: Sequence[int], *, project_id: int) -> list[TaskStand]:
    """List what decides on an action about tasks of a project; those of others are left out."""
    rows = session.execute(
        text(
            "SELECT t.id, t.state, t.frozen, t.round, i.state AS image_state, "
            "  (SELECT max(n.round) FROM task n WHERE n.item_id = t.item_id AND n.stage = t.stage) AS newest_round "
            "FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
            "WHERE t.id = ANY (:ids) AND t.project_id = :project"
        ),
        {"ids": list(ids), "project": project_id},
    )
    return [
        TaskStand(r.id, TaskState(r.state), r.frozen, r.round, r.newest_round, ImageState(r.image_state)) for r in rows
    ]


def freeze_tasks(session: Session, ids: Sequence[int], *, reason: str) -> Sequence[int]:
    """Freeze unfinished tasks and take their free seats out of the queue; return those that were not frozen."""
    _leave_queue(session, ids, "s.state = 0 AND s.queue_key > 0")
    rows = session.execute(
        text(
            f"WITH held AS ({_TASKS.format('t.state IN (0, 1, 2, 3) AND NOT t.frozen')}) "
            "UPDATE task t SET frozen = true, frozen_reason = :reason FROM held WHERE t.id = held.id RETURNING t.id"
        ),
        {"ids": list(ids), "reason": reason},
    )
    return rows.scalars().all()


def unfreeze_tasks(session: Session, ids: Sequence[int]) -> Sequence[int]:
    """Let tasks be claimed again: their free seats go to the end of the queue. Return those that were frozen.

    Only the review seat of a task in review, and only other seats of one that is not, are waited at.
    """
    session.execute(
        text(
            f"WITH held AS ({_SEATS.format('s.state = 0 AND s.queue_key = 0')}) "
            "UPDATE seat s SET queue_key = nextval('queue_key') FROM held, task t "
            "WHERE (s.task_id, s.seat_no) = (held.task_id, held.seat_no) AND t.id = s.task_id AND t.frozen "
            "AND (s.seat_no = :review) = (t.state = 3)"
        ),
        {"ids": list(ids), "review": REVIEW_SEAT},
    )
    rows = session.execute(
        text(
            f"WITH held AS ({_TASKS.format('true')}) UPDATE task t SET frozen = false, frozen_reason = NULL "
            "FROM held WHERE t.id = held.id AND t.frozen RETURNING t.id"
        ),
        {"ids": list(ids)},
    )
    return rows.scalars().all()


def cancel_tasks(session: Session, ids: Sequence[int], *, reason: str) -> Sequence[int]:
    """Cancel unfinished tasks; drafts and answers stay. Seats without an answer leave the queue. Return the tasks."""
    _leave_queue(session, ids, "s.state <> 2 AND s.queue_key > 0")
    rows = session.execute(
        text(
            f"WITH held AS ({_TASKS.format('t.state IN (0, 1, 2, 3)')}) "
            "UPDATE task t SET state = 6, reason = :reason, frozen = false, frozen_reason = NULL, state_since = now() "
            "FROM held WHERE t.id = held.id RETURNING t.id"
        ),
        {"ids": list(ids), "reason": reason},
    )
    return rows.scalars().all()


def open_rounds(session: Session, ids: Sequence[int]) -> list[OpenedRound]:
    """Write the next round of finished tasks, waiting for its pre-labels, under the project's current policy.

    What was shown in the round before is shown again, unless a model says something newer; an item whose first round
    was of the hidden arm shows none in the next ones either.
    """
    rows = session.execute(
        text(
            "WITH done AS (SELECT t.*, CAST(y.body->>'min_votes' AS int) AS min_votes FROM task t "
            "  JOIN project p ON p.id = t.project_id "
            "  JOIN policy_version y ON y.project_id = p.id AND y.version = p.policy_version "
            "  WHERE t.id = ANY (:ids) AND t.state IN (4, 5, 6)), "
            "opened AS (INSERT INTO task (client_org, project_id, item_id, stage, round, state, target, started_lane, "
            "    shown_prediction_id, hidden_arm, trace_id) "
            "  SELECT client_org, project_id, item_id, stage, round + 1, 0, min_votes, started_lane, "
            "    shown_prediction_id, hidden_arm, trace_id FROM done ORDER BY id ON CONFLICT DO NOTHING "
            "  RETURNING id, item_id, stage, round, trace_id) "
            "SELECT done.id AS previous_id, opened.id AS task_id, opened.round, opened.trace_id FROM opened "
            "JOIN done USING (item_id, stage) ORDER BY 1"
        ),
        {"ids": list(ids)},
    )
    return [OpenedRound(r.previous_id, r.task_id, r.round, r.trace_id) for r in rows]


def list_authors(session: Session, ids: Sequence[int]) -> list[AuthorRow]:
    """List who answered tasks (reviews are no answers)."""
    rows = session.execute(
        text(
            "SELECT task_id, member_id, vendor_org FROM seat WHERE task_id = ANY (:ids) AND state = 2 "
            "AND seat_no < :review ORDER BY task_id, seat_no"
        ),
        {"ids": list(ids), "review": REVIEW_SEAT},
    )
    return [AuthorRow(r.task_id, r.member_id, r.vendor_org) for r in rows]


def _leave_queue(session: Session, ids: Sequence[int], which: str) -> None:
    session.execute(
        text(
            f"WITH held AS ({_SEATS.format(which)}) UPDATE seat s SET queue_key = 0 FROM held "
            "WHERE (s.task_id, s.seat_no) = (held.task_id, held.seat_no)"
        ),
        {"ids": list(ids)},
    )

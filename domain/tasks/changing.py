"""Use cases of those who steer the work: freeze, unfreeze, cancel, open again; one task or a thousand at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, Forbidden
from domain.events.service import emit
from domain.notifications.service import notify
from domain.outbox.queries import insert_message
from domain.progress.service import READERS
from domain.projects.service import Project, get_project, require_active
from domain.scope import Actor
from domain.tasks.queries import changes
from domain.tasks.queries.changes import OpenedRound
from domain.tasks.queries.listing import TaskLine, TaskSort
from domain.tasks.rules import TaskAction, find_refusal, is_done
from domain.tasks.service import TaskFilter, get_task, walk_tasks
from domain.tracing import following, get_trace_id
from schema.enums import EventKind, NotificationKind, Role, Topic
from schema.messages import PrelabelMessage

MOST_AT_ONCE = 1_000
# How many tasks of an action a line of an inbox names.
MOST_NAMED = 100
# The name of an action in the audit trail.
DONE = {
    TaskAction.FREEZE: "frozen",
    TaskAction.UNFREEZE: "unfrozen",
    TaskAction.CANCEL: "cancelled",
    TaskAction.REOPEN: "reopened",
}


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What became of one task: changed, as it was (no refusal either), or refused with the reason.

    `opened_task_id` is the next round that a re-opening made.
    """

    task_id: int
    changed: bool
    refusal: str | None = None
    opened_task_id: int | None = None


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of each task; `more` when the filter fits tasks beyond these."""

    tasks: tuple[TaskOutcome, ...]
    more: bool


def require_right(actor: Actor, action: TaskAction, project: Project) -> None:
    """Raise Forbidden unless the actor may do this.

    Freezing only holds work up, so whoever answers for it may do it, on either side: client, manager, supervisor.
    Cancelling gives up what a client wants labelled and opening again orders more of it: both are for the client's own
    people alone.
    """
    actor.require(*READERS)
    if action in {TaskAction.CANCEL, TaskAction.REOPEN}:
        actor.require(Role.CLIENT, Role.MANAGER, Role.SUPERVISOR)
        if project.client_org != actor.organisation_id:
            raise Forbidden(f"only the client whose project it is can {action.value} its tasks")


def change_task(
    session: Session, actor: Actor, task: TaskLine, action: TaskAction, *, reason: str | None
) -> TaskOutcome:
    """Do one action to one task; a repeat changes nothing. Raises Conflict where its state does not allow it."""
    project = get_project(session, task.project_id)
    require_right(actor, action, project)
    [outcome] = _apply(session, project, action, [task.id], reason=reason)
    if outcome.refusal is not None:
        raise Conflict(outcome.refusal, task_id=task.id)
    if outcome.changed:
        now = get_task(session, actor, task.id)
        record(
            session,
            actor,
            f"task_{DONE[action]}",
            f"task:{task.id}",
            project_id=project.id,
            before=_told(task),
            after=_told(now),
            reason=reason,
            **({"opened_task_id": outcome.opened_task_id} if outcome.opened_task_id else {}),
        )
    return outcome


def change_tasks(
    session: Session,
    actor: Actor,
    *,
    project_id: int,
    action: TaskAction,
    chosen: Sequence[int] | TaskFilter,
    reason: str | None,
) -> BulkOutcome:
    """Do one action to many tasks of a project: those named, or the first thousand that fit a filter.

    Each has its own outcome; a task of another project is refused like one that is not there.
    """
    project = get_project(session, project_id)
    require_right(actor, action, project)
    more = False
    if isinstance(chosen, TaskFilter):
        walked = walk_tasks(
            session, project_id=project_id, wanted=chosen, sort=TaskSort.ID, after=None, limit=MOST_AT_ONCE
        )
        ids, more = [key.id for key in walked.keys], walked.next is not None
    else:
        ids = list(dict.fromkeys(chosen))
    outcomes = _apply(session, project, action, ids, reason=reason)
    changed = [o.task_id for o in outcomes if o.changed]
    if changed:
        subject = f"project:{project_id}"
        record(session, actor, f"tasks_{DONE[action]}", subject, project_id=project_id, task_ids=changed, reason=reason)
    return BulkOutcome(tuple(outcomes), more)


def _apply(
    session: Session, project: Project, action: TaskAction, ids: Sequence[int], *, reason: str | None
) -> list[TaskOutcome]:
    if action is TaskAction.REOPEN:
        require_active(project)
    stands = {stand.id: stand for stand in changes.list_stands(session, ids, project_id=project.id)}
    refusals: dict[int, str | None] = {}
    due: list[int] = []
    for task_id in ids:
        stand = stands.get(task_id)
        if stand is None:
            refusals[task_id] = f"there is no task {task_id} in this project"
        elif not is_done(action, stand):
            refusals[task_id] = find_refusal(action, stand)
            if refusals[task_id] is None:
                due.append(task_id)
    opened: Mapping[int, int] = {}
    if action is TaskAction.REOPEN:
        opened = _reopen(session, project, due, reason=reason)
        changed = frozenset(opened)
    else:
        changed = frozenset(_hold(session, project, action, due, reason=reason))
    for task_id in due:
        if task_id not in changed:
            refusals[task_id] = f"task {task_id} changed at this moment; look at it again"
    return [TaskOutcome(i, i in changed, refusals.get(i), opened.get(i)) for i in ids]


def _hold(
    session: Session, project: Project, action: TaskAction, ids: Sequence[int], *, reason: str | None
) -> Sequence[int]:
    """Freeze, unfreeze or cancel; return the tasks that changed."""
    if action is TaskAction.FREEZE:
        return changes.freeze_tasks(session, ids, reason=reason or "")
    if action is TaskAction.UNFREEZE:
        return changes.unfreeze_tasks(session, ids)
    cancelled = changes.cancel_tasks(session, ids, reason=reason or "")
    for task_id in sorted(cancelled):
        emit(
            session,
            EventKind.TASK_CANCELLED,
            client_org=project.client_org,
            project_id=project.id,
            aggregate_id=task_id,
            reason=reason,
        )
    return cancelled


def _reopen(session: Session, project: Project, ids: Sequence[int], *, reason: str | None) -> Mapping[int, int]:
    """Open the next round of each; return it by the task before. What was decided stays with the round before."""
    rounds = changes.open_rounds(session, ids)
    for opened in rounds:
        with following(opened.trace_id or get_trace_id()):
            _announce(session, project, opened, reason=reason)
    _tell_authors(session, project, rounds, reason=reason)
    return {opened.previous_id: opened.task_id for opened in rounds}


def _announce(session: Session, project: Project, opened: OpenedRound, *, reason: str | None) -> None:
    message = PrelabelMessage(client_org=project.client_org, task_id=opened.task_id)
    insert_message(session, Topic.PRELABEL, opened.task_id, message)
    emit(
        session,
        EventKind.TASK_REOPENED,
        client_org=project.client_org,
        project_id=project.id,
        aggregate_id=opened.task_id,
        previous_task_id=opened.previous_id,
        round=opened.round,
        reason=reason,
    )


def _tell_authors(session: Session, project: Project, rounds: Sequence[OpenedRound], *, reason: str | None) -> None:
    """Tell everybody whose work was opened again, in one line each."""
    work: dict[tuple[int, int], list[int]] = {}
    for author in changes.list_authors(session, [opened.previous_id for opened in rounds]):
        work.setdefault((author.organisation_id, author.member_id), []).append(author.task_id)
    for (organisation_id, member_id), tasks in sorted(work.items()):
        notify(
            session,
            organisation_id=organisation_id,
            member_id=member_id,
            kind=NotificationKind.REOPENED,
            project_id=project.id,
            task_id=tasks[0] if len(tasks) == 1 else None,
            tasks=tasks[:MOST_NAMED],
            count=len(tasks),
            reason=reason,
        )


def _told(task: TaskLine) -> dict[str, object]:
    return {"state": task.state, "frozen": task.frozen, "frozen_reason": task.frozen_reason, "reason": task.reason}

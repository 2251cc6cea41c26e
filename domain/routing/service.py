"""Use cases of deciding. The merge is computed outside a transaction; the end is guarded by the count of submits."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.consensus.answers import Answer
from domain.consensus.rules import Consensus, MergedObject, merge_answers
from domain.events.service import emit
from domain.geometry.bounds import bounding_box
from domain.routing import queries
from domain.routing.queries import DecidingTask, DecisionRecord, FlagRow, ObjectRecord
from domain.routing.rules import Routing, agreement_of, is_drawn_for_audit, route, route_flagged
from schema.enums import Cause, EventKind, Outcome
from schema.objects import OBJECTS, dump_objects
from schema.projects import Policy


@dataclass(frozen=True, slots=True)
class Round:
    """What one round decides about: the task at one count of submits, its answers, and who could not annotate it."""

    task: DecidingTask
    policy: Policy
    answers: tuple[Answer, ...]
    flags: tuple[FlagRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    consensus: Consensus
    routing: Routing


def load_round(session: Session, *, task_id: int, submits: int) -> Round | None:
    """Return the round if it is still due; None when something newer came, or it was decided already."""
    task = queries.find_deciding_task(session, task_id=task_id, submits=submits)
    if task is None:
        return None
    answers = tuple(
        Answer(row.lease_id, row.member_id, OBJECTS.validate_python(row.objects))
        for row in queries.list_answers(session, task_id)
    )
    return Round(task, Policy.model_validate(task.policy), answers, tuple(queries.list_flags(session, task_id)))


def decide(due: Round) -> Decided:
    """Merge the answers and choose where the task goes; pure."""
    consensus = merge_answers(due.answers, height=due.task.height, width=due.task.width, policy=due.policy)
    if due.flags:
        return Decided(consensus, route_flagged([flag.reason for flag in due.flags], due.policy))
    is_drawn = is_drawn_for_audit(task_id=due.task.task_id, round=due.task.round, share=due.policy.audit_share)
    return Decided(consensus, route(consensus, votes=len(due.answers), policy=due.policy, is_drawn=is_drawn))


def record_round(session: Session, due: Round, decided: Decided) -> bool:
    """Write the decision and move the task; False when something newer came and nothing was written."""
    task, routing = due.task, decided.routing
    if not queries.lock_round(session, task_id=task.task_id, submits=task.submits):
        return False
    decision_id = queries.insert_decision(
        session,
        DecisionRecord(
            client_org=task.client_org,
            project_id=task.project_id,
            task_id=task.task_id,
            submits=task.submits,
            rule=routing.rule,
            inputs={
                "leases": [a.lease_id for a in due.answers],
                "parameters": routing.parameters_version,
            }
            | ({"flags": [flag.lease_id for flag in due.flags]} if due.flags else {}),
            parameters_version=task.policy_version,
            outcome=routing.outcome.value,
            reason=routing.reason,
            agreement=decided.consensus.agreement.to_json(),
        ),
    )
    queries.insert_objects(
        session,
        decision_id=decision_id,
        client_org=task.client_org,
        project_id=task.project_id,
        task_id=task.task_id,
        records=[
            _record(o, height=task.height, width=task.width, more=(Cause.AUDIT,) if routing.is_audit else ())
            for o in decided.consensus.objects
        ],
    )
    _move(session, task, decided, decision_id)
    return True


def _move(session: Session, task: DecidingTask, decided: Decided, decision_id: int) -> None:
    """Take the task where its routing says, and tell of it where that is an end or a supervisor."""
    outcome, agreement = decided.routing.outcome, agreement_of(decided.consensus)
    if outcome is Outcome.ONE_MORE:
        queries.ask_one_more(session, task_id=task.task_id, agreement=agreement)
        return
    accepted = outcome is Outcome.ACCEPT
    move = queries.accept_task if accepted else queries.send_to_review
    move(session, task_id=task.task_id, decision_id=decision_id, agreement=agreement)
    emit(
        session,
        EventKind.TASK_ACCEPTED if accepted else EventKind.TASK_IN_REVIEW,
        client_org=task.client_org,
        project_id=task.project_id,
        aggregate_id=task.task_id,
        decision_id=decision_id,
        reason=decided.routing.reason,
        agreement=agreement,
    )


def _record(merged: MergedObject, *, height: int, width: int, more: tuple[Cause, ...]) -> ObjectRecord:
    return ObjectRecord(
        id=merged.object.id,
        class_id=merged.object.class_id,
        bbox=bounding_box(merged.object.shape, height=height, width=width),
        score=merged.agreement_iou,
        vote_share=merged.vote_share,
        class_share=merged.class_share,
        agreement_iou=merged.agreement_iou,
        cause=[c.value for c in (*merged.causes, *more)],
        versions={"votes": merged.votes, "voters": merged.voters, "drawn": [[le, str(o)] for le, o in merged.versions]},
        object=dump_objects((merged.object,))[0],
    )

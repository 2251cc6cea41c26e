"""Use cases of reviews. A review fills the task's review seat and ends in a decision of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.assignment.errors import SeatReissued, TaskClosed
from domain.assignment.queries.leased import LeasedTask
from domain.assignment.queries.submit import find_receipt
from domain.assignment.service import get_leased_task
from domain.events.service import emit
from domain.geometry.bounds import bounding_box
from domain.geometry.validity import check_objects
from domain.notifications.service import notify
from domain.projects import queries as projects
from domain.projects.service import RANK_PERSONAL
from domain.review import queries
from domain.review.errors import VerdictInvalid
from domain.review.queries import Author, ReviewedTask
from domain.review.rules import ContestedObject, ObjectVerdict, count_overturned, settle
from domain.routing.queries import DecisionRecord, ObjectRecord, insert_decision, insert_objects, list_answers
from domain.scope import Actor
from schema.enums import Cause, Choice, EventKind, LaneKind, NotificationKind, Outcome, Role, Stage, TaskState
from schema.objects import OBJECTS, LabelObject, dump_objects
from schema.projects import Ontology

RULE = "review-1"
EVENT_OF = {
    Outcome.ACCEPT: EventKind.TASK_ACCEPTED,
    Outcome.REJECT: EventKind.TASK_REJECTED,
    Outcome.SEND_BACK: EventKind.TASK_SENT_BACK,
}


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What a supervisor settles: the merged objects, their causes, and every version of each."""

    lease: LeasedTask
    task: ReviewedTask
    objects: tuple[ContestedObject, ...]
    answers: dict[int, tuple[LabelObject, ...]]


@dataclass(frozen=True, slots=True)
class Review:
    """A supervisor's whole answer. `send_back` names the leases whose work goes back; `reject` ends the task.

    `go_on`: what somebody could not annotate can be annotated, so those go on who have not answered yet.
    """

    verdicts: tuple[ObjectVerdict, ...] = ()
    added: tuple[LabelObject, ...] = ()
    send_back: tuple[int, ...] = ()
    reject: bool = False
    go_on: bool = False
    feedback: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewReceipt:
    lease_id: int
    task_id: int
    submitted_at: datetime
    repeated: bool


def get_review(session: Session, actor: Actor, lease_id: int) -> ReviewView:
    """Return what the review lease is about; raises TaskClosed when the task has left review."""
    actor.require(Role.SUPERVISOR)
    leased = get_leased_task(session, actor, lease_id)
    task = queries.find_task_in_review(session, leased.task_id)
    if leased.stage != Stage.REVIEW or task is None:
        raise TaskClosed("this task is not in review any more", task_id=leased.task_id)
    answers = {a.lease_id: OBJECTS.validate_python(a.objects) for a in list_answers(session, task.task_id)}
    rows = queries.list_merged_objects(session, task.decision_id)
    return ReviewView(leased, task, tuple(_contested(row, answers) for row in rows), answers)


def submit_review(session: Session, actor: Actor, lease_id: int, review: Review) -> ReviewReceipt:
    """Settle the task, send it back, or reject it. Repeating it returns the first receipt."""
    first = find_receipt(session, lease=lease_id, member=actor.member_id)
    if first is not None:
        return ReviewReceipt(lease_id, first.task_id, first.submitted_at, repeated=True)
    view = get_review(session, actor, lease_id)
    if review.send_back or review.go_on:
        return _send_back(session, actor, view, review)
    final = () if review.reject else settle(view.objects, review.verdicts, review.added)
    ontology = Ontology.model_validate(view.lease.ontology)
    known = {o.merged.id for o in view.objects}
    check_objects(final, height=view.lease.height, width=view.lease.width, ontology=ontology, known=known)
    outcome = Outcome.REJECT if review.reject else Outcome.ACCEPT
    state = TaskState.REJECTED if review.reject else TaskState.ACCEPTED
    return _close(session, actor, view, review, final=final, outcome=outcome, state=state)


def _send_back(session: Session, actor: Actor, view: ReviewView, review: Review) -> ReviewReceipt:
    if not (review.feedback or "").strip():
        raise VerdictInvalid("work that goes back needs feedback that says what to change", field="feedback")
    task = view.task
    queries.queue_open_seats(session, task.task_id)
    if review.go_on and not queries.lacks_votes(session, task.task_id):
        raise VerdictInvalid("every vote of this task is there; settle it, or send answers back", field="go_on")
    authors = [_get_author(session, task.task_id, lease) for lease in dict.fromkeys(review.send_back)]
    for author in sorted(authors, key=lambda a: a.seat_no):  # seats before their task: the order of locks everywhere
        lane_id = _open_lane_back(session, task, author)
        if not queries.send_seat_back(session, task_id=task.task_id, author=author, lane_id=lane_id):
            raise TaskClosed("this task is not in review any more", task_id=task.task_id)
        notify(
            session,
            organisation_id=author.vendor_org,
            member_id=author.member_id,
            kind=NotificationKind.SENT_BACK,
            project_id=task.project_id,
            task_id=task.task_id,
            feedback=review.feedback,
        )
    return _close(
        session,
        actor,
        view,
        review,
        final=(),
        outcome=Outcome.SEND_BACK,
        state=TaskState.OPEN,
        votes_back=len(authors),
    )


def _open_lane_back(session: Session, task: ReviewedTask, author: Author) -> int:
    """Return where an answer's seat goes: to its author alone, or to everybody when the author labels there no more."""
    if not queries.can_label(session, member_id=author.member_id, project_id=task.project_id):
        return queries.get_started_lane(session, task.task_id)
    lane_id = projects.insert_lane(
        session,
        project_id=task.project_id,
        client_org=task.client_org,
        stage=Stage.LABEL,
        kind=LaneKind.PERSONAL,
        rank=RANK_PERSONAL,
        requirement_key=f"member:{author.member_id}",
    )
    projects.let_draw(session, lane_id=lane_id, member_id=author.member_id, organisation_id=author.vendor_org)
    return lane_id


def _get_author(session: Session, task_id: int, lease_id: int) -> Author:
    author = queries.find_author(session, task_id=task_id, lease_id=lease_id)
    if author is None:
        raise VerdictInvalid(f"lease {lease_id} gave no answer to this task that could go back", lease_id=lease_id)
    return author


def _close(
    session: Session,
    actor: Actor,
    view: ReviewView,
    review: Review,
    *,
    final: tuple[LabelObject, ...],
    outcome: Outcome,
    state: TaskState,
    votes_back: int = 0,
) -> ReviewReceipt:
    task, lease_id = view.task, view.lease.lease_id
    filled = queries.fill_review_seat(
        session,
        lease=lease_id,
        member=actor.member_id,
        objects=dump_objects(final),
        keep_seat=outcome is not Outcome.SEND_BACK,
    )
    if filled is None:
        raise SeatReissued("your review lease ended and someone else took it over", lease_id=lease_id)
    decision_id = _record_decision(session, view, review, final=final, outcome=outcome)
    queries.insert_verdicts(session, _verdict_rows(actor, view, review, outcome=outcome))
    closed = queries.close_review(
        session,
        task_id=task.task_id,
        submits=task.submits,
        state=state,
        decision_id=decision_id,
        reason=review.feedback,
        votes_back=votes_back,
    )
    if not closed:  # cancelled while this review was written; nothing of it stays
        raise TaskClosed("this task is not in review any more", task_id=task.task_id)
    emit(
        session,
        EVENT_OF[outcome],
        client_org=task.client_org,
        project_id=task.project_id,
        aggregate_id=task.task_id,
        decision_id=decision_id,
        answers_back=votes_back,  # what the supervisor wrote is for the author alone: every vendor reads events
    )
    return ReviewReceipt(lease_id, task.task_id, filled.submitted_at, repeated=False)


def _record_decision(
    session: Session, view: ReviewView, review: Review, *, final: Sequence[LabelObject], outcome: Outcome
) -> int:
    task = view.task
    decision_id = insert_decision(
        session,
        DecisionRecord(
            client_org=task.client_org,
            project_id=task.project_id,
            task_id=task.task_id,
            submits=task.submits + 1,
            rule=RULE,
            inputs={"decision": task.decision_id, "review": view.lease.lease_id} | _consequences(view, review, outcome),
            parameters_version=task.parameters_version,
            outcome=outcome.value,
            reason=review.feedback or f"settled by review: {len(final)} objects",
            agreement=None,
        ),
    )
    insert_objects(
        session,
        decision_id=decision_id,
        client_org=task.client_org,
        project_id=task.project_id,
        task_id=task.task_id,
        records=[_settled_record(o, view) for o in final],
    )
    return decision_id


def _consequences(view: ReviewView, review: Review, outcome: Outcome) -> dict[str, Any]:
    """Say whose answers went back, and of which answers objects were changed: what both parties may count.

    Verdicts tell it too, but only to the reviewer's organisation and the client.
    """
    if outcome is Outcome.SEND_BACK:
        return {"sent_back": list(dict.fromkeys(review.send_back))}
    if outcome is Outcome.REJECT:
        return {}
    overturned = count_overturned(view.objects, review.verdicts)
    return {"overturned": {str(lease): objects for lease, objects in overturned.items()}}


def _settled_record(settled: LabelObject, view: ReviewView) -> ObjectRecord:
    drawn = next((o.versions for o in view.objects if o.merged.id == settled.id), {})
    return ObjectRecord(
        id=settled.id,
        class_id=settled.class_id,
        bbox=bounding_box(settled.shape, height=view.lease.height, width=view.lease.width),
        score=None,
        vote_share=len(drawn) / max(len(view.answers), 1),
        class_share=1.0,
        agreement_iou=None,
        cause=[],
        versions={"drawn": [[lease, str(o.id)] for lease, o in drawn.items()]},
        object=dump_objects((settled,))[0],
    )


def _verdict_rows(actor: Actor, view: ReviewView, review: Review, *, outcome: Outcome) -> list[dict[str, Any]]:
    common: dict[str, Any] = {
        "client_org": view.task.client_org,
        "project_id": view.task.project_id,
        "vendor_org": actor.organisation_id,
        "task_id": view.task.task_id,
        "lease_id": view.lease.lease_id,
        "member_id": actor.member_id,
    }
    rows = [
        common
        | {
            "object_id": v.object_id,
            "choice": v.choice.value,
            "reason": v.reason,
            "detail": {"lease_id": v.lease_id} if v.choice is Choice.VERSION else None,
        }
        for v in review.verdicts
    ]
    if outcome is not Outcome.ACCEPT:
        detail = {"leases": list(review.send_back)} if review.send_back else None
        rows.append(common | {"object_id": None, "choice": outcome.value, "reason": review.feedback, "detail": detail})
    return rows


def _contested(row: queries.MergedRow, answers: dict[int, tuple[LabelObject, ...]]) -> ContestedObject:
    versions = {
        lease: drawn
        for lease, object_id in row.versions["drawn"]
        for drawn in answers.get(lease, ())
        if str(drawn.id) == object_id
    }
    merged = LabelObject.model_validate(row.object)
    return ContestedObject(merged, tuple(Cause(c) for c in row.cause), versions)

"""Every kind of harm is found where it is done, and nothing is found where nothing is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.chaos.compare import Harm, Kind, compare
from bench.chaos.evidence import Annotation, Decision, Evidence, Image, Receipt, Rows, Seat, Task
from schema.enums import SeatState, TaskState

GOOD, BAD = "e-good", "e-bad"
MIN_VOTES = 2
FILLED, FREE = SeatState.FILLED.value, SeatState.FREE.value
ACCEPTED, CANCELLED, OPEN = TaskState.ACCEPTED.value, TaskState.CANCELLED.value, TaskState.OPEN.value

PICTURE = Image(1, "a.png", GOOD, "ready")
NOTES = Image(2, "b.png", BAD, "quarantined", "wrong_type")
TASK = Task(10, image_id=1, stage="label", round=1, state=ACCEPTED, target=2, votes=2)
SEATS = (Seat(10, 1, FILLED, 5, 100), Seat(10, 2, FILLED, 6, 101))
ANSWERS = (Annotation(100, 10, 1, 5, objects=("x",)), Annotation(101, 10, 2, 6, objects=("y",)))
DECISION = Decision(10, 2, "accept", (100, 101))
RECEIPTS = (Receipt(100, 10, 5, objects=("x",)), Receipt(101, 10, 6, objects=("y",)))

SOUND = Evidence(
    listing={"a.png": GOOD, "b.png": BAD},
    readable={GOOD: True, BAD: False, "e-other": True},
    rows=Rows((PICTURE, NOTES), (TASK,), SEATS, ANSWERS, (DECISION,), {"outbox messages": 0}),
    receipts=RECEIPTS,
    min_votes=MIN_VOTES,
)

Damage = Callable[[Rows], Rows]


def kinds(evidence: Evidence) -> set[Kind]:
    return {finding.kind for finding in compare(evidence)}


def test_sound_evidence_has_no_finding() -> None:
    assert compare(SOUND) == []


def test_nothing_at_all_is_sound() -> None:
    assert compare(Evidence({}, {}, Rows(), (), min_votes=MIN_VOTES)) == []


IN_ROWS: dict[str, tuple[Kind, Damage]] = {
    "no image of a listed key": (Kind.IMAGE_LOST, lambda r: replace(r, images=(NOTES,), tasks=(), decisions=())),
    "an image of older bytes alone": (
        Kind.IMAGE_LOST,
        lambda r: replace(r, images=(replace(PICTURE, revision="e-other"), NOTES)),
    ),
    "an image whose key is gone": (
        Kind.IMAGE_LEFT,
        lambda r: replace(r, images=(*r.images, Image(3, "c.png", "e-other", "ready"))),
    ),
    "the image of overwritten bytes": (
        Kind.IMAGE_LEFT,
        lambda r: replace(r, images=(*r.images, Image(3, "a.png", "e-other", "quarantined", "unreadable"))),
    ),
    "no task of a picture": (Kind.TASK_LOST, lambda r: replace(r, tasks=(), decisions=(), seats=())),
    "a task of round 2 without one of round 1": (
        Kind.TASK_LOST,
        lambda r: replace(r, tasks=(replace(TASK, round=2),)),
    ),
    "a picture whose work was called off": (
        Kind.TASK_LOST,
        lambda r: replace(r, tasks=(replace(TASK, state=CANCELLED, reason="its image was deleted"),)),
    ),
    "no quarantine entry": (
        Kind.QUARANTINE_LOST,
        lambda r: replace(r, images=(PICTURE, replace(NOTES, state="ready"))),
    ),
    "a picture put aside": (
        Kind.WRONGLY_QUARANTINED,
        lambda r: replace(r, images=(replace(PICTURE, state="quarantined", reason="unreadable"), NOTES)),
    ),
    "a filled seat without an answer": (Kind.ANNOTATION_LOST, lambda r: replace(r, annotations=ANSWERS[:1])),
    "an accepted task without a decision": (Kind.DECISION_LOST, lambda r: replace(r, decisions=())),
    "two tasks of round 1": (Kind.TASK_DOUBLED, lambda r: replace(r, tasks=(TASK, replace(TASK, id=11, votes=0)))),
    "two tasks that stand": (
        Kind.TASK_DOUBLED,
        lambda r: replace(r, tasks=(TASK, replace(TASK, id=11, round=2, votes=0))),
    ),
    "work on what is no picture": (
        Kind.TASK_OF_NO_PICTURE,
        lambda r: replace(r, tasks=(TASK, replace(TASK, id=11, image_id=2, votes=0))),
    ),
    "two quarantine entries": (
        Kind.QUARANTINE_DOUBLED,
        lambda r: replace(r, images=(*r.images, replace(NOTES, id=3))),
    ),
    "an answer of one seat and version twice": (
        Kind.ANNOTATION_DOUBLED,
        lambda r: replace(r, annotations=(*ANSWERS, replace(ANSWERS[0], lease_id=102))),
    ),
    "two seats of one member": (
        Kind.VOTE_DOUBLED,
        lambda r: replace(r, seats=(SEATS[0], replace(SEATS[1], member_id=5))),
    ),
    "two answers of one member in a decision": (
        Kind.VOTE_DOUBLED,
        lambda r: replace(r, annotations=(ANSWERS[0], replace(ANSWERS[1], member_id=5))),
    ),
    "more votes counted than seats filled": (
        Kind.VOTES_MISCOUNTED,
        lambda r: replace(r, tasks=(replace(TASK, votes=3),)),
    ),
    "a seat over target": (Kind.SEAT_OVER_TARGET, lambda r: replace(r, seats=(*SEATS, Seat(10, 3, FREE)))),
    "two decisions on one count": (Kind.DECISION_DOUBLED, lambda r: replace(r, decisions=(DECISION, DECISION))),
    "a decision on too few votes": (
        Kind.DECIDED_EARLY,
        lambda r: replace(r, decisions=(replace(DECISION, leases=(100,)),)),
    ),
    "a picture that was never read": (
        Kind.IMAGE_STUCK,
        lambda r: replace(r, images=(replace(PICTURE, state="received"), NOTES)),
    ),
    "notes that were never read": (
        Kind.IMAGE_STUCK,
        lambda r: replace(r, images=(PICTURE, replace(NOTES, state="received"))),
    ),
    "a task that did not end": (Kind.TASK_STUCK, lambda r: replace(r, tasks=(replace(TASK, state=OPEN),))),
    "a picture that the sweep gave up": (
        Kind.GIVEN_UP,
        lambda r: replace(r, images=(replace(PICTURE, state="quarantined", reason="stuck"), NOTES)),
    ),
    "a task that the sweep gave up": (
        Kind.GIVEN_UP,
        lambda r: replace(r, tasks=(replace(TASK, state=CANCELLED, reason="stuck: its decision never ended"),)),
    ),
    "a message that was never sent": (Kind.STILL_WAITING, lambda r: replace(r, waiting={"outbox messages": 1})),
}


@pytest.mark.parametrize(("kind", "damage"), IN_ROWS.values(), ids=IN_ROWS)
def test_harm_in_rows_is_found(kind: Kind, damage: Damage) -> None:
    assert kind in kinds(replace(SOUND, rows=damage(SOUND.rows)))


def test_receipt_without_its_annotation_is_found() -> None:
    assert kinds(replace(SOUND, receipts=(*RECEIPTS, Receipt(999, 10, 7)))) == {Kind.RECEIPT_UNBACKED}


def test_receipt_of_somebody_elses_annotation_is_found() -> None:
    assert kinds(replace(SOUND, receipts=(replace(RECEIPTS[0], member_id=6),))) == {Kind.RECEIPT_UNBACKED}


def test_annotation_that_is_not_what_was_sent_is_found() -> None:
    assert kinds(replace(SOUND, receipts=(replace(RECEIPTS[0], objects=("z",)),))) == {Kind.ANNOTATION_CHANGED}


def test_second_receipt_that_says_something_else_is_found() -> None:
    again = replace(RECEIPTS[0], version=2)
    assert Kind.RECEIPT_CHANGED in kinds(replace(SOUND, receipts=(*RECEIPTS, again)))


def test_repeated_receipt_is_no_harm() -> None:
    assert compare(replace(SOUND, receipts=(*RECEIPTS, *RECEIPTS))) == []


def test_annotation_whose_receipt_was_lost_on_the_way_is_no_harm() -> None:
    assert compare(replace(SOUND, receipts=RECEIPTS[:1])) == []


def test_answer_that_was_taken_back_and_given_anew_is_no_harm() -> None:
    again = replace(ANSWERS[0], lease_id=102, version=2)
    seats = (replace(SEATS[0], lease_id=102), SEATS[1])
    rows = replace(
        SOUND.rows,
        seats=seats,
        annotations=(*ANSWERS, again),
        decisions=(replace(DECISION, submits=4, leases=(101, 102)),),
    )
    assert compare(replace(SOUND, rows=rows)) == []


def test_picture_that_was_deleted_and_put_back_has_a_second_round() -> None:
    first = Task(
        9, image_id=1, stage="label", round=1, state=CANCELLED, target=2, votes=0, reason="its image was deleted"
    )
    assert compare(replace(SOUND, rows=replace(SOUND.rows, tasks=(first, replace(TASK, round=2))))) == []


def test_duplicate_is_labelled_as_the_other_picture() -> None:
    twin = Image(3, "twin.png", GOOD, "ready", duplicate_of=1)
    rows = replace(SOUND.rows, images=(*SOUND.rows.images, twin))
    assert compare(replace(SOUND, listing={**SOUND.listing, "twin.png": GOOD}, rows=rows)) == []


def test_work_that_ended_before_its_picture_went_is_no_harm() -> None:
    gone = replace(SOUND.rows, images=(replace(PICTURE, state="deleted"), NOTES))
    assert compare(replace(SOUND, listing={"b.png": BAD}, rows=gone)) == []


def test_every_kind_is_of_one_harm_and_can_be_found() -> None:
    in_receipts = {Kind.RECEIPT_UNBACKED, Kind.ANNOTATION_CHANGED, Kind.RECEIPT_CHANGED}
    assert {kind for kind, _ in IN_ROWS.values()} | in_receipts == set(Kind)
    assert {kind.harm for kind in Kind} == set(Harm)

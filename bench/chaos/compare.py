"""Holds the listing, the rows and the receipts against each other. Pure: values in, findings out.

An annotation without a receipt is no finding: its answer was lost on the way, and the person went away.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from bench.chaos.evidence import Evidence, Image, Receipt, Seat, Task
from domain.routing.queries import REVIEW_SEAT
from schema.enums import ImageState, Outcome, SeatState, Stage, TaskState

LIVE: Final = frozenset({ImageState.RECEIVED, ImageState.READY, ImageState.QUARANTINED})
ENDED: Final = frozenset({TaskState.ACCEPTED, TaskState.REJECTED, TaskState.CANCELLED})
# How the reason of a row begins that the state sweep gave up.
GIVEN_UP: Final = "stuck"

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Harm(StrEnum):
    LOST = "lost"
    DOUBLED = "doubled"
    STUCK = "stuck"


class Kind(StrEnum):
    """What can be wrong."""

    IMAGE_LOST = "image_lost"
    IMAGE_LEFT = "image_left"
    TASK_LOST = "task_lost"
    QUARANTINE_LOST = "quarantine_lost"
    WRONGLY_QUARANTINED = "wrongly_quarantined"
    ANNOTATION_LOST = "annotation_lost"
    ANNOTATION_CHANGED = "annotation_changed"
    RECEIPT_UNBACKED = "receipt_unbacked"
    DECISION_LOST = "decision_lost"
    TASK_DOUBLED = "task_doubled"
    TASK_OF_NO_PICTURE = "task_of_no_picture"
    QUARANTINE_DOUBLED = "quarantine_doubled"
    ANNOTATION_DOUBLED = "annotation_doubled"
    VOTE_DOUBLED = "vote_doubled"
    VOTES_MISCOUNTED = "votes_miscounted"
    SEAT_OVER_TARGET = "seat_over_target"
    DECISION_DOUBLED = "decision_doubled"
    DECIDED_EARLY = "decided_early"
    RECEIPT_CHANGED = "receipt_changed"
    IMAGE_STUCK = "image_stuck"
    TASK_STUCK = "task_stuck"
    GIVEN_UP = "given_up"
    STILL_WAITING = "still_waiting"

    @property
    def harm(self) -> Harm:
        if self in _STUCK:
            return Harm.STUCK
        return Harm.DOUBLED if self in _DOUBLED else Harm.LOST


_STUCK: Final = frozenset({Kind.IMAGE_STUCK, Kind.TASK_STUCK, Kind.GIVEN_UP, Kind.STILL_WAITING})
# Counted too often, or on too little.
_DOUBLED: Final = frozenset(
    {
        Kind.TASK_DOUBLED,
        Kind.TASK_OF_NO_PICTURE,
        Kind.QUARANTINE_DOUBLED,
        Kind.ANNOTATION_DOUBLED,
        Kind.VOTE_DOUBLED,
        Kind.VOTES_MISCOUNTED,
        Kind.SEAT_OVER_TARGET,
        Kind.DECISION_DOUBLED,
        Kind.DECIDED_EARLY,
        Kind.RECEIPT_CHANGED,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and which."""

    kind: Kind
    about: str


def compare(evidence: Evidence) -> list[Finding]:
    """Return everything that is wrong; nothing is wrong when it is empty."""
    found: list[Finding] = []
    found += _compare_bucket(evidence)
    found += _compare_tasks(evidence)
    found += _compare_decisions(evidence)
    found += _compare_receipts(evidence)
    found += [Finding(Kind.STILL_WAITING, f"{n} of {name}") for name, n in evidence.rows.waiting.items() if n]
    return found


def _compare_bucket(evidence: Evidence) -> Iterator[Finding]:
    """Every listed key has the one live image of its bytes, every live image is listed."""
    live = [image for image in evidence.rows.images if image.state in LIVE]
    of_key = _group(live, lambda image: image.key)
    tasks = _group((t for t in evidence.rows.tasks if t.stage == Stage.LABEL), lambda task: task.image_id)
    for key, etag in evidence.listing.items():
        shown = [image for image in of_key.get(key, ()) if image.revision == etag]
        if not shown:
            yield Finding(Kind.IMAGE_LOST, f"{key} with ETag {etag}")
        elif evidence.readable[etag]:
            yield from _compare_readable(shown[0], tasks)
        else:
            yield from _compare_unreadable(of_key[key], shown[0], tasks)
    for image in live:
        if evidence.listing.get(image.key) != image.revision:
            yield Finding(Kind.IMAGE_LEFT, f"image {image.id} ({image.key}) is {image.state}; its bytes are not there")


def _compare_readable(image: Image, tasks: Mapping[int, list[Task]]) -> Iterator[Finding]:
    """A picture has one label task of round 1 (or is labelled as another's duplicate), and one that came to an end."""
    what = f"image {image.id} ({image.key})"
    if image.state == ImageState.RECEIVED:
        yield Finding(Kind.IMAGE_STUCK, what)
        return
    if image.state == ImageState.QUARANTINED:
        yield Finding(
            Kind.GIVEN_UP if image.reason == GIVEN_UP else Kind.WRONGLY_QUARANTINED, f"{what}: {image.reason}"
        )
        return
    of_image = tasks.get(image.duplicate_of or image.id, [])
    first = [task for task in of_image if task.round == 1]
    standing = [task for task in of_image if task.state != TaskState.CANCELLED]
    if not first:
        yield Finding(Kind.TASK_LOST, f"{what} has no label task of round 1")
    elif len(first) > 1 or len(standing) > 1:
        yield Finding(Kind.TASK_DOUBLED, f"{what} has tasks {[task.id for task in of_image]}")
    elif not standing:
        kind = Kind.GIVEN_UP if any(_is_given_up(task) for task in of_image) else Kind.TASK_LOST
        yield Finding(kind, f"{what}: its tasks are cancelled ({of_image[-1].reason})")


def _compare_unreadable(live: list[Image], image: Image, tasks: Mapping[int, list[Task]]) -> Iterator[Finding]:
    """What is no picture has one quarantine entry, and no work."""
    what = f"image {image.id} ({image.key})"
    aside = [other for other in live if other.state == ImageState.QUARANTINED]
    if image.state == ImageState.RECEIVED:
        yield Finding(Kind.IMAGE_STUCK, what)
    elif image.state != ImageState.QUARANTINED:
        yield Finding(Kind.QUARANTINE_LOST, f"{what} is {image.state}")
    elif image.reason == GIVEN_UP:
        yield Finding(Kind.GIVEN_UP, what)
    if len(aside) > 1:
        yield Finding(Kind.QUARANTINE_DOUBLED, f"{image.key}: images {[other.id for other in aside]}")
    if any(task.state != TaskState.CANCELLED for task in tasks.get(image.id, ())):
        yield Finding(Kind.TASK_OF_NO_PICTURE, what)


def _is_given_up(task: Task) -> bool:
    return task.state == TaskState.CANCELLED and (task.reason or "").startswith(GIVEN_UP)


def _compare_tasks(evidence: Evidence) -> Iterator[Finding]:
    """Every task has ended, with seats up to its target, each filled by somebody else and with an answer."""
    rows = evidence.rows
    seats = _group(rows.seats, lambda seat: seat.task_id)
    answered = {annotation.lease_id for annotation in rows.annotations}
    for doubled in _repeated((task.image_id, task.stage, task.round) for task in rows.tasks):
        yield Finding(Kind.TASK_DOUBLED, "image {}: stage {}, round {}".format(*doubled))
    for task in rows.tasks:
        if task.state not in ENDED:
            yield Finding(Kind.TASK_STUCK, f"task {task.id} is {TaskState(task.state).name.lower()}")
        yield from _compare_seats(task, seats.get(task.id, []), answered)
    votes = (a for a in rows.annotations if a.seat_no < REVIEW_SEAT)
    for again in _repeated((a.task_id, a.seat_no, a.version) for a in votes):
        yield Finding(Kind.ANNOTATION_DOUBLED, "task {}, seat {}, version {}".format(*again))


def _compare_seats(task: Task, seats: list[Seat], answered: set[int]) -> Iterator[Finding]:
    voting = [seat for seat in seats if seat.seat_no < REVIEW_SEAT]
    filled = [seat for seat in voting if seat.state == SeatState.FILLED]
    if len(voting) > task.target:
        yield Finding(Kind.SEAT_OVER_TARGET, f"task {task.id}: {len(voting)} seats for a target of {task.target}")
    if len(filled) != task.votes:
        yield Finding(Kind.VOTES_MISCOUNTED, f"task {task.id}: {len(filled)} seats filled, {task.votes} votes counted")
    for member in _repeated(seat.member_id for seat in seats if seat.member_id is not None):
        yield Finding(Kind.VOTE_DOUBLED, f"task {task.id}: member {member} has two seats")
    for seat in seats:
        if seat.state == SeatState.FILLED and seat.lease_id not in answered:
            yield Finding(Kind.ANNOTATION_LOST, f"task {task.id}: seat {seat.seat_no} is filled without an answer")


def _compare_decisions(evidence: Evidence) -> Iterator[Finding]:
    """One decision a count of submits, on enough votes of different people; nothing is accepted without one."""
    rows = evidence.rows
    author = {annotation.lease_id: annotation.member_id for annotation in rows.annotations}
    for doubled in _repeated((d.task_id, d.submits) for d in rows.decisions):
        yield Finding(Kind.DECISION_DOUBLED, "task {} at {} submits".format(*doubled))
    for decision in rows.decisions:
        if decision.leases is None:
            continue
        what = f"task {decision.task_id} at {decision.submits} submits"
        if decision.outcome != Outcome.ONE_MORE and len(decision.leases) < evidence.min_votes:
            yield Finding(Kind.DECIDED_EARLY, f"{what}: {decision.outcome} on {len(decision.leases)} votes")
        for member in _repeated(author.get(lease) for lease in decision.leases):
            yield Finding(Kind.VOTE_DOUBLED, f"{what}: member {member} counts twice")
    accepting = {d.task_id for d in rows.decisions if d.outcome == Outcome.ACCEPT}
    for task in rows.tasks:
        if task.state == TaskState.ACCEPTED and task.id not in accepting:
            yield Finding(Kind.DECISION_LOST, f"task {task.id} is accepted, and nothing says why")


def _compare_receipts(evidence: Evidence) -> Iterator[Finding]:
    """What somebody was told is stored is stored, as they sent it; told twice, they were told the same."""
    stored = {annotation.lease_id: annotation for annotation in evidence.rows.annotations}
    first: dict[int, Receipt] = {}
    for receipt in evidence.receipts:
        what = f"lease {receipt.lease_id} of member {receipt.member_id}"
        told = first.setdefault(receipt.lease_id, receipt)
        if told != receipt:
            yield Finding(Kind.RECEIPT_CHANGED, f"{what}: {told}, then {receipt}")
        annotation = stored.get(receipt.lease_id)
        if annotation is None or (annotation.task_id, annotation.member_id) != (receipt.task_id, receipt.member_id):
            yield Finding(Kind.RECEIPT_UNBACKED, what)
        elif not receipt.is_review and (annotation.version, annotation.objects) != (receipt.version, receipt.objects):
            yield Finding(Kind.ANNOTATION_CHANGED, f"{what}: version {annotation.version}")


def _group(things: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return dict(groups)


def _repeated(things: Iterable[K]) -> list[K]:
    return [thing for thing, n in Counter(things).items() if n > 1]

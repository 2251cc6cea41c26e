"""What the three sources say in the end, as plain values: the bucket's listing, the rows, the people's own receipts."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Image:
    """One revision of a key; of an unversioned bucket the revision is the ETag."""

    id: int
    key: str
    revision: str
    state: str
    reason: str | None = None
    duplicate_of: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task and the image of its item; `state` as in TaskState."""

    id: int
    image_id: int
    stage: str
    round: int
    state: int
    target: int
    votes: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place on a task; `state` as in SeatState."""

    task_id: int
    seat_no: int
    state: int
    member_id: int | None = None
    lease_id: int | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A stored answer; `objects` are the ids of what it drew."""

    lease_id: int
    task_id: int
    seat_no: int
    member_id: int
    version: int = 1
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One round's outcome; `leases` are the answers it rests on, None where a supervisor decided."""

    task_id: int
    submits: int
    outcome: str
    leases: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What somebody was told is stored, noted when they were told; `objects` are the ids of what they had sent."""

    lease_id: int
    task_id: int
    member_id: int
    version: int = 1
    objects: tuple[str, ...] = ()
    is_review: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """What PostgreSQL holds. `waiting` counts what else is not at rest (outbox, feeds, deliveries, …) by name."""

    images: tuple[Image, ...] = ()
    tasks: tuple[Task, ...] = ()
    seats: tuple[Seat, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is compared. `listing` is key to ETag; `readable` says of each ETag whether it is a picture."""

    listing: Mapping[str, str]
    readable: Mapping[str, bool]
    rows: Rows
    receipts: tuple[Receipt, ...]
    min_votes: int

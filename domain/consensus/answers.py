"""What one person submitted for one task, as consensus sees it. Holds no state of the task."""

from collections.abc import Sequence
from dataclasses import dataclass

from schema.objects import LabelObject


@dataclass(frozen=True, slots=True)
class Answer:
    """One member's whole answer; an empty one says that there is nothing to label. Leases grow with time."""

    lease_id: int
    member_id: int
    objects: tuple[LabelObject, ...] = ()


def in_lease_order(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Return the answers by lease, so that nothing later depends on the order in which they were read.

    Raises ValueError when a lease or a member stands twice: a person has one vote on a task.
    """
    if len({a.lease_id for a in answers}) < len(answers) or len({a.member_id for a in answers}) < len(answers):
        raise ValueError("a member and a lease may each give one answer to a task")
    return tuple(sorted(answers, key=lambda a: a.lease_id))

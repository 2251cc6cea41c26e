"""What people were told is stored, noted when they were told: answers and drafts. Knows nothing of the database."""

from collections import defaultdict
from dataclasses import dataclass, field

Ids = frozenset[str]


@dataclass(slots=True)
class Book:
    """`sent`: the answers that were ever sent for a lease, answered or not; of these one may be stored. `receipts`: the
    task and member of each lease that was told to be stored. `drafts`: what was last told to be kept, by task and
    member, until an answer of theirs was sent."""

    sent: defaultdict[int, list[Ids]] = field(default_factory=lambda: defaultdict(list))
    receipts: dict[int, tuple[int, int]] = field(default_factory=dict)
    drafts: dict[tuple[int, int], Ids] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note_sent(self, lease_id: int, objects: Ids, *, task_id: int, member_id: int) -> None:
        self.sent[lease_id].append(objects)
        self.drafts.pop((task_id, member_id), None)

    def note_receipt(self, lease_id: int, *, task_id: int, member_id: int) -> None:
        known = self.receipts.setdefault(lease_id, (task_id, member_id))
        if known != (task_id, member_id):
            self.faults.append(f"the receipt of lease {lease_id} changed from {known} to {(task_id, member_id)}")

    def note_draft(self, objects: Ids, *, task_id: int, member_id: int) -> None:
        self.drafts[task_id, member_id] = objects

    def expect_draft(self, shown: Ids | None, *, task_id: int, member_id: int) -> None:
        """Compare what a lease shows on another device with what was told to be kept."""
        kept = self.drafts.get((task_id, member_id))
        if kept is not None and shown != kept:
            self.faults.append(f"the draft of member {member_id} on task {task_id} came back changed or not at all")

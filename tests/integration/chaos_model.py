"""Chaos in small: one client's bucket, queue and people as a machine of rules. A test drives it; the code behind it is
the real one, on a real database, one step at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

import psycopg

from bench.chaos.compare import ENDED, LIVE, Finding, Harm, Kind, compare
from bench.chaos.evidence import Evidence, Receipt, Rows, Task
from bench.chaos.pictures import Bytes, readable, unreadable
from bench.chaos.reading import read_rows
from domain.sources.service import is_image_key
from runtime.queues import Sender
from schema.enums import Topic
from tests.harness import Job, Person, Stack, box, make_job

POLICY: dict[str, Any] = {"min_votes": 2, "max_votes": 3, "undo_window_s": 60}
KEYS = ("a.png", "b.png", "c d+ü.png", "e.png")
# Few, so that the same bytes come again under the same key and under another.
CONTENTS: tuple[Bytes, ...] = (
    *(readable(Random(n)) for n in range(3)),
    unreadable(Random(1)),
    Bytes(b"", is_readable=False),
)
# What a queue may hold that no handler knows.
GARBAGE = (
    "no JSON",
    "[]",
    '{"id": "1", "version": 1, "body": {"type": "unheard_of"}}',
    '{"Service": "Amazon S3", "Event": "s3:TestEvent"}',
)
MOST_ROUNDS = 60


class Deed(StrEnum):
    """What may happen next."""

    PUT = "put"
    DELETE = "delete"
    COLLECT = "collect"
    DELIVER = "deliver"
    DELIVER_AND_KEEP = "deliver_and_keep"
    DELIVER_ALL = "deliver_all"
    DELIVER_ALL_BACKWARDS = "deliver_all_backwards"
    DROP = "drop"
    PURGE = "purge"
    GARBAGE = "garbage"
    CLAIM = "claim"
    SUBMIT = "submit"
    SUBMIT_ODD = "submit_odd"
    LABEL = "label"
    LABEL_ODD = "label_odd"
    UNDO = "undo"
    GIVE_BACK = "give_back"
    SETTLE = "settle"
    EXPIRE_LEASES = "expire_leases"
    PASS_UNDO_WINDOWS = "pass_undo_windows"
    SWEEP = "sweep"
    RECONCILE = "reconcile"


# How often each is drawn; the rest once.
WEIGHTS = {
    Deed.PUT: 4,
    Deed.DELETE: 2,
    Deed.COLLECT: 3,
    Deed.DELIVER: 3,
    Deed.DELIVER_AND_KEEP: 3,
    Deed.DELIVER_ALL: 6,
    Deed.DROP: 2,
    Deed.PURGE: 3,
    Deed.CLAIM: 5,
    Deed.SUBMIT: 4,
    Deed.LABEL: 6,
    Deed.LABEL_ODD: 3,
    Deed.UNDO: 2,
    Deed.SETTLE: 2,
    Deed.EXPIRE_LEASES: 3,
    Deed.PASS_UNDO_WINDOWS: 6,
}


def draw_deeds(seed: int, count: int) -> Iterator[tuple[Deed, int]]:
    """Draw deeds with their numbers, those that lead on more often than those that disturb."""
    random = Random(seed)
    deeds = random.choices(list(Deed), weights=[WEIGHTS.get(deed, 1) for deed in Deed], k=count)
    return ((deed, random.randrange(10_000)) for deed in deeds)


@dataclass(slots=True)
class Paper:
    """The queues of our own messages, on paper: what the sender uses of SQS's client."""

    bag: list[tuple[Topic, str]]

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - as boto3 calls it
        return {"QueueUrl": QueueName.rpartition("-")[2]}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        self.bag += [(Topic(QueueUrl), entry["MessageBody"]) for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        waiting = sum(topic == QueueUrl for topic, _ in self.bag)
        return {"Attributes": {AttributeNames[0]: str(waiting)}}


@dataclass(slots=True)
class Held:
    """A lease as its holder remembers it, whatever became of it."""

    person: Person
    lease: dict[str, Any]
    sent: tuple[str, ...] | None = None


@dataclass(slots=True)
class World:
    """A tenant of its own on a shared stack; `bag` are the messages under way, in no order."""

    stack: Stack
    admin: "psycopg.Connection[Any]"
    job: Job = field(init=False)
    bag: list[tuple[Topic, str]] = field(default_factory=list)
    leases: list[Held] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stack.sender = Sender(prefix=self.stack.settings.queue_prefix, client=Paper(self.bag))
        self.job = make_job(self.stack, annotators=4, policy=POLICY)

    def do(self, deed: Deed, number: int) -> None:
        """Do something to one of what there is; nothing where there is none."""
        key = KEYS[number % len(KEYS)]
        person = self.job.annotators[number % len(self.job.annotators)]
        held = self.leases[number % len(self.leases)] if self.leases else None
        match deed:
            case Deed.PUT:
                self.put(key, CONTENTS[number % len(CONTENTS)])
            case Deed.DELETE:
                self.delete(key)
            case Deed.COLLECT:
                self.collect()
            case Deed.DELIVER_ALL:
                self.deliver_all()
            case Deed.DELIVER_ALL_BACKWARDS:
                while self.bag:
                    self.deliver(-1, keep=False)
            case Deed.GARBAGE:
                topics = list(Topic)
                self.bag.append((topics[number % len(topics)], GARBAGE[number % len(GARBAGE)]))
            case Deed.DELIVER | Deed.DELIVER_AND_KEEP if self.bag:
                self.deliver(number % len(self.bag), keep=deed is Deed.DELIVER_AND_KEEP)
            case Deed.DROP if self.bag:
                del self.bag[number % len(self.bag)]
            case Deed.PURGE:
                self.collect()
                self.bag.clear()
            case Deed.CLAIM:
                self.claim(person)
            case Deed.LABEL | Deed.LABEL_ODD:
                self.label_all(person, is_odd=deed is Deed.LABEL_ODD)
            case Deed.SUBMIT | Deed.SUBMIT_ODD if held:
                self.submit(held, is_odd=deed is Deed.SUBMIT_ODD)
            case Deed.UNDO if held:
                self.undo(held)
            case Deed.GIVE_BACK if held:
                self.give_back(held)
            case Deed.SETTLE:
                self.settle()
            case Deed.EXPIRE_LEASES:
                self.expire_leases()
                self.stack.sweep()  # which frees their seats
            case Deed.PASS_UNDO_WINDOWS:
                self.pass_undo_windows()
            case Deed.SWEEP:
                self.stack.sweep()
            case Deed.RECONCILE:
                self.reconcile()

    # What the client does.

    def put(self, key: str, content: Bytes) -> None:
        self.stack.put(self.job.bucket, key, content.body)

    def delete(self, key: str) -> None:
        self.stack.s3.delete_object(Bucket=self.job.bucket, Key=key)

    # What the queues do.

    def collect(self) -> int:
        """Relay what is due and receive what S3 told; returns how many messages came."""
        before = len(self.bag)
        self.stack.relay()
        self.bag += [(Topic.IMAGES, body) for body in self.stack.receive_all(Topic.IMAGES)]
        return len(self.bag) - before

    def deliver(self, number: int, *, keep: bool) -> None:
        topic, body = self.bag[number] if keep else self.bag.pop(number)
        self.stack.deliver(topic, body)

    def deliver_all(self) -> None:
        """Let everything under way arrive, and what follows from it, in order."""
        while self.collect() or self.bag:
            while self.bag:
                self.deliver(0, keep=False)

    # What people do.

    def claim(self, person: Person) -> None:
        lease = self.job.claim(person)
        if lease is not None:
            self.leases.append(Held(person, lease))

    def label_all(self, person: Person, *, is_odd: bool = False) -> None:
        """Have somebody claim and answer whatever there is for them."""
        while (lease := self.job.claim(person)) is not None:
            self.leases.append(Held(person, lease))
            self.submit(self.leases[-1], is_odd=is_odd)

    def submit(self, held: Held, *, is_odd: bool) -> None:
        """Send an answer; whatever the lease has become by now, the API says so in a known way."""
        objects = [box(8, 8, 40, 40, class_id=2 if is_odd else 1)]
        if held.sent is None:
            held.sent = tuple(o["id"] for o in objects)
        lease_id = held.lease["lease_id"]
        path = f"/v1/leases/{lease_id}/annotation"
        told = held.person.call("POST", path, json={"objects": objects}, expect=(200, 201, 409))
        if "task_id" in told and "lease_id" in told:
            kept = Receipt(lease_id, told["task_id"], held.person.member_id, told["version"], held.sent)
            self.receipts.append(kept)
        else:
            held.sent = None  # refused: what is sent next, if it is taken, is the first that was

    def undo(self, held: Held) -> None:
        path = f"/v1/leases/{held.lease['lease_id']}/undo"
        again = held.person.call("POST", path, expect=(201, 409))
        if "lease_id" in again and "image" in again:
            self.leases.append(Held(held.person, again))

    def give_back(self, held: Held) -> None:
        held.person.call("DELETE", f"/v1/leases/{held.lease['lease_id']}", expect=204)

    def settle(self) -> bool:
        """Have the supervisor settle one contested task; returns whether there was one."""
        lease = self.job.claim(self.job.supervisor)
        if lease is None:
            return False
        path = f"/v1/leases/{lease['lease_id']}/review"
        view = self.job.supervisor.call("GET", path, expect=(200, 409))
        if "objects" in view:
            contested = [o["object"]["id"] for o in view["objects"] if o["causes"]]
            verdicts = [{"object_id": object_id, "choice": "merged"} for object_id in contested]
            told = self.job.supervisor.call("POST", path, json={"verdicts": verdicts}, expect=(200, 201, 409))
            if "submitted_at" in told:
                member = self.job.supervisor.member_id
                self.receipts.append(Receipt(told["lease_id"], told["task_id"], member, is_review=True))
        return True

    # What time does.

    def expire_leases(self) -> None:
        self._change("UPDATE seat SET expires_at = now() - interval '1 second' WHERE state = 1 AND client_org = %s")

    def pass_undo_windows(self) -> None:
        self.admin.execute("UPDATE outbox SET not_before = now() WHERE not_before > now()")

    def reconcile(self) -> None:
        self._change("UPDATE source SET reconciled_at = NULL WHERE client_org = %s")
        self.stack.reconcile(sources=1)

    def _change(self, statement: Any) -> None:
        self.admin.execute(statement, (self.job.client.organisation_id,))

    # What must hold.

    def find_harm(self) -> list[Finding]:
        """Return what must never be, not even while everything moves."""
        found = compare(self._evidence(listing={}))
        return [f for f in found if f.kind.harm is Harm.DOUBLED or f.kind is Kind.RECEIPT_UNBACKED]

    def find_work_on_what_is_gone(self) -> list[Task]:
        """Return tasks that are still worked on although their image went: its going cancels them at once."""
        rows = self._rows()
        gone = {image.id for image in rows.images if image.state not in LIVE}
        return [task for task in rows.tasks if task.image_id in gone and task.state not in ENDED]

    def find_differences(self) -> list[Finding]:
        """Return what is wrong now that nothing moves any more."""
        listed = self.stack.s3.list_objects_v2(Bucket=self.job.bucket).get("Contents", ())
        listing = {entry["Key"]: entry["ETag"].strip('"') for entry in listed if is_image_key(entry["Key"])}
        return compare(self._evidence(listing=listing))

    def _evidence(self, *, listing: dict[str, str]) -> Evidence:
        rows = self._rows()
        readable_etags = {content.etag: content.is_readable for content in CONTENTS}
        return Evidence(listing, readable_etags, rows, tuple(self.receipts), min_votes=POLICY["min_votes"])

    def _rows(self) -> Rows:
        return read_rows(self.admin, client_org=self.job.client.organisation_id)

    def heal(self) -> None:
        """Let sweeps, listings and people go on, without any further loss, until nothing moves."""
        for _ in range(MOST_ROUNDS):
            before = self._state()
            self.expire_leases()
            self.stack.sweep()
            self.reconcile()
            self.pass_undo_windows()
            self.deliver_all()
            left = self.find_work_on_what_is_gone()
            assert left == [], left
            for person in self.job.annotators:
                self.label_all(person)
            while self.settle():
                pass
            if self._state() == before:
                return
        raise AssertionError(f"things still move after {MOST_ROUNDS} rounds: {json.dumps(self._state(), default=str)}")

    def _state(self) -> Any:
        """Return everything whose standing still means rest, but for what a sweep counts."""
        rows = self._rows()
        return (rows.images, rows.tasks, rows.seats, rows.decisions, len(rows.annotations), rows.waiting)

"""The clerk: what dies is filed once, for whom it is about, and only then leaves its queue."""

import json
import threading
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from runtime.dead_letters import DeadQueues, Taken
from runtime.metrics import DEAD_LETTERS
from runtime.provision import SPARE_RECEIVES
from schema.enums import OrganisationKind, Topic
from schema.messages import DecideMessage, DeliveryMessage
from tests.harness import Stack, add_source, make_job
from tests.integration.letters import bury, bury_text, envelope, file_letters, queues_of, rows_of, s3_event
from workers.clerk import file_all, file_queues, show_waiting


def test_letter_of_a_worker_is_filed_with_what_it_said(stack: Stack, admin_url: str) -> None:
    client = stack.add_organisation(OrganisationKind.CLIENT)
    text = envelope(DecideMessage(client_org=client, task_id=7, submits=1))
    bury(stack, Topic.DECIDE, text, reason="bucket_refused", error="no access", attempts=4)
    assert file_letters(stack) == 1
    columns = "organisation_id, queue, kind, envelope_id, body, reason, error, attempts, trace_id::text, state"
    trace = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
    assert rows_of(admin_url, columns) == [
        (client, "decide", "decide", "e-1", text, "bucket_refused", "no access", 4, trace, "dead")
    ]


def test_filed_letter_is_in_no_queue_any_more(stack: Stack) -> None:
    bury_text(stack, Topic.DECIDE, *(f"letter {number}" for number in range(12)))
    assert file_letters(stack) == 12
    assert queues_of(stack).count(Topic.DECIDE).dead == 0
    assert file_letters(stack) == 0


def test_message_that_sqs_moved_died_of_its_worker(stack: Stack, admin_url: str) -> None:
    url = stack.queue_url(Topic.DECIDE)
    said = {"reason": {"DataType": "String", "StringValue": "conflict"}}  # of an earlier time that it died
    stack.sqs.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=said)
    for _ in range(stack.settings.max_receives + SPARE_RECEIVES + 1):
        stack.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)
    assert file_letters(stack) == 1
    assert rows_of(admin_url, "reason, attempts") == [("worker_died", stack.settings.max_receives + SPARE_RECEIVES)]


class Crashing(DeadQueues):
    """The clerk's process dies after the commit, before it deletes."""

    taken: list[Taken]

    def take(self, topic: Topic, *, wait_s: int = 0) -> list[Taken]:
        self.taken = super().take(topic, wait_s=wait_s)
        return self.taken

    def delete(self, topic: Topic, letters: object) -> None:
        raise KeyboardInterrupt


def test_crash_between_commit_and_delete_files_once(stack: Stack, admin_url: str) -> None:
    bury_text(stack, Topic.DECIDE, "one", "two")
    crashing = Crashing(prefix=stack.settings.queue_prefix, client=stack.sqs)
    with pytest.raises(KeyboardInterrupt):
        file_all(stack.relay_database, crashing, Topic.DECIDE, max_receives=5, stop=threading.Event())
    filed = sorted(rows_of(admin_url, "body"))
    crashing.let_go(Topic.DECIDE, crashing.taken)  # as the minute does for which they are hidden
    assert file_letters(stack) == 2
    assert sorted(rows_of(admin_url, "body")) == filed == [("one",), ("two",)]


def test_two_clerks_file_every_letter_once(stack: Stack, admin_url: str) -> None:
    bodies = [f"letter {number}" for number in range(60)]
    bury_text(stack, Topic.RELEASE, *bodies)
    clerks = [threading.Thread(target=file_letters, args=(stack,)) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert sorted(rows_of(admin_url, "body")) == sorted((body,) for body in bodies)


def test_event_of_a_bucket_is_filed_for_everybody_whose_key_it_is(stack: Stack, admin_url: str) -> None:
    job = make_job(stack)
    other = make_job(stack)
    add_source(stack, other.client, job.bucket, "shared/")
    bury_text(stack, Topic.IMAGES, s3_event(job.bucket, "shared/a.png"), s3_event(job.bucket, "own.png"))
    file_letters(stack)
    filed = sorted(
        (org, json.loads(body)["Records"][0]["s3"]["object"]["key"])
        for org, body in rows_of(admin_url, "organisation_id, body")
    )
    own, theirs = job.client.organisation_id, other.client.organisation_id
    assert filed == sorted([(own, "shared/a.png"), (theirs, "shared/a.png"), (own, "own.png")])


def test_event_of_a_source_that_nobody_proved_is_the_operators(stack: Stack, admin_url: str) -> None:
    job = make_job(stack)
    other = make_job(stack)
    bucket = stack.new_bucket()
    other.client.call("POST", "/v1/sources", json={"bucket": bucket})
    bury_text(stack, Topic.IMAGES, s3_event(bucket, "a.png"))
    file_letters(stack)
    assert rows_of(admin_url) == [(None,)]
    assert job.client.call("GET", "/v1/dead-letters")["items"] == []


def test_letter_about_an_organisation_that_is_not_there_is_the_operators(stack: Stack, admin_url: str) -> None:
    bury_text(stack, Topic.WEBHOOK, envelope(DeliveryMessage(organisation_id=987_654, delivery_id=1)))
    assert file_letters(stack) == 1
    assert rows_of(admin_url, "organisation_id, kind") == [(None, "delivery")]


class Spoiling(DeadQueues):
    """What it tells of one letter is nothing that anybody thought of."""

    def take(self, topic: Topic, *, wait_s: int = 0) -> list[Taken]:
        return [
            replace(x, message=replace(x.message, receives=None)) if x.message.body == "bad" else x  # type: ignore[arg-type]
            for x in super().take(topic, wait_s=wait_s)
        ]


def test_one_bad_letter_keeps_up_no_other(stack: Stack, admin_url: str) -> None:
    bury_text(stack, Topic.DECIDE, "good", "bad", "better")
    spoiling = Spoiling(prefix=stack.settings.queue_prefix, client=stack.sqs)
    with capture_logs() as logs:
        assert file_queues(stack.relay_database, spoiling, max_receives=5, stop=threading.Event()) == 2
    assert sorted(rows_of(admin_url, "body")) == [("better",), ("good",)]
    assert [line["event"] for line in logs].count("dead_letter_not_filed") == 1
    assert queues_of(stack).count(Topic.DECIDE).dead == 1


def test_huge_letter_is_filed_whole(stack: Stack, admin_url: str) -> None:
    text = '{"body": "' + "ü" * 100_000 + '"}'
    bury_text(stack, Topic.DECIDE, text)
    assert file_letters(stack) == 1
    assert rows_of(admin_url, "length(body)") == [(len(text),)]


class Deaf(DeadQueues):
    """One queue does not answer."""

    def take(self, topic: Topic, *, wait_s: int = 0) -> list[Taken]:
        if topic is Topic.IMAGES:
            self._sqs.get_queue_url(QueueName="there-is-no-such-queue")
        return super().take(topic, wait_s=wait_s)


def test_queue_that_does_not_answer_keeps_up_no_other(stack: Stack, admin_url: str) -> None:
    bury_text(stack, Topic.DECIDE, "x")
    deaf = Deaf(prefix=stack.settings.queue_prefix, client=stack.sqs)
    with capture_logs() as logs:
        file_queues(stack.relay_database, deaf, max_receives=5, stop=threading.Event())
    assert rows_of(admin_url, "body") == [("x",)]
    told = [(line["event"], line["queue"]) for line in logs if line["event"] == "dead_letters_not_taken"]
    assert told == [("dead_letters_not_taken", Topic.IMAGES)]


def test_waiting_letters_are_shown_by_queue_and_reason(stack: Stack) -> None:
    bury(stack, Topic.DECIDE, "a", reason="conflict", error="x")
    bury(stack, Topic.DECIDE, "b", reason="made_up_by_somebody", error="x")
    bury_text(stack, Topic.RELEASE, "c", "d")
    file_letters(stack)
    show_waiting(stack.relay_database)
    shown = {
        (s.labels["queue"], s.labels["reason"]): s.value for m in DEAD_LETTERS.collect() for s in m.samples if s.value
    }
    assert shown == {("decide", "conflict"): 1, ("decide", "other"): 1, ("release", "worker_died"): 2}

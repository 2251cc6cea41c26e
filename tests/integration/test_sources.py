"""A client's bucket: what is said of it, how it lets us in, what a connection test finds, and whom it feeds."""

import json
from typing import Any

import pytest

from domain.ports import BucketAccess
from runtime.aws import assumed_client
from runtime.source_buckets import SourceBuckets
from schema.enums import OrganisationKind, Role, Topic
from tests.harness import Job, Person, Stack, make_job
from tests.integration.pictures import disc_png

ROLE = "arn:aws:iam::000000000000:role/plumbline"


def run_checks(job: Job, source_id: int | None = None) -> dict[str, dict[str, Any]]:
    source = job.client.call("POST", f"/v1/sources/{source_id or job.source_id}/test")
    assert source["checked_at"] is not None
    return {check["code"]: check for check in source["checks"]}


def new_source(person: Person, **body: Any) -> dict[str, Any]:
    return dict(person.call("POST", "/v1/sources", json=body))


def patch(person: Person, source_id: int, body: dict[str, Any], **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {person.token}"} | headers
    return person.client.patch(f"/v1/sources/{source_id}", json=body, headers=sent)


def test_source_says_how_it_is_reached(stack: Stack) -> None:
    job = make_job(stack)
    said = {"name": "Field", "region": "eu-central-1", "account": "123456789012", "role_arn": ROLE, "events": "none"}
    source = new_source(job.client, bucket="other-bucket", **said)
    assert {name: source[name] for name in said} == said
    assert job.client.call("GET", f"/v1/sources/{source['id']}")["progress"]["keys"] == 0


def test_wrong_role_is_refused_by_its_field(stack: Stack) -> None:
    job = make_job(stack)
    body = {"bucket": "other-bucket", "role_arn": "plumbline"}
    problem = job.client.call("POST", "/v1/sources", json=body, expect=422)
    assert [e["field"] for e in problem["errors"]] == ["role_arn"]


def test_change_needs_the_newest_tag_if_it_names_one(stack: Stack) -> None:
    job = make_job(stack)
    headers = {"Authorization": f"Bearer {job.client.token}"}
    tag = stack.client.get(f"/v1/sources/{job.source_id}", headers=headers).headers["ETag"]
    changed = patch(job.client, job.source_id, {"name": "Field"}, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Field")
    assert changed.headers["ETag"] != tag
    late = patch(job.client, job.source_id, {"name": "Other"}, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")


def test_change_leaves_alone_what_it_does_not_name(stack: Stack) -> None:
    job = make_job(stack)
    patch(job.client, job.source_id, {"region": "eu-west-1", "role_arn": ROLE})
    changed = patch(job.client, job.source_id, {"role_arn": None}).json()
    assert (changed["region"], changed["role_arn"], changed["events"]) == ("eu-west-1", None, "s3")


def test_bucket_of_the_embedded_stack_passes_with_a_warning_about_writing(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    checks = run_checks(job)
    assert {code for code, c in checks.items() if not c["passed"]} == {"write_refused"}
    assert checks["write_refused"]["warning"]
    assert checks["proof"]["took_ms"] >= 0
    keys = [o["Key"] for o in stack.s3.list_objects_v2(Bucket=job.bucket)["Contents"]]
    assert ".plumbline-write-test" not in keys
    stack.pump()
    assert len(job.images()) == 1


def test_connection_test_explains_what_is_wrong(stack: Stack) -> None:
    job = make_job(stack)
    stack.s3.delete_object(Bucket=job.bucket, Key=".plumbline-proof")
    stack.s3.put_bucket_notification_configuration(Bucket=job.bucket, NotificationConfiguration={})
    patch(job.client, job.source_id, {"region": "eu-west-1"})
    checks = run_checks(job)
    assert checks["write_refused"]["found"].startswith("not tried")
    failed = {code: c["warning"] for code, c in checks.items() if not c["passed"]}
    assert failed == {"region": False, "proof": False, "write_refused": True, "notifications": True}
    assert all(c["remedy"] for c in checks.values() if not c["passed"])


def test_bucket_that_is_not_there_is_asked_nothing_more(stack: Stack) -> None:
    job = make_job(stack)
    source = new_source(job.client, bucket="nobody-has-this-bucket")
    checks = run_checks(job, source["id"])
    assert not any(check["passed"] for check in checks.values())
    assert checks["reachable"]["found"] == "there is no such bucket"
    assert "not tried" in checks["list"]["found"]


def test_bucket_without_events_is_told_how_often_it_is_listed(stack: Stack) -> None:
    job = make_job(stack)
    patch(job.client, job.source_id, {"events": "none"})
    check = run_checks(job)["notifications"]
    assert (check["passed"], "every 300 s" in check["found"]) == (True, True)


def test_role_is_assumed_and_asked_without_its_external_id(stack: Stack) -> None:
    job = make_job(stack)
    patch(job.client, job.source_id, {"role_arn": ROLE})
    checks = run_checks(job)
    assert checks["reachable"]["passed"]
    assert (checks["external_id_required"]["passed"], checks["external_id_required"]["warning"]) == (False, True)


class Spy:
    """STS calls of a process, seen by the handlers of botocore."""

    def __init__(self, stack: Stack) -> None:
        self.made = 0
        self._endpoint = stack.endpoint
        self.buckets = SourceBuckets(client=stack.s3, assume=self.assume)
        self.keys: list[str] = []

    def assume(self, access: BucketAccess) -> Any:
        self.made += 1
        client = assumed_client(
            role_arn=access.role_arn or "",
            external_id=access.external_id,
            region=access.region,
            endpoint=self._endpoint,
        )
        client.meta.events.register("before-send.s3", self._note)
        return client

    def _note(self, request: Any, **_: Any) -> None:
        self.keys.append(str(request.headers["Authorization"]).split("Credential=")[1].split("/")[0])


def test_images_of_a_source_with_a_role_are_read_by_assuming_it_once(stack: Stack) -> None:
    job = make_job(stack)
    patch(job.client, job.source_id, {"role_arn": ROLE})
    spy = Spy(stack)
    object.__setattr__(stack.work, "sources", spy.buckets)
    for number in range(2):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
    stack.pump()
    assert [i["state"] for i in job.images()] == ["ready", "ready"]
    assert spy.made == 1
    assert {key[:4] for key in spy.keys if isinstance(key, str)} == {"ASIA"}


def test_objects_of_a_bucket_without_events_are_found_by_its_listing(stack: Stack) -> None:
    job = make_job(stack)
    patch(job.client, job.source_id, {"events": "none"})
    stack.s3.put_bucket_notification_configuration(Bucket=job.bucket, NotificationConfiguration={})
    stack.receive_all(Topic.IMAGES)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    assert job.images() == []
    asked = job.client.call("POST", f"/v1/sources/{job.source_id}/reconcile", expect=202)
    assert asked["progress"]["listed_at"] is None
    stack.reconcile(sources=1)
    stack.pump()
    shown = job.client.call("GET", f"/v1/sources/{job.source_id}")["progress"]
    assert (shown["keys"], shown["images"]["ready"], shown["listed_at"] is not None) == (1, 1, True)


def test_reconcile_waits_for_the_proof(stack: Stack) -> None:
    job = make_job(stack)
    source = new_source(job.client, bucket="other-bucket")
    problem = job.client.call("POST", f"/v1/sources/{source['id']}/reconcile", expect=409)
    assert problem["code"] == "source_unproven"


@pytest.mark.parametrize("events", ["s3", "eventbridge", "none"])
def test_setup_names_the_external_id_and_the_queue(stack: Stack, events: str) -> None:
    job = make_job(stack)
    source = new_source(job.client, bucket="other-bucket", prefix="a ${b}/", events=events)
    setup = job.client.call("GET", f"/v1/sources/{source['id']}/setup")
    [statement] = setup["trust_policy"]["Statement"]
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == source["external_id"]
    assert setup["queue_arn"].endswith(f":{stack.settings.queue_prefix}-images")
    assert (setup["queue_arn"] in setup["terraform"]) == (events != "none")
    assert "a ${b}/" not in setup["terraform"].replace("$${", "")
    if events == "s3":
        stack.s3.create_bucket(Bucket="other-bucket")
        stack.s3.put_bucket_notification_configuration(
            Bucket="other-bucket", NotificationConfiguration=setup["notification"]
        )
        assert run_checks(job, source["id"])["notifications"]["passed"]
        stack.s3.delete_bucket(Bucket="other-bucket")


@pytest.fixture
def fed(stack: Stack) -> Job:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    return job


def feed(job: Job) -> str:
    return f"/v1/sources/{job.source_id}/feeds/{job.project_id}"


def test_ended_feed_brings_nothing_new_and_keeps_what_it_brought(fed: Job) -> None:
    fed.client.call("DELETE", feed(fed))
    fed.client.call("DELETE", feed(fed))
    fed.stack.put(fed.bucket, "b.png", disc_png(2))
    fed.stack.pump()
    assert [(t["key"], t["state"]) for t in fed.tasks()] == [("a.png", "open")]
    assert len(fed.images()) == 2
    [listed] = fed.client.call("GET", f"/v1/projects/{fed.project_id}/feeds")["items"]
    assert (listed["source_id"], listed["ended_at"] is not None) == (fed.source_id, True)


def test_feed_that_is_taken_up_again_brings_what_came_meanwhile(fed: Job) -> None:
    fed.client.call("DELETE", feed(fed))
    fed.stack.put(fed.bucket, "b.png", disc_png(2))
    fed.stack.pump()
    fed.client.call("PUT", feed(fed))
    fed.stack.pump()
    assert sorted(t["key"] for t in fed.tasks()) == ["a.png", "b.png"]
    [listed] = fed.client.call("GET", f"/v1/sources/{fed.source_id}/feeds")["items"]
    assert (listed["ended_at"], listed["filled_at"] is not None) == (None, True)


def test_feed_that_is_ended_while_it_is_filled_stops(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    stack.put(job.bucket, "a.png", disc_png(1))
    stack.pump()
    job.client.call("PUT", feed(job))
    job.client.call("DELETE", feed(job))
    stack.pump()
    stack.sweep()
    stack.pump()
    assert job.tasks() == []


def test_feed_that_never_was_cannot_end(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    job.client.call("DELETE", feed(job), expect=404)


def test_sources_of_another_client_are_not_there(stack: Stack) -> None:
    job = make_job(stack)
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    path = f"/v1/sources/{job.source_id}"
    for person, expected in ((other, 404), (job.vendor, 404), (job.annotators[0], 403)):
        for method, more in (
            ("GET", ""),
            ("GET", "/feeds"),
            ("GET", "/setup"),
            ("POST", "/test"),
            ("POST", "/reconcile"),
        ):
            person.call(method, path + more, expect=expected)
        person.call("PATCH", path, json={"name": "mine"}, expect=expected)


def test_a_bucket_that_is_not_proven_tells_nothing_of_its_objects(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "secret-name.png", disc_png())
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    mine = new_source(other, bucket=job.bucket)

    tested = other.call("POST", f"/v1/sources/{mine['id']}/test")

    found = {check["code"]: check["found"] for check in tested["checks"]}
    assert (found["list"], found["read"]) == ("it can be listed", "an object can be read")
    assert "secret-name" not in json.dumps(tested)


def test_source_is_registered_once_for_one_key(stack: Stack) -> None:
    job = make_job(stack)
    headers = {"Authorization": f"Bearer {job.client.token}", "Idempotency-Key": "k"}
    answers = [stack.client.post("/v1/sources", json={"bucket": "other-bucket"}, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert json.loads(answers[0].text)["id"] == json.loads(answers[1].text)["id"]

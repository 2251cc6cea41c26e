"""Files in parts through our own address, from a browser or the command line, whatever breaks in between."""

import hashlib
from typing import Any

import httpx2

from schema.enums import OrganisationKind, Role
from tests.harness import Person, Stack, make_job
from tests.integration.pictures import disc_png

PART = 8 * 1024 * 1024


def begin(person: Person, project_id: int, name: str, body: bytes, **more: Any) -> dict[str, Any]:
    announced = {"purpose": "picture", "name": name, "bytes": len(body), "project_id": project_id} | more
    return dict(person.call("POST", "/v1/uploads", json=announced))


def send(person: Person, upload: dict[str, Any], number: int, body: bytes) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/octet-stream"}
    path = f"/uploads/{upload['id']}/parts/{number}"
    return person.client.request("PUT", path, headers=headers, content=body)


def send_all(person: Person, upload: dict[str, Any], body: bytes) -> dict[str, Any]:
    size = upload["part_bytes"]
    for number in range(1, upload["parts"] + 1):
        answer = send(person, upload, number, body[(number - 1) * size : number * size])
        assert answer.status_code == 200, answer.text
    return dict(person.call("POST", f"/v1/uploads/{upload['id']}/complete"))


def test_uploaded_picture_comes_in_through_the_event_of_its_bucket(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    body = disc_png(1)
    done = send_all(job.client, begin(job.client, job.project_id, "july/Übersicht 1.png", body), body)
    stack.pump()
    [image] = job.client.call("GET", f"/v1/images?source_id={done['source_id']}")["items"]
    assert (image["state"], image["sha256"]) == ("ready", hashlib.sha256(body).hexdigest())
    assert image["key"].endswith("/july/Übersicht 1.png")
    assert [t["state"] for t in job.tasks()] == ["open"]


def test_hosted_source_is_made_once_and_cannot_be_set_up(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    sources = {begin(job.client, job.project_id, name, b"x")["source_id"] for name in ("a.png", "b.png")}
    [source_id] = sources
    source = job.client.call("GET", f"/v1/sources/{source_id}")
    assert (source["kind"], source["verified_at"] is not None) == ("hosted", True)
    job.client.call("GET", f"/v1/sources/{source_id}/setup", expect=422)
    job.client.call("POST", f"/v1/sources/{source_id}/test", expect=422)
    problem = job.client.call("POST", "/v1/sources", json={"bucket": source["bucket"]}, expect=422)
    assert problem["code"] == "source_refused"


def test_large_file_goes_in_parts_and_resumes_where_it_broke(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    body = bytes(range(256)) * (PART // 256) + b"the rest"
    announced = {"purpose": "labels", "name": "a.json", "bytes": len(body)}
    upload = job.client.call("POST", "/v1/uploads", json=announced)
    assert (upload["part_bytes"], upload["parts"]) == (PART, 2)
    assert send(job.client, upload, 2, body[PART:]).status_code == 200
    again = job.client.call("GET", f"/v1/uploads/{upload['id']}")
    assert again["received"] == [2]
    assert send(job.client, again, 1, body[:PART]).status_code == 200
    done = job.client.call("POST", f"/v1/uploads/{upload['id']}/complete")
    assert done["state"] == "complete"
    assert stack.work.bucket.get_bytes(done["key"]) == body


def test_missing_parts_are_named(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = begin(job.client, job.project_id, "a.png", b"abc")
    problem = job.client.call("POST", f"/v1/uploads/{upload['id']}/complete", expect=409)
    assert (problem["code"], problem["facts"]["missing"]) == ("upload_incomplete", [1])


def test_part_of_another_size_is_refused(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = begin(job.client, job.project_id, "a.png", b"abc")
    answer = send(job.client, upload, 1, b"ab")
    assert (answer.status_code, answer.json()["code"]) == (422, "part_wrong_size")
    assert send(job.client, upload, 2, b"abc").status_code == 404
    assert send(job.client, upload, 1, b"x" * (17 * 1024 * 1024)).status_code == 422


def test_repeated_part_takes_the_place_of_the_first(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = job.client.call("POST", "/v1/uploads", json={"purpose": "labels", "name": "a.txt", "bytes": 3})
    for body in (b"old", b"new"):
        assert send(job.client, upload, 1, body).status_code == 200
    done = job.client.call("POST", f"/v1/uploads/{upload['id']}/complete")
    assert stack.work.bucket.get_bytes(done["key"]) == b"new"


def test_completing_twice_answers_the_same(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    body = disc_png(1)
    upload = begin(job.client, job.project_id, "a.png", body)
    first = send_all(job.client, upload, body)
    assert job.client.call("POST", f"/v1/uploads/{upload['id']}/complete") == first


def test_completion_whose_answer_was_lost_in_s3_is_made_up_for(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = job.client.call("POST", "/v1/uploads", json={"purpose": "labels", "name": "a.txt", "bytes": 3})
    send(job.client, upload, 1, b"abc")
    multipart = stack.s3.list_multipart_uploads(Bucket=stack.settings.bucket)["Uploads"][0]
    stack.work.bucket.put_bytes(upload["key"], b"abc", content_type="text/plain")
    stack.s3.abort_multipart_upload(Bucket=stack.settings.bucket, Key=upload["key"], UploadId=multipart["UploadId"])
    assert job.client.call("POST", f"/v1/uploads/{upload['id']}/complete")["state"] == "complete"


def test_upload_that_s3_lost_says_so(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = job.client.call("POST", "/v1/uploads", json={"purpose": "labels", "name": "a.txt", "bytes": 3})
    multipart = stack.s3.list_multipart_uploads(Bucket=stack.settings.bucket)["Uploads"][0]
    stack.s3.abort_multipart_upload(Bucket=stack.settings.bucket, Key=upload["key"], UploadId=multipart["UploadId"])
    answer = send(job.client, upload, 1, b"abc")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_lost")


def test_aborted_upload_takes_no_more_parts(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    upload = begin(job.client, job.project_id, "a.png", b"abc")
    job.client.call("DELETE", f"/v1/uploads/{upload['id']}")
    assert send(job.client, upload, 1, b"abc").status_code == 409
    assert job.client.call("GET", f"/v1/uploads/{upload['id']}")["state"] == "aborted"
    assert [u["id"] for u in job.client.call("GET", "/v1/uploads?state=aborted")["items"]] == [upload["id"]]


def test_same_name_is_a_new_revision_of_the_same_picture(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    for number in (1, 2):
        body = disc_png(number)
        done = send_all(job.client, begin(job.client, job.project_id, "a.png", body), body)
        stack.pump()
    images = job.client.call("GET", f"/v1/images?source_id={done['source_id']}")["items"]
    assert sorted(i["state"] for i in images) == ["ready", "superseded"]


def test_only_the_projects_own_client_uploads_to_it(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    other = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    announced = {"purpose": "picture", "name": "a.png", "bytes": 3, "project_id": job.project_id}
    assert other.call("POST", "/v1/uploads", json=announced, expect=404)["code"] == "not_found"
    labels = {"purpose": "labels", "name": "a.json", "bytes": 10, "content_type": "application/json"}
    for body in (announced, labels):
        assert job.vendor.call("POST", "/v1/uploads", json=body, expect=403)["code"] == "forbidden"
    job.annotators[0].call("POST", "/v1/uploads", json=announced, expect=403)
    upload = begin(job.client, job.project_id, "a.png", b"abc")
    assert send(other, upload, 1, b"abc").status_code == 404
    other.call("POST", f"/v1/uploads/{upload['id']}/complete", expect=404)


def test_part_without_a_member_is_refused(stack: Stack) -> None:
    assert stack.client.put("/uploads/1/parts/1", content=b"a").status_code == 401


def test_picture_larger_than_what_is_read_is_refused_before_it_is_sent(stack: Stack) -> None:
    job = make_job(stack, connect=False)
    announced = {"purpose": "picture", "name": "a.png", "bytes": 10**9, "project_id": job.project_id}
    assert job.client.call("POST", "/v1/uploads", json=announced, expect=413)["code"] == "upload_too_large"


def test_unfinished_uploads_are_thrown_away_by_a_rule_of_both_buckets(stack: Stack) -> None:
    for bucket in (stack.settings.bucket, stack.settings.upload_bucket):
        rules = stack.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert [r["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for r in rules] == [7]

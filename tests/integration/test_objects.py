"""Pictures and files by signed link: the bytes that lie in our bucket, in parts too, for nobody without the link."""

import hashlib
import io
from typing import Any

from PIL import Image

from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc_png


def leased(stack: Stack) -> tuple[Job, dict[str, Any]]:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    return job, lease


def test_lease_links_to_the_picture_and_its_thumbnail(stack: Stack) -> None:
    _, lease = leased(stack)
    answer = stack.client.get(lease["image"]["url"])
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == (320, 240)
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    thumbnail = stack.client.get(lease["image"]["thumbnail_url"])
    assert thumbnail.headers["content-type"] == "image/jpeg"


def test_part_of_an_object_is_served_by_range(stack: Stack) -> None:
    _, lease = leased(stack)
    whole = stack.client.get(lease["image"]["url"]).content
    part = stack.client.get(lease["image"]["url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    beyond = stack.client.get(lease["image"]["url"], headers={"Range": f"bytes={len(whole) + 5}-"})
    assert beyond.status_code == 416


def test_known_object_is_not_sent_again(stack: Stack) -> None:
    _, lease = leased(stack)
    etag = stack.client.get(lease["image"]["url"]).headers["etag"]
    again = stack.client.get(lease["image"]["url"], headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_forged_link_is_refused(stack: Stack) -> None:
    _, lease = leased(stack)
    url = lease["image"]["url"]
    forged = url[:-6] + ("A" if url[-6] != "A" else "B") + url[-5:]
    answer = stack.client.get(forged)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_refused")


def test_client_sees_its_images_with_links_and_quarantined_ones_without(stack: Stack) -> None:
    job, _ = leased(stack)
    stack.put(job.bucket, "broken.png", b"no picture")
    stack.pump()
    by_state = {image["state"]: image for image in job.images()}
    assert stack.client.get(by_state["ready"]["thumbnail_url"]).status_code == 200
    assert by_state["quarantined"]["url"] is None


def test_release_is_downloaded_by_link_with_its_checksum(stack: Stack) -> None:
    job = make_job(stack)
    created = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    stack.pump()
    [file] = job.client.call("GET", f"/v1/releases/{created['id']}")["files"]
    body = stack.client.get(file["url"]).content
    assert hashlib.sha256(body).hexdigest() == file["sha256"]

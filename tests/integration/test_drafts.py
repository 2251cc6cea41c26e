"""Drafts: whole or by difference, restored anywhere, and never overwritten unseen by another page."""

import threading
from functools import partial
from typing import Any
from uuid import uuid4

from tests.harness import Person, Stack, box
from tests.integration.pictures import disc_box
from tests.integration.timed import answer, change, claim, job_with, rows


def put(person: Person, lease: dict[str, Any], sequence: int, *, expect: int = 200, **more: Any) -> Any:
    body = {"sequence": sequence, "objects": answer()} | more
    return person.call("PUT", f"/v1/leases/{lease['lease_id']}/draft", json=body, expect=expect)


def patch(person: Person, lease: dict[str, Any], base: int, *, expect: int | tuple[int, ...] = 200, **more: Any) -> Any:
    body = {"sequence": base + 1, "base_sequence": base} | more
    return person.call("PATCH", f"/v1/leases/{lease['lease_id']}/draft", json=body, expect=expect)


def stored(person: Person, lease: dict[str, Any]) -> dict[str, Any]:
    return dict(person.call("GET", f"/v1/leases/{lease['lease_id']}")["draft"])


def held(stack: Stack) -> tuple[Person, dict[str, Any]]:
    job = job_with(stack, 1)
    return job.annotators[0], claim(job, job.annotators[0])


def test_draft_tells_who_saved_it(stack: Stack) -> None:
    person, lease = held(stack)
    assert put(person, lease, 3, writer="tablet") == {"stored": True, "sequence": 3}
    draft = stored(person, lease)
    assert (draft["sequence"], draft["writer"], len(draft["objects"])) == (3, "tablet", 1)


def test_clients_that_name_no_writer_go_on_as_before(stack: Stack) -> None:
    person, lease = held(stack)
    assert put(person, lease, 2)["stored"]
    assert put(person, lease, 1) == {"stored": False, "sequence": 2}
    assert put(person, lease, 2)["stored"]


def test_save_over_what_another_writer_saved_since_is_refused(stack: Stack) -> None:
    person, lease = held(stack)
    put(person, lease, 5, writer="tab-a")
    refused = put(person, lease, 6, writer="tab-b", base_sequence=4, objects=[], expect=409)
    assert (refused["code"], refused["facts"]) == ("draft_conflict", {"sequence": 5, "writer": "tab-a"})
    assert len(stored(person, lease)["objects"]) == 1
    assert put(person, lease, 6, writer="tab-b", base_sequence=5)["stored"]


def test_writer_goes_on_from_its_own_older_draft(stack: Stack) -> None:
    person, lease = held(stack)
    put(person, lease, 5, writer="tab-a")
    assert put(person, lease, 6, writer="tab-a", base_sequence=3)["stored"]


def test_difference_puts_replaces_and_deletes_in_order(stack: Stack) -> None:
    person, lease = held(stack)
    first, second, third = (box(*disc_box(i)) for i in range(3))
    put(person, lease, 1, objects=[first, second])
    changed = first | {"class_id": 2}
    patch(person, lease, 1, put=[third, changed], delete=[second["id"]])
    objects = stored(person, lease)["objects"]
    assert [(o["id"], o["class_id"]) for o in objects] == [(first["id"], 2), (third["id"], 1)]


def test_first_difference_goes_on_from_nothing(stack: Stack) -> None:
    person, lease = held(stack)
    assert patch(person, lease, 0, put=answer()) == {"stored": True, "sequence": 1}
    assert len(stored(person, lease)["objects"]) == 1


def test_difference_to_another_draft_is_refused(stack: Stack) -> None:
    person, lease = held(stack)
    refused = patch(person, lease, 3, put=answer(), expect=409)
    assert (refused["code"], refused["facts"]) == ("draft_conflict", {"sequence": 0, "writer": None})
    put(person, lease, 4, writer="tab-a")
    for writer in ("", "tab-b"):
        refused = patch(person, lease, 3, put=answer(), writer=writer, expect=409)
        assert refused["facts"] == {"sequence": 4, "writer": "tab-a"}


def test_repeated_difference_changes_nothing(stack: Stack) -> None:
    person, lease = held(stack)
    put(person, lease, 1, objects=[])
    body: dict[str, Any] = {"put": answer(), "writer": "tab-a"}
    assert patch(person, lease, 1, **body) == patch(person, lease, 1, **body)
    assert len(stored(person, lease)["objects"]) == 1


def test_difference_that_names_unknown_objects_to_delete_is_taken(stack: Stack) -> None:
    person, lease = held(stack)
    assert patch(person, lease, 0, delete=[str(uuid4())])["stored"]


def test_difference_has_to_go_on(stack: Stack) -> None:
    person, lease = held(stack)
    body = {"sequence": 1, "base_sequence": 1}
    refused = person.call("PATCH", f"/v1/leases/{lease['lease_id']}/draft", json=body, expect=422)
    assert refused["code"] == "invalid_request"


def test_drafts_of_somebody_elses_lease_are_not_found(stack: Stack) -> None:
    job = job_with(stack, 1)
    lease = claim(job, job.annotators[0])
    put(job.annotators[1], lease, 1, expect=404)
    patch(job.annotators[1], lease, 0, expect=404)


def test_of_two_pages_that_save_the_same_draft_at_once_one_is_told(stack: Stack) -> None:
    person, lease = held(stack)
    put(person, lease, 1, writer="start")
    codes: list[Any] = []

    def save(writer: str) -> None:
        for number in range(10):
            done = patch(person, lease, number + 1, put=answer(), writer=writer, expect=(200, 409))
            codes.append(done.get("code", "stored"))

    tabs = [threading.Thread(target=save, args=(name,)) for name in ("tab-a", "tab-b")]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    draft = stored(person, lease)
    assert codes.count("stored") == draft["sequence"] - 1 == len(draft["objects"]) - 1
    assert set(codes) <= {"stored", "draft_conflict"}


def expiry(admin_url: str) -> Any:
    return rows(admin_url, "SELECT expires_at, xmin::text AS written FROM seat WHERE state = 1")[0]


def test_seat_is_written_only_when_less_than_half_of_its_time_is_left(stack: Stack, admin_url: str) -> None:
    person, lease = held(stack)
    path = f"/v1/leases/{lease['lease_id']}/heartbeat"
    before = expiry(admin_url)
    person.call("POST", path, json={"active_s": 1})
    put(person, lease, 1)
    assert expiry(admin_url) == before
    renewals = (partial(person.call, "POST", path), partial(put, person, lease, 2), partial(patch, person, lease, 2))
    for renew in renewals:
        change(admin_url, "UPDATE seat SET expires_at = now() + interval '7 minutes' WHERE state = 1")
        short = expiry(admin_url)["expires_at"]
        renew()
        assert (expiry(admin_url)["expires_at"] - short).total_seconds() > 400

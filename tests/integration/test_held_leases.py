"""What a member holds, and claims that are narrowed to a stage."""

from tests.harness import Stack, box, make_job
from tests.integration.pictures import disc_box, disc_png


def test_member_sees_the_leases_that_they_hold_and_nobody_elses(stack: Stack) -> None:
    job = make_job(stack)
    for i in range(2):
        stack.put(job.bucket, f"{i}.png", disc_png(i))
    stack.pump()
    held = [job.claim(job.annotators[0]) for _ in range(2)]
    assert all(held)
    items = job.annotators[0].call("GET", "/v1/leases")["items"]
    assert [i["lease_id"] for i in items] == [lease["lease_id"] for lease in held if lease]
    assert [(i["project_name"], i["stage"], i["has_draft"]) for i in items] == [("Coins", "label", False)] * 2
    assert stack.client.get(items[0]["thumbnail_url"]).status_code == 200
    assert job.annotators[1].call("GET", "/v1/leases")["items"] == []
    job.annotators[0].call("DELETE", f"/v1/leases/{items[0]['lease_id']}")
    assert len(job.annotators[0].call("GET", "/v1/leases")["items"]) == 1


def test_lease_names_its_project_and_the_guidelines_it_was_claimed_under(stack: Stack) -> None:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    assert (lease["project_name"], lease["guideline_version"]) == ("Coins", 1)


def test_claim_can_be_narrowed_to_a_stage(stack: Stack) -> None:
    job = make_job(stack, policy={"max_votes": 2})
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    job.label(job.annotators[0], lambda _: [box(*disc_box(0))])
    job.label(job.annotators[1], lambda _: [])
    stack.pump()
    assert job.supervisor.call("POST", "/v1/leases", json={"stage": "label"}, expect=204) is None
    assert job.supervisor.call("POST", "/v1/leases", json={"stage": "review"})["stage"] == "review"

"""The main story: two people label in two browsers, a third settles what they differ on, the release holds it."""

import json
import time
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from schema.enums import Role, Topic
from schema.messages import DecideMessage
from tests.browser.bench import Bench
from tests.browser.chromium import Window, open_window
from tests.browser.people import Account, give_password, sign_in
from tests.browser.served import pumping, serve
from tests.harness import Job, Stack, make_job
from tests.integration.letters import bury, envelope, file_letters
from tests.integration.pictures import disc_box, discs, png

# The two agree on the first disc; of the second one of them draws only a part.
AGREED = disc_box(0)
WHOLE = disc_box(1)
PART = (WHOLE[0], WHOLE[1], WHOLE[0] + (WHOLE[2] - WHOLE[0]) * 0.62, WHOLE[3])


def test_two_people_label_a_third_settles_and_the_release_holds_it(stack: Stack, browser: Browser) -> None:
    job = make_job(stack, annotators=2, policy={"max_votes": 2, "undo_window_s": 1})
    stack.put(job.bucket, "discs.png", png(discs()))
    ada, grace = (give_password(stack, person) for person in job.annotators)
    settler = give_password(stack, job.supervisor)
    with serve(stack) as url, pumping(stack), ExitStack() as windows:
        first, second, third = (windows.enter_context(open_window(browser, url)) for _ in range(3))
        _label(first, ada, job, [AGREED, WHOLE])
        _label(second, grace, job, [AGREED, PART])
        _settle(third, settler, job)
        released = _release(job)
        for window in (first, second, third):
            window.check_calm()
    boxes = [tuple(round(v) for v in a["bbox"]) for a in released["annotations"]]
    assert len(boxes) == 2
    assert _as_coco(WHOLE) in [_close(b, _as_coco(WHOLE)) for b in boxes], boxes


def _label(window: Window, account: Account, job: Job, boxes: list[tuple[float, float, float, float]]) -> None:
    page = window.page
    sign_in(page, account)
    page.goto(f"/projects/{job.project_id}/work")
    bench = Bench(page)
    lease = bench.wait_for_task()
    for box in boxes:
        bench.draw_box(*box)
    assert window.list_barriers() == []
    bench.submit()
    bench.wait_until(lambda found: found["lease_id"] != lease)
    expect(page.get_by_text("Nothing to label", exact=False)).to_be_visible()


def _settle(window: Window, account: Account, job: Job) -> None:
    page = window.page
    sign_in(page, account)
    _wait_for_review(job)
    page.goto(f"/projects/{job.project_id}/review")
    expect(page.get_by_role("complementary", name="Verdicts")).to_be_visible()
    assert window.list_barriers() == []
    page.get_by_role("radio", name="Version A", exact=False).first.check()
    page.get_by_role("button", name="Accept & next").click()
    expect(page.get_by_text("Nothing to review", exact=False)).to_be_visible()


def _wait_for_review(job: Job) -> None:
    """Wait until the undo window is over and consensus has found what is contested."""
    deadline = time.monotonic() + 20
    while not job.progress()["in_review"]:
        assert time.monotonic() < deadline, job.tasks()
        time.sleep(0.1)


def _release(job: Job) -> dict[str, list[dict[str, list[float]]]]:
    release = job.client.call("POST", "/v1/releases", json={"project_id": job.project_id})
    deadline = time.monotonic() + 20
    while (found := job.client.call("GET", f"/v1/releases/{release['id']}"))["state"] != "complete":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    link = next(f["url"] for f in found["files"] if f["name"].endswith("annotations.json"))
    document: dict[str, list[dict[str, list[float]]]] = json.loads(job.client.client.get(link).content)
    return document


def _as_coco(box: tuple[float, float, float, float]) -> tuple[int, ...]:
    return tuple(round(v) for v in (box[0], box[1], box[2] - box[0], box[3] - box[1]))


def _close(found: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Return `wanted` where the drawn box differs by no more than a mouse may."""
    return wanted if all(abs(a - b) <= 2 for a, b in zip(found, wanted, strict=True)) else found


PAGES = {
    "sign in": (None, "/sign-in"),
    "projects": (Role.MANAGER, "/projects"),
    "overview": (Role.MANAGER, "/projects/{project}"),
    "images": (Role.MANAGER, "/projects/{project}/images"),
    "quarantine": (Role.MANAGER, "/projects/{project}/quarantine"),
    "models": (Role.MANAGER, "/models"),
    "predictions": (Role.MANAGER, "/projects/{project}/models"),
    "dead letters": (Role.MANAGER, "/dead-letters"),
    "inbox": (Role.MANAGER, "/inbox"),
    "account": (Role.MANAGER, "/account"),
    "nothing to label": (Role.ANNOTATOR, "/projects/{project}/work"),
    "nothing to review": (Role.SUPERVISOR, "/projects/{project}/review"),
    "no such page": (Role.MANAGER, "/no/such/page"),
}


@pytest.mark.slow
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_no_page_shuts_anybody_out(stack: Stack, browser: Browser, dark: bool) -> None:
    job = make_job(stack, annotators=2)
    people = {Role.MANAGER: job.client, Role.ANNOTATOR: job.annotators[0], Role.SUPERVISOR: job.supervisor}
    accounts = {role: give_password(stack, person) for role, person in people.items()}
    _fill(stack, job)
    barriers: dict[str, list[str]] = {}
    with serve(stack) as url, ExitStack() as windows:
        opened: dict[Role | None, Window] = {}
        for name, (role, path) in PAGES.items():
            if role not in opened:
                opened[role] = windows.enter_context(open_window(browser, url, dark=dark))
                if role is not None:
                    sign_in(opened[role].page, accounts[role])
            window = opened[role]
            window.page.goto(path.format(project=job.project_id))
            _wait_until_shown(window.page)
            if found := window.list_barriers():
                barriers[name] = found
            assert window.strayed == [], name
    assert barriers == {}


def _fill(stack: Stack, job: Job) -> None:
    """Leave something to see on each page: accepted work, a picture that could not come in, a message that died."""
    dead = envelope(DecideMessage(client_org=job.client.organisation_id, task_id=7, submits=1))
    bury(stack, Topic.DECIDE, dead, reason="conflict", error="it broke")
    file_letters(stack)
    stack.put(job.bucket, "discs.png", png(discs()))
    stack.put(job.bucket, "torn.png", png(discs())[:200])
    stack.pump()
    for person in job.annotators:
        job.label(person, lambda lease: [])
    stack.pump()


def _wait_until_shown(page: Page) -> None:
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)

"""The dead-letter desk through the page: a manager sees why something died, mends it, and sends it once more."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from schema.enums import Role, Topic
from schema.messages import DecideMessage, ImageMessage
from tests.browser.chromium import Window, open_window
from tests.browser.people import give_password, sign_in
from tests.browser.served import serve
from tests.harness import Job, Stack, make_job
from tests.integration.letters import bury, envelope, file_letters
from tests.integration.pictures import disc_png

pytestmark = pytest.mark.slow


@pytest.fixture
def job(stack: Stack) -> Job:
    job = make_job(stack, annotators=1)
    stack.put(job.bucket, "in/a.png", disc_png(1))
    stack.pump()
    return job


def fill(job: Job, *, decisions: int = 3) -> None:
    """Let a picture's message and a few decisions die."""
    org = job.client.organisation_id
    image = ImageMessage(client_org=org, image_id=job.images()[0]["id"])
    bury(job.stack, Topic.IMAGES, envelope(image, id="i"), reason="bucket_refused", error="in/a.png: no access")
    for number in range(decisions):
        text = envelope(DecideMessage(client_org=org, task_id=900 + number, submits=1), id=f"d{number}")
        bury(job.stack, Topic.DECIDE, text)
    file_letters(job.stack)


@pytest.fixture
def window(job: Job, browser: Browser) -> Iterator[Window]:
    """The manager's window, signed in."""
    account = give_password(job.stack, job.client)
    with serve(job.stack) as url, open_window(browser, url) as opened:
        sign_in(opened.page, account)
        yield opened
        opened.check_calm()


def states(job: Job) -> list[str]:
    return sorted(x["state"] for x in job.client.call("GET", "/v1/dead-letters")["items"])


def test_letter_is_found_read_and_sent_once_more(job: Job, window: Window) -> None:
    fill(job)
    page = window.page
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("menuitem", name="Dead letters").click()
    page.get_by_role("checkbox", name="Bucket refused in images, 1 letter").click()
    expect(page.get_by_role("region", name="Dead letters").locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="in/a.png").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("in/a.png: no access")).to_be_visible()
    expect(drawer.get_by_text('"type": "image"')).to_be_visible()
    expect(drawer.get_by_role("link", name="Open the image")).to_have_attribute("href", re.compile("key=in%2Fa.png"))
    assert window.list_barriers() == []
    drawer.get_by_role("button", name="Re-drive").click()
    dialog = page.get_by_role("dialog", name="Re-drive 1 letter")
    expect(dialog.get_by_text("This cannot be taken back", exact=False)).to_be_visible()
    assert window.list_barriers() == []
    dialog.get_by_role("button", name="Re-drive").click()
    expect(drawer.get_by_text("Re-driven by", exact=False)).to_be_visible()
    job.stack.pump()
    assert [text for _, text in job.stack.delivered if '"id":"i"' in text]
    assert states(job) == ["dead", "dead", "dead", "redriven"]


def test_chosen_letters_are_discarded_with_a_reason_and_all_others_sent_at_a_rate(job: Job, window: Window) -> None:
    fill(job)
    page = window.page
    page.goto("/dead-letters?queue=decide")
    page.get_by_role("checkbox", name=re.compile(r"^Choose letter \d+$")).first.check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_role("button", name="Discard", exact=True).click()
    page.get_by_label("Why is it not needed?").fill("a test of ours")
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_role("region", name="Dead letters").locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Re-drive all").click()
    dialog = page.get_by_role("dialog", name="Re-drive 2 letters")
    dialog.get_by_label("Messages a second").fill("0.5")
    expect(dialog.get_by_text("They leave over 2 s.")).to_be_visible()
    dialog.get_by_role("button", name="Re-drive").click()
    expect(page.get_by_text("Nothing left of this")).to_be_visible()
    assert states(job) == ["dead", "discarded", "redriven", "redriven"]
    page.get_by_text("Discarded", exact=True).click()
    page.get_by_role("button", name=re.compile("^Open letter")).click()
    expect(page.get_by_role("dialog").get_by_text("a test of ours", exact=False)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_desk_without_letters_says_what_would_lie_there(job: Job, window: Window) -> None:
    window.page.goto("/dead-letters")
    expect(window.page.get_by_role("heading", name="Every message was handled")).to_be_visible()
    assert window.list_barriers() == []


def test_long_list_goes_on_as_it_is_read(job: Job, window: Window) -> None:
    fill(job, decisions=130)
    page = window.page
    page.goto("/dead-letters?queue=decide")
    expect(page.get_by_role("region", name="Dead letters").locator("tbody tr").first).to_be_visible()
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 50_000)
    expect(page.get_by_role("region", name="Dead letters").locator("tbody tr")).to_have_count(130)


def test_supervisor_looks_and_decides_nothing(job: Job, browser: Browser) -> None:
    fill(job)
    supervisor = job.stack.add_person(job.client.organisation_id, Role.SUPERVISOR)
    account = give_password(job.stack, supervisor)
    with serve(job.stack) as url, open_window(browser, url, dark=False, width=420) as window:
        sign_in(window.page, account)
        window.page.goto("/dead-letters")
        expect(window.page.get_by_role("button", name=re.compile("^Open letter"))).to_have_count(4)
        expect(window.page.get_by_role("button", name=re.compile("Re-drive|Discard"))).to_have_count(0)
        assert window.list_barriers() == []
        window.check_calm()

"""Temporary."""
import json
from playwright.sync_api import Browser, expect
from schema.enums import Topic
from schema.messages import *
from tests.browser.chromium import open_window
from tests.browser.people import give_password, sign_in
from tests.browser.served import serve
from tests.harness import Stack, make_job
from tests.integration.letters import bury, envelope, file_letters, s3_event
from tests.integration.pictures import disc_png
import re

def test_look(stack: Stack, browser: Browser) -> None:
    job = make_job(stack, annotators=1)
    for n in range(3):
        stack.put(job.bucket, f"2025/05/IMG_00{n}.png", disc_png(n+1))
    stack.put(job.bucket, "2025/05/torn.png", b"\x89PNG\r\n\x1a\n broken")
    stack.pump()
    org = job.client.organisation_id
    images = job.images(); tasks = job.tasks()
    for i in images:
        bury(stack, Topic.IMAGES, envelope(ImageMessage(client_org=org, image_id=i["id"]), id=f"i{i['id']}"), reason="bucket_refused", error=f"the bucket {job.bucket} does not let us read {i['key']}: AccessDenied (HeadObject)")
    for t in tasks:
        bury(stack, Topic.DECIDE, envelope(DecideMessage(client_org=org, task_id=t["id"], submits=3), id=f"d{t['id']}"))
    bury(stack, Topic.PRELABEL, envelope(PrelabelMessage(client_org=org, task_id=tasks[0]["id"]), id="p"), reason="internal_error", error="RuntimeError: " + "CUDA out of memory while allocating 2.3 GiB; "*6)
    bury(stack, Topic.IMAGES, s3_event(job.bucket, "2025/05/a very long name of a picture that nobody would ever choose but cameras do/DSC_000000000000000001.png"), reason="unavailable", error="S3 does not answer")
    bury(stack, Topic.RELEASE, envelope(ReleaseMessage(client_org=org, release_id=7), id="r"), reason="not_found", error="there is no release 7")
    file_letters(stack)
    first = job.client.call("GET", "/v1/dead-letters?queue=decide")["items"][0]
    job.client.call("POST", f"/v1/dead-letters/{first['id']}/redrive")
    stack.relay(); stack.receive_all(Topic.DECIDE)
    bury(stack, Topic.DECIDE, job.client.call("GET", f"/v1/dead-letters/{first['id']}")["text"], reason="conflict", error="the task changed while it was decided")
    file_letters(stack)
    account = give_password(stack, job.client)
    with serve(stack) as url:
        for dark in (True, False):
            for width in (1440, 420):
                name = f"/tmp/desk_{'dark' if dark else 'light'}_{width}"
                with open_window(browser, url, dark=dark, width=width) as w:
                    page = w.page
                    sign_in(page, account)
                    page.get_by_role("button", name=re.compile("^Account of")).click()
                    page.wait_for_timeout(500)
                    page.screenshot(path=name + "_menu.png")
                    page.goto("/dead-letters")
                    expect(page.get_by_role("button", name=re.compile("^Open letter")).first).to_be_visible()
                    page.wait_for_timeout(400)
                    page.screenshot(path=name + "_list.png")
                    print(width, page.evaluate("document.documentElement.scrollWidth"))
                    page.get_by_role("button", name=re.compile("^Open letter")).first.click()
                    expect(page.get_by_role("dialog")).to_be_visible()
                    page.wait_for_timeout(700)
                    page.screenshot(path=name + "_drawer.png")
                    page.keyboard.press("Escape")
                    page.get_by_role("button", name=re.compile("IMG_000.png$")).last.click()
                    page.wait_for_timeout(700)
                    page.screenshot(path=name + "_image.png")
                    page.keyboard.press("Escape")
                    page.wait_for_timeout(300)
                    page.get_by_role("button", name="Re-drive all").click()
                    page.wait_for_timeout(500)
                    page.screenshot(path=name + "_redrive.png")
                    page.keyboard.press("Escape")
                    page.get_by_role("checkbox", name="Choose all shown").check()
                    page.get_by_role("button", name="Discard", exact=True).click()
                    page.wait_for_timeout(500)
                    page.screenshot(path=name + "_discard.png")
                    page.goto("/dead-letters?queue=webhook")
                    page.wait_for_timeout(600)
                    page.screenshot(path=name + "_empty.png")
                    print(w.complaints)

"""A data manager and a model, through the pages: brought in, its classes mapped, tried, run, its pre-labels seen."""

import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from skimage import data

from tests.browser.chromium import Window, open_window
from tests.browser.people import give_password, sign_in
from tests.browser.served import pumping, serve
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import png
from tests.integration.registered import pack
from tests.unit.models import onnx_networks

GOOD = pack(model_onnx=onnx_networks.yolo_v8(height=320, width=320), classes_txt=b"Coins\nshade\n")
BAD = pack(best_pt=pickle.dumps({"weights": 1}), classes_txt=b"a\n")
# A child loads the libraries of networks first, and machines differ.
WORK_MS = 30_000
PHOTOGRAPHS = ("coffee", "astronaut")
# Where to keep pictures of the pages, for whoever wants to look at them.
SHOTS = os.environ.get("PLUMBLINE_SHOTS")


@pytest.fixture
def job(stack: Stack) -> Job:
    job = make_job(stack, annotators=1)
    for name in PHOTOGRAPHS:
        stack.put(job.bucket, f"july/{name}.png", png(np.asarray(getattr(data, name)())))
    stack.pump()
    return job


@pytest.fixture
def window(job: Job, browser: Browser) -> Iterator[Window]:
    """The manager's window, signed in, with workers at work."""
    account = give_password(job.stack, job.client)
    with serve(job.stack) as url, pumping(job.stack), open_window(browser, url) as opened:
        sign_in(opened.page, account)
        yield opened
        opened.check_calm()


def add_model(page: Page, name: str, body: bytes) -> None:
    page.get_by_role("button", name="Add a model").first.click()
    dialog = page.get_by_role("dialog", name="Add a model")
    packed = {"name": f"{name}.zip", "mimeType": "application/zip", "buffer": body}
    dialog.get_by_label("Files to upload").set_input_files([packed])
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden(timeout=WORK_MS)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        for scheme in ("light", "dark"):
            for width in (390, 1440):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{width}.png", full_page=True)


def test_model_is_brought_in_mapped_tried_and_run(job: Job, window: Window) -> None:
    page = window.page
    page.goto("/models")
    add_model(page, "coins", GOOD)
    versions = page.get_by_role("region", name="Versions")
    row = versions.get_by_role("row").filter(has_text="coins")
    expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=WORK_MS)
    assert window.list_barriers() == []
    shoot(page, "models")

    page.goto(f"/projects/{job.project_id}/models")
    expect(page.get_by_role("status", name="Classes mapped")).to_have_text("1 of 2 mapped")
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("saved as mapping", exact=False)).to_be_visible()

    page.get_by_role("button", name="Try on 2 pictures").click()
    found = page.get_by_role("status", name="Objects found")
    expect(found).to_have_text(re.compile(r"^[1-9]\d* objects$"), timeout=WORK_MS)
    figures = page.get_by_role("figure")
    expect(figures).to_have_count(len(PHOTOGRAPHS))
    expect(figures.first.locator("svg path").first).to_be_attached()

    page.get_by_label("Name contains").fill("coff")
    expect(page.get_by_role("status", name="Estimate")).to_have_text(re.compile("^1 picture, 1 of them seen before"))
    page.get_by_label("Name of the run").fill("coffee only")
    page.get_by_role("button", name="Start run").click()
    runs = page.get_by_role("region", name="Runs", exact=True)
    line = runs.get_by_role("listitem").filter(has_text="coffee only")
    expect(line.get_by_text("complete", exact=True)).to_be_visible(timeout=WORK_MS)
    expect(line).to_contain_text("1 of 1 picture")
    expect(page.get_by_role("region", name="Prediction sets").first).to_contain_text("coins 1")
    assert window.list_barriers() == []
    shoot(page, "project-models")

    page.goto(f"/projects/{job.project_id}/images?key=coff")
    expect(page.locator("svg[data-kind=prelabels] path").first).to_be_attached()
    predictions = [
        p for image in job.images() for p in job.client.call("GET", f"/v1/images/{image['id']}/predictions")["items"]
    ]
    assert {p["model"] for p in predictions} == {"coins"}


def test_pickle_is_refused_with_what_to_do(window: Window) -> None:
    page = window.page
    page.goto("/models")
    add_model(page, "careless", BAD)
    row = page.get_by_role("region", name="Versions").get_by_role("row").filter(has_text="careless")
    expect(row.get_by_text("Refused", exact=True)).to_be_visible(timeout=WORK_MS)
    expect(page.get_by_text(re.compile("onnx", re.IGNORECASE)).first).to_be_visible()
    assert window.list_barriers() == []


def test_what_annotators_see_is_published(job: Job, window: Window) -> None:
    page = window.page
    page.goto(f"/projects/{job.project_id}/models")
    card = page.get_by_role("region", name="Pre-labels for annotators")
    card.get_by_text("Even backgrounds").click()
    card.get_by_label("Hidden share, %").fill("25")
    card.get_by_role("button", name="Publish").click()
    expect(card.get_by_role("button", name="This holds now")).to_be_visible()
    policy = job.client.call("GET", f"/v1/projects/{job.project_id}")["policy"]
    assert (policy["prelabeling"], policy["prelabel_class_id"], policy["hidden_share"]) == ("plain_background", 1, 0.25)

"""A data manager and a model, through the pages: brought in, its classes mapped, tried, run, its pre-labels seen."""

import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from skimage import data

from tests.browser.chromium import Window, open_window
from tests.browser.people import give_password, sign_in
from tests.browser.served import pumping, serve
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import png
from tests.integration.registered import bring, map_classes, pack
from tests.unit.models import onnx_networks

pytestmark = pytest.mark.slow

GOOD = pack(model_onnx=onnx_networks.yolo_v8(height=320, width=320), classes_txt=b"Coins\nshade\n")
BAD = pack(best_pt=pickle.dumps({"weights": 1}), classes_txt=b"a\n")
# A child loads the libraries of networks first, and machines differ.
WORK_MS = 30_000
PHOTOGRAPHS = ("coffee", "astronaut")
# Where to keep pictures of the pages, for whoever wants to look at them.
SHOTS = os.environ.get("PLUMBLINE_SHOTS")
TALL = {390: 3600, 1440: 2300}


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
    packed: FilePayload = {"name": f"{name}.zip", "mimeType": "application/zip", "buffer": body}
    dialog.get_by_label("Files to upload").set_input_files([packed])
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog).to_be_hidden(timeout=WORK_MS)


def save_mapping(page: Page) -> None:
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("saved as mapping", exact=False)).to_be_visible()


def try_on_pictures(page: Page) -> None:
    page.get_by_role("button", name="Try on 2 pictures").click()
    found = page.get_by_role("status", name="Objects found")
    expect(found).to_have_text(re.compile(r"^[1-9]\d* objects$"), timeout=WORK_MS)


def compare_sets(page: Page) -> None:
    """See by class, and picture by picture, what the second mapping leaves out."""
    sets = page.get_by_role("region", name="Prediction sets")
    expect(sets.get_by_role("row")).to_have_count(3)
    expect(sets.get_by_text("They have no picture in common yet.")).to_be_visible()
    sets.get_by_label("with", exact=True).click()
    page.get_by_role("option", name="coins 1, mapping").click()
    by_class = sets.get_by_role("region", name="Comparison by class")
    expect(by_class.get_by_role("row").filter(has_text="coin")).to_have_count(1)
    differing = sets.get_by_role("list", name="Pictures that differ most")
    differing.get_by_role("button").first.click()
    shown = differing.get_by_role("figure")
    expect(shown).to_have_count(2)
    expect(shown.nth(1)).to_contain_text(re.compile(r"Second set, [1-9]\d* objects"))


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            for width in (390, 1440):
                page.emulate_media(color_scheme=scheme)
                # The page scrolls within its frame: only a tall window shows all of it.
                page.set_viewport_size({"width": width, "height": TALL[width]})
                page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}-{width}.png")


def test_model_is_brought_in_mapped_tried_and_run(job: Job, window: Window) -> None:
    page = window.page
    page.goto("/models")
    add_model(page, "coins", GOOD)
    versions = page.get_by_role("region", name="Versions")
    row = versions.get_by_role("row").filter(has_text="coins")
    expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=WORK_MS)
    assert window.list_barriers() == []
    shoot(page, "models")
    row.get_by_role("button", name="coins 1").click()
    card = page.get_by_role("dialog", name="coins 1")
    expect(card.get_by_text("320 × 320 px, letter-boxed")).to_be_visible()
    expect(card.get_by_role("list", name="Classes of the model").get_by_role("listitem")).to_have_text(
        [re.compile("Coins"), re.compile("shade")]
    )
    assert window.list_barriers() == []
    shoot(page, "card")

    page.goto(f"/projects/{job.project_id}/models")
    expect(page.get_by_role("status", name="Classes mapped")).to_have_text("1 of 2 mapped")
    page.get_by_label("shade becomes").select_option(label="coin")
    expect(page.get_by_role("status", name="Classes mapped")).to_have_text("2 of 2 mapped")
    save_mapping(page)

    try_on_pictures(page)
    figures = page.get_by_role("figure")
    expect(figures).to_have_count(len(PHOTOGRAPHS))
    expect(figures.first.locator("svg path").first).to_be_attached()
    least = page.get_by_role("slider", name="Least score that is drawn")
    least.press("End")
    expect(page.get_by_role("status", name="Objects found")).to_have_text("0 objects")
    expect(figures.first.locator("svg path")).to_have_count(0)
    least.press("Home")

    page.get_by_label("Name contains").fill("coff")
    expect(page.get_by_role("status", name="Estimate")).to_have_text(re.compile("^1 picture, 1 of them seen before"))
    page.get_by_label("Name of the run").fill("coffee only")
    page.get_by_role("button", name="Start run").click()
    runs = page.get_by_role("region", name="Runs", exact=True)
    line = runs.get_by_role("listitem").filter(has_text="coffee only")
    expect(line.get_by_text("complete", exact=True)).to_be_visible(timeout=WORK_MS)
    expect(line).to_contain_text("1 of 1 picture")

    page.get_by_label("shade becomes").select_option(label="leave out")
    save_mapping(page)
    try_on_pictures(page)
    compare_sets(page)
    assert window.list_barriers() == []
    shoot(page, "project-models")

    page.goto(f"/projects/{job.project_id}/images?key=coff")
    expect(page.locator("svg[data-kind=prelabels] path").first).to_be_attached()
    tile = page.get_by_role("button", name="july/coffee.png, ")
    expect(tile.get_by_text(re.compile(r"^0\.\d\d · coins 1$"))).to_be_visible()
    tile.click()
    expect(page.get_by_text(re.compile(r"^[1-9]\d* by coins 1$"))).to_be_visible()
    assert window.list_barriers() == []
    shoot(page, "images")


def test_pickle_is_refused_with_what_to_do(window: Window) -> None:
    page = window.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/models")
    add_model(page, "careless", BAD)
    versions = page.get_by_role("region", name="Versions")
    row = versions.get_by_role("row").filter(has_text="careless")
    expect(row.get_by_text("Refused", exact=True)).to_be_visible(timeout=WORK_MS)
    expect(versions.get_by_text("yolo export model=best.pt format=onnx", exact=False)).to_be_in_viewport(ratio=1)
    assert window.list_barriers() == []
    shoot(page, "refused")


def test_run_is_held_taken_up_and_ended(job: Job, browser: Browser) -> None:
    model = bring(job.stack, job.client, GOOD, name="coins")
    map_classes(job.client, job.project_id, model, {0: 1})
    account = give_password(job.stack, job.client)
    # No worker is at work here: the run stays where it is.
    with serve(job.stack) as url, open_window(browser, url, dark=False, width=390) as window:
        page = window.page
        sign_in(page, account)
        page.goto(f"/projects/{job.project_id}/models")
        page.get_by_role("button", name="Start run").click()
        line = page.get_by_role("region", name="Runs", exact=True).get_by_role("listitem")
        for verb, state in (("Pause", "paused"), ("Resume", "running")):
            line.get_by_role("button", name=verb).click()
            expect(line.get_by_text(state, exact=True)).to_be_visible()
        line.get_by_role("button", name="Cancel").click()
        page.get_by_role("dialog", name="Cancel coins 1?").get_by_role("button", name="Cancel the run").click()
        expect(line.get_by_text("cancelled", exact=True)).to_be_visible()
        expect(line.get_by_role("button")).to_have_count(0)
        assert window.list_barriers() == []
        window.check_calm()


def test_what_annotators_see_is_published_from_a_telephone(job: Job, window: Window) -> None:
    page = window.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light")
    page.goto(f"/projects/{job.project_id}/models")
    pages = page.get_by_role("navigation", name="Pages of the project")
    expect(pages.get_by_role("link", name="Models")).to_be_in_viewport(ratio=0.9)
    card = page.get_by_role("region", name="Pre-labels for annotators")
    card.get_by_text("Even backgrounds").click()
    card.get_by_label("Hidden share, %").fill("25")
    card.get_by_role("button", name="Publish").click()
    expect(card.get_by_role("button", name="This holds now")).to_be_visible()
    policy = job.client.call("GET", f"/v1/projects/{job.project_id}")["policy"]
    assert (policy["prelabeling"], policy["prelabel_class_id"], policy["hidden_share"]) == ("plain_background", 1, 0.25)
    assert window.list_barriers() == []

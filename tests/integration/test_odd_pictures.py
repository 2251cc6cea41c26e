"""No picture, however odd, ends the decoder: each comes in as what it is, or stays out with its reason."""

import threading
from dataclasses import dataclass

import psutil
import pytest
from PIL import Image

from domain.ingest.errors import PictureRefused
from tests.unit.ingest.odd_pictures import READY, OddPicture, every
from workers.decoder import Decoder

PEAK_MOST_BYTES = 600_000_000
WORKER_BYTES = 150_000_000  # what a worker itself holds, generously; this process holds what other tests left in it


@dataclass(frozen=True)
class Outcome:
    odd: OddPicture
    what: str
    message: str = ""
    size: tuple[int, int] = (0, 0)
    corner: tuple[int, int, int] = (0, 0, 0)
    copies: bytes = b""


@dataclass(frozen=True)
class Run:
    outcomes: list[Outcome]
    children_peak_bytes: int


def bring_in(decoder, odd, folder) -> Outcome:
    path = folder / "in"
    path.write_bytes(odd.body)
    try:
        done = decoder.prepare(path, folder)
    except PictureRefused as refusal:
        return Outcome(odd, refusal.reason.value, refusal.message)
    with Image.open(done.working_copy) as working, Image.open(done.thumbnail) as thumbnail:
        assert working.size == (done.width, done.height)
        assert max(thumbnail.size) <= 320
        shown = working if working.width * working.height < 1_000_000 else thumbnail
        place = (min(8, shown.width - 1), min(8, shown.height - 1))
        corner = shown.convert("RGB").getpixel(place)
    copies = done.working_copy.read_bytes() + done.thumbnail.read_bytes()
    return Outcome(odd, READY, "", (done.width, done.height), corner, copies)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """All of them through one decoder with the limits that a worker has by default."""
    folder = tmp_path_factory.mktemp("odd")
    decoder = Decoder(memory_bytes=3_000_000_000, timeout_s=20.0, thumbnail_px=320, max_px=100_000_000)
    peaks, over = [0], threading.Event()

    def watch():
        while not over.wait(0.01):
            total = 0
            for child in psutil.Process().children():
                try:
                    if "workers.decoder" in child.cmdline():
                        total += child.memory_info().rss
                except psutil.Error:
                    continue
            peaks.append(total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcomes = [bring_in(decoder, odd, folder) for odd in every()]
    finally:
        over.set()
        watcher.join()
        decoder.close()
    return Run(outcomes, max(peaks))


def test_there_are_enough_of_them_and_no_two_are_named_alike(run):
    names = [outcome.odd.name for outcome in run.outcomes]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


def test_each_has_an_outcome_that_it_may_have(run):
    wrong = [
        (o.odd.name, o.what, o.message, sorted(o.odd.outcomes)) for o in run.outcomes if o.what not in o.odd.outcomes
    ]
    assert wrong == []


def test_each_that_came_in_has_its_size_and_colour(run):
    def is_wrong(outcome):
        odd = outcome.odd
        off = max(abs(a - b) for a, b in zip(outcome.corner, odd.corner, strict=True)) if odd.corner else 0
        return (odd.size and outcome.size != odd.size) or off > 12

    came = [outcome for outcome in run.outcomes if outcome.what == READY]
    assert [(o.odd.name, o.size, o.corner) for o in came if is_wrong(o)] == []


def test_each_refusal_is_a_sentence_with_a_remedy(run):
    messages = [outcome.message for outcome in run.outcomes if outcome.what != READY]
    assert [message for message in messages if not (len(message) > 30 and message.endswith("."))] == []


def test_no_copy_carries_what_was_hidden_in_a_picture(run):
    assert [outcome.odd.name for outcome in run.outcomes if b"PAYLOAD" in outcome.copies] == []


def test_memory_stays_small(run):
    assert 0 < run.children_peak_bytes < PEAK_MOST_BYTES - WORKER_BYTES


def test_no_child_died_of_a_picture(run):
    assert [outcome.odd.name for outcome in run.outcomes if "could not be read" in outcome.message] == []

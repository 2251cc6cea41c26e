"""Hostile pictures under hostile keys: every object of a bucket ends as a task or with a reason, under its own name."""

import unicodedata
from collections import Counter
from typing import Any

import pytest

from schema.enums import Topic
from tests.harness import Job, Stack, make_job
from tests.unit.ingest.odd_pictures import READY, OddPicture, every

KEYS = (
    unicodedata.normalize("NFC", "café/naïve.png"),
    unicodedata.normalize("NFD", "café/naïve.png"),
    "a b  c.jpg",
    " leading and trailing ",
    "1+1=2.png",
    "100%.png",
    "%2e%2e%2f.png",
    "%41+%20 .png",
    'quote".png',
    "quote'.png",
    "back`tick.png",
    "two\nlines.png",
    "tab\there.png",
    "🦊/🧿.png",
    "../../etc/passwd",
    "./here.png",
    "/leading.png",
    "//two//slashes",
    ";drop table image;--.png",
    "' OR 1=1 --",
    "$(reboot).png",
    "{{7*7}}${7*7}.png",
    "<script>alert(1)</script>.png",
    "trailing.dot.",
    "...",
    "-rf",
    "CON",
    "back\\slash.png",
    "question?.png",
    "hash#.png",
    "amper&sand=1.png",
    "semi;colon:at@.png",
    "*.png",
    "~/.ssh/id_rsa",
    "日本語/写真.png",
    "עברית/تصویر.png",
    "\u202egnp.exe",
    "zero\u200bwidth.png",
    "k" * 1000,
    "é" * 500,
)
LARGE = 200_000


def chosen() -> list[OddPicture]:
    """As many odd pictures as there are keys: some that come in, some of each reason. All differ."""
    by_outcome: dict[str, list[OddPicture]] = {}
    seen: set[bytes] = set()
    for odd in every():
        if len(odd.outcomes) == 1 and len(odd.body) < LARGE and odd.body not in seen and max(odd.size or (0,)) < 1000:
            seen.add(odd.body)
            by_outcome.setdefault(min(odd.outcomes), []).append(odd)
    picked: list[OddPicture] = []
    while len(picked) < len(KEYS):
        picked += [group.pop() for group in by_outcome.values() if group]
    return picked[: len(KEYS)]


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack)


def test_every_object_ends_as_a_task_or_with_a_reason_under_its_own_key(stack: Stack, job: Job) -> None:
    sent = dict(zip(KEYS, chosen(), strict=True))
    for key, odd in sent.items():
        stack.put(job.bucket, key, odd.body)
    stack.pump()
    images: dict[str, dict[str, Any]] = {image["key"]: image for image in job.images()}
    assert images.keys() == sent.keys()
    outcomes = {key: image["reason"] or image["state"] for key, image in images.items()}
    assert {key: outcome for key, outcome in outcomes.items() if outcome not in sent[key].outcomes} == {}
    assert all(image["detail"] for image in images.values() if image["state"] == "quarantined")

    sizes = {key: (image["width"], image["height"]) for key, image in images.items() if image["state"] == READY}
    assert sizes == {key: sent[key].size for key in sizes}
    counts = Counter(image["state"] for image in images.values())
    assert set(counts) == {"ready", "quarantined"}
    tasks = job.tasks()
    assert len(tasks) == counts["ready"] > 5
    assert {task["state"] for task in tasks} == {"open"}


def test_listing_of_the_bucket_finds_the_same_keys(stack: Stack, job: Job) -> None:
    """The other way in: no event came, and reconciliation reads the keys from the listing."""
    for key, odd in zip(KEYS, chosen(), strict=True):
        stack.put(job.bucket, key, odd.body)
    stack.receive_all(Topic.IMAGES)
    stack.reconcile(sources=1)
    stack.pump()
    assert {image["key"] for image in job.images()} == set(KEYS)
    assert {image["state"] for image in job.images()} == {"ready", "quarantined"}

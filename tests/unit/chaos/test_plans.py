"""What is drawn before a run: the same seed breaks the same things, and nothing promised is left out."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from bench.chaos.evidence import Receipt
from bench.chaos.faults import Fates, Fault, identity_of
from bench.chaos.habits import Deed, Habits
from bench.chaos.killing import KILLS, STOPS, Blow, plan_blows
from bench.chaos.pictures import Step, Story, plan_steps
from bench.chaos.receipts import ReceiptBook
from domain.ingest.errors import PictureRefused
from domain.ingest.pictures import prepare

NAMES = ["postgres", "emulator", "api", "relay", "worker"]


def test_a_share_of_messages_meets_each_fault() -> None:
    fates = Fates(seed=7, share=0.05)
    met = Counter(fates.of(str(number)).fault for number in range(20_000))
    assert all(180 < met[fault] < 320 for fault in Fault)


def test_fate_of_a_message_hangs_on_seed_and_message_alone() -> None:
    first, again, other = (Fates(seed=seed, share=0.5) for seed in (7, 7, 8))
    drawn = [[fates.of(str(number)) for number in range(100)] for fates in (first, again, other)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_without_a_share_no_message_meets_a_fault() -> None:
    assert {Fates(seed=1, share=0.0).of(str(number)).fault for number in range(500)} == {None}


def event(key: str, sequencer: str) -> str:
    return json.dumps(
        {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key, "sequencer": sequencer}}}]}
    )


def test_each_event_of_one_key_has_a_fate_of_its_own() -> None:
    assert identity_of(event("a", "1")) != identity_of(event("a", "2"))
    assert identity_of(event("a", "1")) == identity_of(event("a", "1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"id": "7", "body": {}}', ("7", False)),
        ("no JSON", ("no JSON", False)),
        ("[]", ("[]", False)),
        (event("a", "1"), ("ObjectCreated:Put:a:1", True)),
    ],
)
def test_identity_of_a_message(text: str, expected: tuple[str, bool]) -> None:
    assert identity_of(text) == expected


def test_every_process_is_killed_and_stopped_as_promised() -> None:
    blows = Counter(plan_blows(NAMES, seed=3))
    assert blows == {Blow(n, is_clean=False): KILLS for n in NAMES} | {Blow(n, is_clean=True): STOPS for n in NAMES}
    assert plan_blows(NAMES, seed=3) == plan_blows(NAMES, seed=3) != plan_blows(NAMES, seed=4)


def test_plan_of_uploads_holds_every_story_and_keeps_the_order_of_a_key() -> None:
    steps = plan_steps(images=200, seed=5)
    of_key: dict[str, list[Step]] = {}
    for step in steps:
        of_key.setdefault(step.key, []).append(step)
    assert len(of_key) == 200
    shapes = Counter(tuple(None if s.bytes is None else s.bytes.is_readable for s in key) for key in of_key.values())
    assert shapes[(True, None)] == 6  # deleted
    assert shapes[(True, None, True)] == 4  # put back
    assert shapes[(False, True)] == 4  # mended
    assert shapes[(True, False)] == 2  # spoilt
    assert shapes[(False,)] == 10  # unreadable
    assert shapes[(True, True)] == 14  # put twice or overwritten
    assert plan_steps(images=200, seed=5) == steps != plan_steps(images=200, seed=6)


def test_even_a_short_plan_holds_every_story() -> None:
    assert len({step.key for step in plan_steps(images=len(Story), seed=1)}) == len(Story)


def test_pictures_are_readable_as_the_plan_says(tmp_path: Path) -> None:
    wrong = []
    for number, step in enumerate(plan_steps(images=60, seed=11)):
        if step.bytes is None:
            continue
        path = tmp_path / str(number)
        path.write_bytes(step.bytes.body)
        try:
            prepare(path, out_dir=tmp_path, max_px=10_000, thumbnail_px=32)
            is_readable = True
        except PictureRefused:
            is_readable = False
        if is_readable != step.bytes.is_readable:
            wrong.append(step.key)
    assert wrong == []


def test_no_two_pictures_have_the_same_bytes() -> None:
    etags = {(s.key, s.bytes.etag) for s in plan_steps(images=300, seed=2) if s.bytes and s.bytes.is_readable}
    assert len({etag for _, etag in etags}) == len(etags)


def test_people_do_everything_sooner_or_later() -> None:
    habits = Habits(Random(1))
    assert {habits.next_deed() for _ in range(2_000)} == set(Deed)


def test_answers_stay_inside_the_picture() -> None:
    habits = Habits(Random(1))
    for number in range(200):
        for drawn in habits.answer(key=str(number), width=64, height=80):
            shape = drawn["shape"]
            assert 0 <= shape["x0"] < shape["x1"] <= 64
            assert 0 <= shape["y0"] < shape["y1"] <= 80


def test_receipts_are_read_back_as_they_were_kept(tmp_path: Path) -> None:
    kept = (Receipt(1, 2, 3, objects=("a", "b")), Receipt(4, 5, 6, version=2, is_review=True))
    book = ReceiptBook(tmp_path / "receipts.jsonl")
    for receipt in kept:
        book.keep(receipt)
    assert book.read() == kept
    book.close()

"""A bucket's listing held against our rows: exactly what differs is looked at, and whoever dies on the way leaves the
rest to the next."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from bench.reconcile import FILL, WRONG
from cli.launcher.bootstrap import DatabaseUrls
from domain.ports import BucketAccess
from domain.reconcile.service import compare, move, take_listing
from domain.scope import Scope
from domain.sources.queries import ask_for_listing
from runtime.database import Database
from tests.integration.conftest import Template
from tests.integration.listed import PAGE, Breaking, Bucket, World, denying, numbered
from workers.reconciler import Turn, Waiting, release


@pytest.fixture(scope="module")
def whole_world(template: Template, shared_urls: DatabaseUrls) -> Iterator[World]:
    """The module's database and the ways into it."""
    app, relay = Database(shared_urls.app, pool_size=1), Database(shared_urls.relay, pool_size=2)
    with psycopg.connect(template.admin_url(shared_urls), autocommit=True) as admin:
        yield World(admin, app, relay)
    app.close()
    relay.close()


@pytest.fixture
def world(whole_world: World) -> World:
    """A world with one source, of which nothing is known."""
    for table in ("outbox", "blob_head", "source", "organisation"):
        whole_world.admin.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    whole_world.add_source(1)
    return whole_world


def ask(world: World, source_id: int = 1) -> None:
    with world.app.begin(Scope(source_id)) as session:
        ask_for_listing(session, source_id)


def test_listing_finds_exactly_what_differs(world: World) -> None:
    keys = numbered(30)
    world.know(1, keys)
    world.know(1, {"back.png": "etag", "gone-for-long.png": "etag"} | {"zzz.png": "old"}, deleted=True)
    listed = keys | {"00000003.png": "another", "new.png": "etag", "back.png": "etag", "a-folder/": "e"}
    listed |= {".plumbline-proof": "e"}
    del listed["00000007.png"], listed["00000029.png"]
    assert world.turn(Bucket(listed)) is Turn.ENDED
    assert world.announced() == ["00000003.png", "00000007.png", "00000029.png", "back.png", "new.png"]
    assert world.show() == (True, False, None)


def test_listing_that_agrees_announces_nothing(world: World) -> None:
    world.know(1, numbered(3 * PAGE))
    assert world.turn(Bucket(numbered(3 * PAGE))) is Turn.ENDED
    assert world.announced() == []
    assert world.turn(Bucket({})) is None  # its pause is not over


@pytest.mark.parametrize("known", [0, 1, 2 * PAGE, 2 * PAGE + 1, 7 * PAGE])
def test_everything_of_an_emptied_bucket_is_gone(world: World, known: int) -> None:
    world.know(1, numbered(known))
    assert world.turn(Bucket({})) is Turn.ENDED
    assert world.announced() == sorted(numbered(known))


@pytest.mark.parametrize("last", ["00000005.png", "00000040.png", "00000099.png"])
def test_many_keys_that_are_gone_around_one_that_is_there_are_all_found(world: World, last: str) -> None:
    world.know(1, numbered(50))
    listed = {"00000000.png": "etag", last: "etag"}
    assert world.turn(Bucket(listed)) is Turn.ENDED
    assert world.announced() == sorted(numbered(50).keys() ^ listed.keys())


def test_only_what_lies_below_the_prefix_is_compared(world: World) -> None:
    world.add_source(2, prefix="in/")
    ask(world, 2)
    world.admin.execute("UPDATE source SET verified_at = NULL WHERE id = 1")
    assert world.turn(Bucket({"in/a.png": "e", "out.png": "e", "in.png": "e"})) is Turn.ENDED
    assert world.announced(2) == ["in/a.png"]


def test_keys_sort_by_their_bytes(world: World) -> None:
    keys = dict.fromkeys(["Z.png", "a.png", "é.png", "\uffff.png", "\U0001f600.png", "\x01.png", "a\nb.png"], "etag")
    world.know(1, keys)
    assert world.turn(Bucket(keys), page=1) is Turn.ENDED
    assert world.announced() == []


def test_key_that_no_table_keeps_is_passed_over(world: World) -> None:
    assert world.turn(Bucket({"a.png": "e", "b\x00.png": "e", "c\x00.png": "e"}), page=1) is Turn.ENDED
    assert world.announced() == ["a.png"]


@pytest.mark.parametrize("after_keys", [0, 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 3 * PAGE, 3 * PAGE + 1])
def test_listing_that_breaks_off_anywhere_is_gone_on_with_and_finds_everything_once(
    world: World, after_keys: int
) -> None:
    keys = numbered(3 * PAGE + 2)
    world.know(1, {"00000004.png": "etag", "gone.png": "etag"})
    breaking = Breaking(keys)
    breaking.after_keys = after_keys
    with pytest.raises(RuntimeError):
        world.turn(breaking)
    world.let_holds_end()
    rest = Bucket(keys)
    assert world.turn(rest) is Turn.ENDED
    assert world.announced() == sorted(keys.keys() - {"00000004.png"} | {"gone.png"})
    # A page is compared once the next one has begun to come: what was compared is not listed again.
    compared = (after_keys - 1) // PAGE * PAGE
    assert rest.asked == ["" if compared <= 0 else f"{compared - 1:08d}.png"]


def test_process_killed_between_pages_loses_nothing(world: World, shared_urls: DatabaseUrls) -> None:
    keys = numbered(6 * PAGE)
    program = [sys.executable, "-m", "tests.integration.listed", shared_urls.app, shared_urls.relay]
    child = subprocess.run([*program, str(len(keys)), str(3 * PAGE + 2)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert world.show() == (True, True, f"{3 * PAGE - 1:08d}.png")
    assert world.turn(Bucket(keys)) is None  # held for a while still
    world.let_holds_end()
    rest = Bucket(keys)
    assert world.turn(rest) is Turn.ENDED
    assert world.announced() == sorted(keys)
    assert rest.asked == [f"{3 * PAGE - 1:08d}.png"]


def test_one_listing_is_one_processs_business(world: World) -> None:
    with world.relay.begin(None) as session:
        first = take_listing(session, pause_s=0.0)
    with world.relay.begin(None) as session:
        assert take_listing(session, pause_s=0.0) is None
    world.let_holds_end()
    with world.relay.begin(None) as session:
        second = take_listing(session, pause_s=0.0)
    assert first is not None
    assert second is not None
    page = list(Bucket(numbered(2)).list_keys(BucketAccess("b"), ""))
    for is_last in (False, True):
        with world.app.begin(Scope(1)) as session:
            stretch = compare(session, first, page, is_last=is_last)
            assert move(session, first, stretch, keys=stretch.differing.found) is None  # it was taken over
    assert world.announced() == []
    with world.app.begin(Scope(1)) as session:
        stretch = compare(session, second, page, is_last=True)
        assert move(session, second, stretch, keys=stretch.differing.found) is not None
    assert world.announced() == sorted(numbered(2))


def test_listing_asked_for_while_it_is_under_way_starts_anew_afterwards(world: World) -> None:
    bucket = Bucket(numbered(3 * PAGE))
    assert world.turn(bucket, turn_s=0.0) is Turn.LEFT
    ask(world)
    assert world.turn(bucket) is Turn.ENDED
    assert world.show() == (False, False, None)
    assert world.turn(bucket) is Turn.ENDED
    assert bucket.asked == ["", "00000003.png", ""]
    assert world.turn(bucket) is None


def test_listing_waits_where_it_is_while_the_workers_are_behind(world: World) -> None:
    bucket = Bucket(numbered(3 * PAGE))
    world.know(1, numbered(PAGE))
    waiting: Waiting = {}
    assert world.turn(bucket, has_room=lambda: False, waiting=waiting) is Turn.BEHIND
    assert world.announced() == []
    assert world.show() == (True, True, "00000003.png")
    assert world.turn(bucket, has_room=lambda: False) is None  # it is not taken up again and again
    release(world.relay, waiting)
    assert waiting == {}
    assert world.turn(bucket) is Turn.ENDED
    assert world.announced() == sorted(numbered(3 * PAGE))[PAGE:]


def test_workers_that_are_behind_hold_up_no_listing_that_finds_nothing(world: World) -> None:
    world.know(1, numbered(3 * PAGE))
    assert world.turn(Bucket(numbered(3 * PAGE)), has_room=lambda: False) is Turn.ENDED


def test_long_listing_lets_others_have_their_turn(world: World) -> None:
    world.add_source(2)
    bucket = Bucket(numbered(3 * PAGE))
    turns = [world.turn(bucket, turn_s=0.0) for _ in range(4)]
    assert turns == [Turn.LEFT] * 4
    assert world.show(1)[2] == world.show(2)[2] == "00000007.png"


def test_bucket_that_cannot_be_listed_goes_on_from_where_it_is_after_its_pause(world: World) -> None:
    breaking = Breaking(numbered(3 * PAGE))
    breaking.after_keys, breaking.fault = PAGE + 1, denying().fault
    assert world.turn(breaking) is Turn.FAILED
    assert world.turn(breaking) is None
    assert "AccessDenied" in (world.failure() or "")
    world.let_holds_end()
    assert world.turn(Bucket(numbered(3 * PAGE))) is Turn.ENDED
    assert world.failure() is None
    assert world.announced() == sorted(numbered(3 * PAGE))


def test_asking_shortens_the_pause_after_a_fault(world: World) -> None:
    world.turn(denying())
    ask(world)
    row = world.admin.execute("SELECT listing_held_until - now() FROM source").fetchone()
    assert row is not None
    assert row[0].total_seconds() < 61


def test_asking_leaves_a_running_step_its_hold(world: World) -> None:
    with world.app.begin(Scope(1)) as asking:
        asking.execute(text("SELECT now()"))  # its transaction began before the step
        with world.relay.begin(None) as session:
            held = take_listing(session, pause_s=0.0)
        ask_for_listing(asking, 1)
    assert held is not None
    assert world.admin.execute("SELECT listing_held_until FROM source").fetchone() == (held.held_until,)


def test_bucket_that_changes_while_it_is_listed_is_right_in_the_end(world: World) -> None:
    keys = numbered(3 * PAGE)
    world.know(1, keys)
    bucket = Bucket(dict(keys))
    assert world.turn(bucket, turn_s=0.0) is Turn.LEFT
    behind, ahead = "00000001.png", "00000010.png"
    bucket = replace(bucket, keys={k: e for k, e in keys.items() if k not in (behind, ahead)} | {"00000000a.png": "e"})
    assert world.turn(bucket) is Turn.ENDED
    assert world.announced() == [ahead]
    ask(world)
    assert world.turn(bucket) is Turn.ENDED
    assert world.announced() == ["00000000a.png", behind, ahead, ahead]


def test_memory_of_a_listing_does_not_grow_with_the_bucket(world: World, shared_urls: DatabaseUrls) -> None:
    count = 60_000
    world.admin.execute(FILL, {"first": 0, "last": count - 1})
    program = [sys.executable, "-m", "bench.reconciling", "--app", shared_urls.app, "--relay", shared_urls.relay]
    child = subprocess.run([*program, "--keys", str(count)], check=True, capture_output=True, text=True)
    told = json.loads(child.stdout.splitlines()[-1])
    assert world.admin.execute(WRONG, {"last": count - 1}).fetchone() == (48, 48, 0, 0)
    # Held as a list these keys would take 12 MB more.
    assert told["rss_grown_mb"] < 8

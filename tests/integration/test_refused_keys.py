"""Keys that a bucket lists and does not let us read: they are announced to nobody, and the source says why."""

from collections.abc import Iterator
from threading import Event

import psycopg
import pytest
from psycopg import sql

from cli.launcher.bootstrap import DatabaseUrls
from runtime.database import Database
from runtime.metrics import SWEPT
from tests.integration.conftest import Template
from tests.integration.listed import PAGE, REFUSED, Bucket, World, denying, numbered
from tests.integration.test_reconcile import ask
from workers.reconciler import Turn, make_turns


@pytest.fixture(scope="module")
def whole_world(template: Template, shared_urls: DatabaseUrls) -> Iterator[World]:
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


def swept_after(world: World, bucket: Bucket, *, has_room: bool = True) -> bool:
    """Make turns as the relay does; tell whether that counts as a sweep that ended well."""
    SWEPT.labels("reconcile").set(0)
    make_turns(world.relay, world.app, bucket, 3600.0, lambda: has_room, Event(), {})
    return bool(SWEPT.labels("reconcile")._value.get())


@pytest.mark.parametrize("keys", [1, PAGE, 3 * PAGE + 1])
def test_refused_keys_are_never_announced_and_the_listing_ends(world: World, keys: int) -> None:
    closed = Bucket(numbered(keys), closed=("",))
    for _ in range(2):
        assert world.turn(closed) is Turn.ENDED
        ask(world)
    assert world.announced() == []
    assert REFUSED in (world.failure() or "")
    assert len(closed.sampled) == 2 * -(-keys // PAGE)  # one for each page: they have no folders


def test_folder_that_is_refused_keeps_no_other_back(world: World) -> None:
    world.know(1, {"open/gone.png": "e", "shut/gone.png": "e"})
    listed = ["a.png", "open/1.png", "open/2.png", "shut/1.png", "shut/2.png"]
    bucket = Bucket(dict.fromkeys(listed, "e"), closed=("shut/",))
    assert world.turn(bucket, page=100) is Turn.ENDED
    # Of a key that is gone this bucket says so: that is looked at, wherever it lay.
    assert world.announced() == ["a.png", "open/1.png", "open/2.png", "open/gone.png", "shut/gone.png"]
    assert world.failure() == f"s3://b1/shut/1.png: {REFUSED}"


def test_folders_beyond_the_samples_are_kept_back_with_a_refused_one(world: World) -> None:
    keys = {f"{number:02d}/a.png": "e" for number in range(40)}
    bucket = Bucket(keys, closed=("00/",))
    assert world.turn(bucket, page=100) is Turn.ENDED
    assert len(bucket.sampled) <= 8
    assert world.announced() == bucket.sampled[1:]
    opened = Bucket(keys)
    ask(world)
    assert world.turn(opened, page=100) is Turn.ENDED
    assert set(world.announced()) == set(keys)


def test_refusal_outlasts_the_rest_of_its_listing_and_the_process(world: World) -> None:
    keys = {f"{folder}/{number}.png": "e" for folder in "abc" for number in range(PAGE)}
    bucket = Bucket(keys, closed=("a/",))
    while (turn := world.turn(bucket, turn_s=0.0)) is Turn.LEFT:
        pass
    assert turn is Turn.ENDED
    assert [key[0] for key in world.announced()] == ["b"] * PAGE + ["c"] * PAGE
    assert REFUSED in (world.failure() or "")


def test_listing_that_ends_well_clears_the_failure_and_announces_what_was_kept_back(world: World) -> None:
    keys = numbered(2 * PAGE)
    world.turn(Bucket(keys, closed=("",)))
    ask(world)
    assert world.turn(Bucket(keys)) is Turn.ENDED
    assert world.announced() == sorted(keys)
    assert world.failure() is None


def test_bucket_that_agrees_is_asked_for_no_key(world: World) -> None:
    world.know(1, numbered(3 * PAGE))
    bucket = Bucket(numbered(3 * PAGE))
    world.turn(bucket)
    assert bucket.sampled == []


def test_only_turns_that_go_well_count_as_a_sweep(world: World) -> None:
    failing = denying()
    assert not swept_after(world, failing)
    assert swept_after(world, failing)  # it has its pause: nothing is due
    world.let_holds_end()
    assert not swept_after(world, Bucket(numbered(1)), has_room=False)
    world.let_holds_end()
    assert swept_after(world, Bucket(numbered(1)))

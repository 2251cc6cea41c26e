"""What a claim touches: as many blocks among a hundred thousand tasks as among a thousand, whatever its member has done
before and however many of the tasks are not for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.load.rows import bar_from_most, settle, write_past_work, write_tasks
from domain.assignment.queries.claim import Wish
from domain.assignment.service import claim_task
from domain.scope import Actor
from tests.harness import Person, Stack, make_job
from tests.integration.conftest import DatabaseUrls, Template
from tests.integration.test_plans import nodes, plans_of

POLICY = {"min_votes": 3, "max_votes": 3}
SIZES = (1_000, 10_000, 100_000)
PAST = 5_000
# A block more for each level that an index of a larger project has, and for each table that a claim writes to.
MORE_BLOCKS = 40
MOST_BLOCKS = 500
# How many rows a node of the plan may look at, or throw away: a claim looks some way ahead, and no further.
MOST_ROWS = 1_000
BIG = {"seat", "task", "skip", "lease_p0", "annotation_p0", "work_time_p0", "lease_activity", "item", "image"}
_BLOCKS = text(
    "SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A project with a member who is new, and one with a past in it."""

    project_id: int
    novice: Person
    veteran: Person


@dataclass(frozen=True, slots=True)
class Hall:
    """The projects that claims are compared in: by their size, with past work, and with hardly any work for one."""

    stack: Stack
    by_size: dict[int, Scene]
    with_past: Scene
    shut: Scene


@pytest.fixture(scope="module")
def hall(shared_stack: Stack, shared_urls: DatabaseUrls, template: Template) -> Hall:
    stack = shared_stack
    with psycopg.connect(template.admin_url(shared_urls), autocommit=True) as admin:

        def scene() -> Scene:
            job = make_job(stack, annotators=2, policy=POLICY, connect=False)
            return Scene(job.project_id, *job.annotators)

        by_size = {size: scene() for size in SIZES}
        for size, made in by_size.items():
            write_tasks(admin, project_id=made.project_id, count=size, target=3)
        with_past, shut = scene(), scene()
        done = write_tasks(admin, project_id=with_past.project_id, count=PAST, target=1, is_done=True)
        veteran = with_past.veteran
        write_past_work(admin, done, member_id=veteran.member_id, vendor_org=veteran.organisation_id)
        write_tasks(admin, project_id=with_past.project_id, count=SIZES[0], target=3)
        rows = write_tasks(admin, project_id=shut.project_id, count=SIZES[1], target=3)
        bar_from_most(admin, rows, member_id=shut.veteran.member_id, vendor_org=shut.veteran.organisation_id)
        settle(admin)
    return Hall(stack, by_size, with_past, shut)


@contextmanager
def claiming(hall: Hall, person: Person) -> Iterator[tuple[Session, Actor]]:
    """A transaction of the member, of which nothing stays."""
    actor = hall.stack.actor(person)
    with hall.stack.database.begin(actor.scope) as session:
        yield session, actor
        session.rollback()


def count_blocks(hall: Hall, scene: Scene, person: Person) -> int:
    """Return how many blocks of our tables and indexes a whole claim fetches, keys and all, once its ways are known."""
    with claiming(hall, person) as (session, actor):
        claim_task(session, actor, Wish(project=scene.project_id), rng=Random(1))
    with claiming(hall, person) as (session, actor):
        before = session.execute(_BLOCKS).scalar_one() or 0
        claimed = claim_task(session, actor, Wish(project=scene.project_id), rng=Random(1))
        assert claimed is not None
        assert claimed.project_id == scene.project_id
        return int(session.execute(_BLOCKS).scalar_one() - before)


def test_claim_touches_no_more_blocks_where_there_are_more_tasks(hall: Hall) -> None:
    touched = {size: count_blocks(hall, scene, scene.novice) for size, scene in hall.by_size.items()}
    assert max(touched.values()) <= min(min(touched.values()) + MORE_BLOCKS, MOST_BLOCKS), touched


def test_claim_touches_no_more_blocks_for_who_has_done_thousands(hall: Hall) -> None:
    scene = hall.with_past
    novice, veteran = (count_blocks(hall, scene, person) for person in (scene.novice, scene.veteran))
    assert veteran <= novice + MORE_BLOCKS


def test_claims_touch_few_blocks_where_hardly_any_task_is_for_the_member(hall: Hall) -> None:
    touched = [count_blocks(hall, hall.shut, hall.shut.veteran) for _ in range(3)]
    assert max(touched) <= 10 * MOST_BLOCKS, touched


@pytest.mark.parametrize("which", ["large", "with_past", "shut"])
def test_claim_walks_no_big_table(hall: Hall, which: str) -> None:
    scene = {"large": hall.by_size[SIZES[-1]], "with_past": hall.with_past, "shut": hall.shut}[which]
    with claiming(hall, scene.veteran) as (session, actor):
        plans = plans_of(session, lambda s: claim_task(s, actor, Wish(project=scene.project_id), rng=Random(1)))
    for node in (node for plan in plans for node in nodes(plan) if node.get("Relation Name") in BIG):
        looked_at = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert node["Node Type"] != "Seq Scan", node
        assert looked_at <= MOST_ROWS, node

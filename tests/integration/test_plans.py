"""Under row-level security only leakproof comparisons reach an index. Each list and hot statement is explained in the
role and scope that send it: no big table is read from end to end, and none is walked to throw its rows away."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from domain.accounts import queries as accounts
from domain.assignment.counting import Counts
from domain.assignment.queries import claim, holding, leased, submit
from domain.feeds import queries as feeds
from domain.imports import queries as imports
from domain.ingest import queries as ingest
from domain.items import queries as items
from domain.items.service import Has, ItemFilter, walk_items
from domain.members import queries as members
from domain.prelabel import queries as prelabel
from domain.progress import queries as progress
from domain.projects import queries as projects
from domain.quarantine import queries as quarantine
from domain.quarantine.queries import ImageFilter
from domain.reconcile import queries as reconcile
from domain.releases import queries as releases
from domain.review import queries as review
from domain.routing import queries as routing
from domain.scope import Scope
from domain.sources import queries as sources
from domain.tasks.queries import changes, listing
from domain.tasks.queries.listing import TaskKey, TaskSort
from domain.tasks.service import TaskFilter, walk_tasks
from runtime.database import Database
from schema.enums import Cause, Stage, TaskState
from tests.integration.conftest import Template
from tests.integration.crowd import CLIENT, ITEMS, PROJECTS_OF_VENDOR, SMALL_CLIENT, VENDOR, fill

# What grows with images and answers, by the partition that holds it.
BIG = {"blob_head", "image", "item", "prediction", "task", "seat", "lease_p0", "annotation_p0", "draft", "verdict"} | {
    "decision",
    "consensus_object",
    "release",
    "release_shard",
    "outbox",
    "lane_member",
    "comment",
    "notification",
    "dead_letter",
    "model_output",
    "model_run_chunk",
    "model_version",
    "model_alias",
    "class_mapping",
    "upload",
}
# A tenth of the rows is one client's; whoever throws more away has looked at other clients' rows.
MOST_DISCARDED_BY_LIST = ITEMS // 10
# A statement about one image, task or lease has no reason to look at many.
MOST_DISCARDED = 100
CONDITION = re.compile(r"\(?(\w+) (=|[<>]=?) ")
PAGE: dict[str, Any] = {"after": 0, "limit": 50}

# Task ids by what they are (see crowd.ROWS): open with a free or a leased second seat, deciding, in review, accepted.
FREE, LEASED, DECIDING, IN_REVIEW, ACCEPTED = 10_010, 10_040, 10_050, 10_060, 10_070
MEMBER_OF_LEASED = 541
LEASE = 30_000 + LEASED
IMAGE = ingest.ImageRow(ACCEPTED, CLIENT, CLIENT, "b1", "k", "r", None, "ready", "x", 640, 480)
RELEASE = releases.ReleaseRow(
    10,
    CLIENT,
    CLIENT,
    "coco",
    "accepted",
    "running",
    20_000,
    None,
    None,
    None,
    None,
    None,
    1,
    None,  # type: ignore[arg-type]
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def list_tasks(
    session: Session,
    project: int,
    wanted: TaskFilter,
    sort: TaskSort = TaskSort.ID,
    after: TaskKey | None = None,
) -> object:
    walked = walk_tasks(session, project_id=project, wanted=wanted, sort=sort, after=after, limit=50)
    return listing.list_tasks(session, [key.id for key in walked.keys])


def list_items(session: Session, project: int, wanted: ItemFilter) -> object:
    lines = items.list_items(session, walk_items(session, project, wanted, after=0, limit=50).keys)
    return items.list_final_objects(session, [line.final_decision_id or 0 for line in lines])


Statement = Callable[[Session], object]
# Asked by a client with a tenth of all rows and by one with twenty: a list must not cost what others' rows cost.
LISTS: dict[str, Callable[[Session, int], object]] = {
    "images of a source": lambda s, c: quarantine.list_images(s, ImageFilter(source_id=c), **PAGE),
    "images of a project": lambda s, c: quarantine.list_images(s, ImageFilter(project_id=c), **PAGE),
    "ready images": lambda s, c: quarantine.list_images(s, ImageFilter(project_id=c, state="ready"), **PAGE),
    "images in quarantine": lambda s, c: quarantine.list_images(s, ImageFilter(state="quarantined"), **PAGE),
    "discarded images": lambda s, c: quarantine.list_images(s, ImageFilter(state="discarded"), **PAGE),
    "all images": lambda s, c: quarantine.list_images(s, ImageFilter(), **PAGE),
    "quarantine by reason": lambda s, c: quarantine.count_quarantined(s, ImageFilter(project_id=c)),
    "quarantine to decide": lambda s, c: quarantine.list_quarantined(s, ImageFilter(reason="wrong_type"), **PAGE),
    "pictures to import labels for": lambda s, c: imports.list_pictures(s, project_id=c, **PAGE),
    "count of images": lambda s, c: progress.count_images(s, c),
    "count of tasks": lambda s, c: progress.count_tasks(s, c),
    "count of leases": lambda s, c: progress.count_leases_held(s, c),
    "tasks": lambda s, c: list_tasks(s, c, TaskFilter()),
    "tasks in review": lambda s, c: list_tasks(s, c, TaskFilter(state=TaskState.IN_REVIEW)),
    "frozen tasks": lambda s, c: list_tasks(s, c, TaskFilter(frozen=True)),
    "tasks by key and cause": lambda s, c: list_tasks(s, c, TaskFilter(key="k1", cause=Cause.CLASS)),
    "newest tasks": lambda s, c: list_tasks(s, c, TaskFilter(), TaskSort.NEWEST, TaskKey(IN_REVIEW)),
    "tasks by agreement": lambda s, c: list_tasks(s, c, TaskFilter(), TaskSort.AGREEMENT, TaskKey(IN_REVIEW, 0.5)),
    "tasks without an agreement": lambda s, c: list_tasks(s, c, TaskFilter(), TaskSort.AGREEMENT, TaskKey(IN_REVIEW)),
    "tasks in review by agreement": lambda s, c: list_tasks(
        s, c, TaskFilter(state=TaskState.IN_REVIEW), TaskSort.AGREEMENT
    ),
    "tasks by age": lambda s, c: list_tasks(s, c, TaskFilter(), TaskSort.AGE, TaskKey(IN_REVIEW, LONG_AGO)),
    "items": lambda s, c: list_items(s, c, ItemFilter()),
    "items in review": lambda s, c: list_items(s, c, ItemFilter(state=TaskState.IN_REVIEW)),
    "items by key, class and pre-labels": lambda s, c: list_items(
        s, c, ItemFilter(key="k1", class_id=1, has=Has.PRELABELS)
    ),
    "items with final labels": lambda s, c: list_items(s, c, ItemFilter(has=Has.FINAL)),
    "agreements": lambda s, c: progress.list_agreements(s, project_id=c, **PAGE),
    "projects": lambda s, c: projects.list_projects(s, archived=False, **PAGE),
    "sources": lambda s, c: sources.list_sources(s, bucket=None, prefix=None, **PAGE),
    "releases": lambda s, c: releases.list_releases(s, project_id=c, state="complete", content=None, **PAGE),
    "a new release": lambda s, c: releases.insert_release(
        s, client_org=c, project_id=c, format="coco", content="votes", member=1
    ),
    "released images": lambda s, c: releases.list_released_images(
        s, replace(RELEASE, client_org=c, project_id=c), **PAGE
    ),
    "ready images of a source": lambda s, c: feeds.list_ready_images(s, source_id=c, after=0, limit=100),
    "known keys of a stretch": lambda s, c: reconcile.list_known_keys(
        s, source_id=c, after="k1", until="k2", limit=100
    ),
    "known keys to the end": lambda s, c: reconcile.list_known_keys(s, source_id=c, after="k9", until=None, limit=100),
}
AS_CLIENT: dict[str, Statement] = {
    "a task": lambda s: listing.list_tasks(s, [IN_REVIEW]),
    "decisions of a task": lambda s: progress.list_decisions(s, ACCEPTED),
    "objects of a decision": lambda s: progress.list_decided_objects(s, ACCEPTED),
    "released objects": lambda s: releases.list_objects_of(s, [ACCEPTED, ACCEPTED + 10], tags=False),
    "decisions of released tasks": lambda s: releases.list_decisions_of(s, [ACCEPTED, ACCEPTED + 10]),
    "votes of released tasks": lambda s: releases.list_votes_of(s, [ACCEPTED, ACCEPTED + 10]),
    "shards of a release": lambda s: releases.list_shards(s, 10),
    "a deciding task": lambda s: routing.find_deciding_task(s, task_id=DECIDING, submits=1),
    "answers of a task": lambda s: routing.list_answers(s, DECIDING),
    "what a task's action meets": lambda s: changes.list_stands(s, [FREE, ACCEPTED], project_id=CLIENT),
    "freezing": lambda s: changes.freeze_tasks(s, [FREE, LEASED], reason="r"),
    "unfreezing": lambda s: changes.unfreeze_tasks(s, [FREE, LEASED]),
    "cancelling": lambda s: changes.cancel_tasks(s, [FREE, LEASED], reason="r"),
    "the next rounds": lambda s: changes.open_rounds(s, [ACCEPTED]),
    "authors": lambda s: changes.list_authors(s, [ACCEPTED, IN_REVIEW]),
    "the lock on a round": lambda s: routing.lock_round(s, task_id=DECIDING, submits=1),
    "one more vote": lambda s: routing.ask_one_more(s, task_id=DECIDING, agreement=0.5),
    "sending to review": lambda s: routing.send_to_review(s, task_id=DECIDING, decision_id=1, agreement=None),
    "images of the same bytes": lambda s: ingest.find_same_bytes(s, image=IMAGE, sha256="x"),
    "feeds of an image": lambda s: ingest.list_feeds(s, image=IMAGE, sha256="x"),
    "other revisions of a key": lambda s: ingest.retire_revisions(
        s, source_id=CLIENT, key="k10", keep=None, state="deleted"
    ),
    "tasks of deleted images": lambda s: ingest.cancel_tasks(s, image_ids=[FREE, LEASED], reason="deleted"),
    "duplicates of deleted images": lambda s: ingest.release_duplicates(s, image_ids=[FREE, LEASED]),
    "the next round of an item": lambda s: ingest.open_round(
        s, client_org=CLIENT, item_id=ACCEPTED, feed=ingest.FeedRow(CLIENT, 201, 1, False, None)
    ),
    "a task that waits for pre-labels": lambda s: prelabel.find_waiting_task(s, task_id=10_000),
    "the lane that work goes back to": lambda s: review.get_started_lane(s, IN_REVIEW),
    "a task to open": lambda s: prelabel.open_task(s, task_id=10_000, prediction_id=None, is_hidden=True),
}
AS_VENDOR: dict[str, Statement] = {
    "the claim": lambda s: claim.claim_seat(s, member=900, organisation=VENDOR, wish=claim.Wish()),
    "the claim in a project": lambda s: claim.claim_seat(
        s, member=900, organisation=VENDOR, wish=claim.Wish(1, Stage.LABEL)
    ),
    "the cursor": lambda s: claim.move_cursor(s, member=900, lane_id=1, key=5),
    "cursors move on": lambda s: claim.move_on(s, member=900, wish=claim.Wish()),
    "cursors back to the start": lambda s: claim.start_over(s, member=900, wish=claim.Wish()),
    "leases that a member holds": lambda s: leased.list_held_leases(s, member=MEMBER_OF_LEASED),
    "what a lease shows": lambda s: leased.find_leased_task(s, lease=LEASE, member=MEMBER_OF_LEASED),
    "the submit": lambda s: submit.submit(
        s, lease=LEASE, member=MEMBER_OF_LEASED, objects=[], counts=Counts(), undo_window_s=0
    ),
    "the receipt": lambda s: submit.find_receipt(s, lease=ACCEPTED, member=71),
    "the draft": lambda s: holding.save_draft(s, lease=LEASE, member=MEMBER_OF_LEASED, sequence=2, objects=[]),
    "the heartbeat": lambda s: holding.renew_lease(s, lease=LEASE, member=MEMBER_OF_LEASED, active_s=5),
    "giving back": lambda s: submit.give_back(s, lease=LEASE, member=MEMBER_OF_LEASED),
    "taking back": lambda s: submit.reopen_seat(s, lease=DECIDING, member=51, ttl_s=900, window_s=3600),
    "a task in review": lambda s: review.find_task_in_review(s, IN_REVIEW),
    "merged objects": lambda s: review.list_merged_objects(s, IN_REVIEW),
    "the author of an answer": lambda s: review.find_author(s, task_id=IN_REVIEW, lease_id=IN_REVIEW),
    "tasks of an engaged project": lambda s: list_tasks(s, 2, TaskFilter(state=TaskState.OPEN)),
    "items of an engaged project": lambda s: list_items(s, 2, ItemFilter(state=TaskState.IN_REVIEW)),
    "images of an engaged project": lambda s: quarantine.list_images(s, ImageFilter(project_id=2), **PAGE),
    "leases of a member who leaves": lambda s: members.free_leases(s, MEMBER_OF_LEASED),
    "personal seats of a member who leaves": lambda s: members.hand_personal_seats_on(s, MEMBER_OF_LEASED),
    "rights of a member who leaves": lambda s: members.set_drawing_rights(s, MEMBER_OF_LEASED, ()),
    "members to enrol": lambda s: accounts.list_members(s, roles=("annotator",)),
}


@pytest.fixture(scope="module")
def crowd(template: Template) -> Iterator[dict[str, Database]]:
    """The app's and the relay's ways into a database with many rows."""
    with template.cloned() as urls:
        fill(template.admin_url(urls))
        databases = {"app": Database(urls.app, pool_size=1), "relay": Database(urls.relay, pool_size=1)}
        yield databases
        for database in databases.values():
            database.close()


def plans_of(session: Session, statement: Statement) -> list[dict[str, Any]]:
    """Run a query function, then explain each statement that it sent; both leave nothing behind."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, sql: str, parameters: Any, *_: object) -> None:
        if "SAVEPOINT" not in sql:
            sent.append((sql, parameters))

    connection = session.connection()
    with undone(session):
        event.listen(connection, "before_cursor_execute", note)
        statement(session)
        event.remove(connection, "before_cursor_execute", note)
    plans = []
    for sql, parameters in sent:
        with undone(session):
            found = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters)
            plans.append(found.scalar_one()[0]["Plan"])
    assert plans, "the function sent nothing"
    return plans


@contextmanager
def undone(session: Session) -> Iterator[None]:
    savepoint = session.begin_nested()
    yield
    savepoint.rollback()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def is_walked(node: dict[str, Any], leading: dict[str, str]) -> bool:
    """Say whether an index is read from end to end: nothing narrows its first column, or a range alone does while a
    later column picks the rows (which PostgreSQL does not count as discarded)."""
    column = leading.get(node.get("Index Name", ""))
    conditions = CONDITION.findall(node.get("Index Cond", ""))
    if column is None or (column, "=") in conditions:
        return False
    return any(name != column for name, _ in conditions)


@pytest.fixture(scope="module")
def leading(crowd: dict[str, Database]) -> dict[str, str]:
    """The first column of each index."""
    with crowd["app"].begin(None) as session:
        rows = session.connection().exec_driver_sql(
            "SELECT indexrelid::regclass::text, attname FROM pg_index "
            "JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] WHERE indisready"
        )
        return {str(index): str(column) for index, column in rows}


def check(
    database: Database,
    scope: Scope | None,
    statement: Statement,
    leading: dict[str, str],
    *,
    most_discarded: int = MOST_DISCARDED,
) -> None:
    with database.begin(scope) as session:
        plans = plans_of(session, statement)
    for node in (node for plan in plans for node in nodes(plan) if node.get("Relation Name") in BIG):
        told = json.dumps({key: value for key, value in node.items() if key != "Plans"}, indent=1)
        discarded = node.get("Rows Removed by Filter", 0) * node.get("Actual Loops", 1)
        assert node["Node Type"] != "Seq Scan", told
        assert not is_walked(node, leading), told
        assert discarded <= most_discarded, told


def test_every_big_table_has_rows_enough_to_be_missed(crowd: dict[str, Database]) -> None:
    with crowd["app"].begin(None) as session:
        rows = session.connection().exec_driver_sql("SELECT relname FROM pg_class WHERE reltuples >= 1500")
        assert set(rows.scalars()) >= BIG


@pytest.mark.parametrize("client", [CLIENT, SMALL_CLIENT])
@pytest.mark.parametrize("name", LISTS)
def test_a_clients_list_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str, client: int
) -> None:
    check(
        crowd["app"],
        Scope(client),
        lambda session: LISTS[name](session, client),
        leading,
        most_discarded=MOST_DISCARDED_BY_LIST,
    )


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading)


@pytest.mark.parametrize("name", AS_VENDOR)
def test_a_vendors_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    check(crowd["app"], Scope(VENDOR, PROJECTS_OF_VENDOR), AS_VENDOR[name], leading)

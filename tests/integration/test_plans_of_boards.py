"""What `test_plans` holds of lists and hot statements, for live lists, boards, skips and measured time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session

from domain.boards import service
from domain.boards.queries import folding, live, skips, sums, times
from domain.boards.queries.live import LiveFilter, LiveKey, LiveSort
from domain.boards.queries.skips import SkipFilter, SkipKey, SkipSort
from domain.boards.queries.sums import BoardBy
from domain.boards.queries.times import ReviewKey
from domain.scope import Actor, Scope
from runtime.database import Database
from schema.enums import Role
from tests.integration import test_plans as plans
from tests.integration.conftest import Template
from tests.integration.crowd import CLIENT, PROJECTS_OF_VENDOR, SMALL_CLIENT, VENDOR, fill
from tests.integration.test_plans import MOST_DISCARDED_BY_LIST, Statement

__all__ = ["leading"]

leading = plans.leading
# Every lease took time (the held ones still do), every fifth was skipped; each member has hours in each project, and
# half of the decisions are reviews that sent an answer back.
MORE = """
SET LOCAL session_replication_role = replica;
INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage, active_s)
  SELECT lease_id, client_org, project_id, vendor_org, task_id, member_id, 'label', lease_id % 60
  FROM seat WHERE state = 1;
INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, ended_at, active_s,
                       end_reason, new, edited, accepted, deleted, written_in)
  SELECT id, client_org, project_id, vendor_org, member_id, 'label', now(), now() - id * interval '1 minute', 1,
    'submitted', 0, 0, 0, 0, id FROM lease;
INSERT INTO skip (lease_id, client_org, project_id, vendor_org, task_id, member_id, kind, reason, at)
  SELECT id, client_org, project_id, vendor_org, task_id, member_id, 'others', 'r', now() - id * interval '1 minute'
  FROM lease WHERE id % 3 = 0;
INSERT INTO board_hour (project_id, hour, member_id, stage, client_org, vendor_org, submits)
  SELECT c, date_trunc('hour', now()) - h * interval '1 hour', c * 20 + m, 'label', c, 21, 1
  FROM generate_series(1, 10) c, generate_series(0, 199) h, generate_series(1, 10) m;
UPDATE decision SET rule = 'review-1', created_at = now() - id * interval '1 minute',
  inputs = jsonb_build_object('sent_back', jsonb_build_array(task_id),
                              'overturned', jsonb_build_object(CAST(task_id AS text), 2))
  WHERE id % 20 = 0 OR id > 20000;
UPDATE fold_mark SET upto = 39000;
"""
BIG = plans.BIG | {"skip", "lease_activity", "work_time_p0", "board_hour"}
NOW = datetime.now(UTC)
SPAN: dict[str, Any] = {"since": NOW - timedelta(hours=20), "until": NOW}
MONTH: dict[str, Any] = {"since": NOW - timedelta(days=20), "until": NOW}


def leases(session: Session, project: int, wanted: LiveFilter, sort: LiveSort, after: LiveKey | None = None) -> object:
    more: dict[str, Any] = {"organisation_id": project, "only_member": None, "limit": 50}
    return live.list_live(session, project_id=project, wanted=wanted, sort=sort, after=after, **more)


def skipped(session: Session, project: int, wanted: SkipFilter, after: SkipKey | None = None) -> object:
    actor = Actor(1, project, "client", Role.MANAGER)
    walked = service.walk_skips(session, actor, project, wanted, sort=SkipSort.NEWEST, after=after, limit=50)
    return skips.list_skips(session, [key.lease_id for key in walked.keys])


def board(session: Session, by: BoardBy, projects: list[int], only: int | None = None) -> object:
    more: dict[str, Any] = {"organisation_id": VENDOR, "only_member": only, "stage": None}
    return sums.list_sums(session, by=by, projects=projects, **more, **SPAN)


LISTS: dict[str, Callable[[Session, int], object]] = {
    "leases": lambda s, c: leases(s, c, LiveFilter(), LiveSort.CLAIMED),
    "idle leases": lambda s, c: leases(s, c, LiveFilter(idle_s=10), LiveSort.BEAT),
    "leases beyond one": lambda s, c: leases(
        s, c, LiveFilter(expired=False), LiveSort.ACTIVE_DOWN, LiveKey(30.0, 31_000)
    ),
    "skips": lambda s, c: skipped(s, c, SkipFilter()),
    "skips in a span": lambda s, c: skipped(s, c, SkipFilter(**SPAN), SkipKey(NOW, 20_000)),
    "skips of a kind": lambda s, c: skipped(s, c, SkipFilter(kind="later")),
    "a board": lambda s, c: board(s, BoardBy.MEMBER, [c]),
    "a board of hours": lambda s, c: board(s, BoardBy.HOUR, [c]),
    "projects of a board": lambda s, c: sums.list_project_ids(s, limit=2000),
    "people of a project": lambda s, c: times.list_members_of_project(s, project_id=c, after=0, limit=50),
    "a month's reviews": lambda s, c: times.list_reviews(
        s, project_id=c, after=ReviewKey(MONTH["since"], 5), limit=100, **MONTH
    ),
}
AS_VENDOR: dict[str, Statement] = {
    "leases": lambda s: leases(s, 1, LiveFilter(member_id=541, site="x"), LiveSort.CLAIMED),
    "a board over projects": lambda s: board(s, BoardBy.SITE, list(PROJECTS_OF_VENDOR)),
    "own people": lambda s: times.list_own_members(s, organisation_id=VENDOR, after=0, limit=50),
    "a month of people": lambda s: times.list_time_sums(s, project_id=1, members=list(range(1, 51)), **MONTH),
    "engagements": lambda s: times.list_engaged_projects(s, vendor_org=VENDOR),
    "how fresh it is": lambda s: sums.find_folded_to(s),
}
AS_RELAY: dict[str, Statement] = {
    "the mark": lambda s: folding.lock_mark(s),
    "a step of the fold": lambda s: folding.fold_batch(s, limit=50),
    "until when it is summed": lambda s: folding.note_time(s),
    "the lag": lambda s: folding.read_lag(s),
}


@pytest.fixture(scope="module")
def crowd(template: Template) -> Iterator[dict[str, Database]]:
    """The crowd of `test_plans` with the time that it took."""
    with template.cloned() as urls:
        fill(template.admin_url(urls))
        with psycopg.connect(template.admin_url(urls)) as admin:
            admin.execute(MORE)
        with psycopg.connect(template.admin_url(urls), autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE")
        databases = {"app": Database(urls.app, pool_size=1), "relay": Database(urls.relay, pool_size=1)}
        yield databases
        for database in databases.values():
            database.close()


@pytest.fixture(autouse=True)
def more_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "BIG", BIG)


@pytest.mark.parametrize("client", [CLIENT, SMALL_CLIENT])
@pytest.mark.parametrize("name", LISTS)
def test_a_clients_list_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str, client: int
) -> None:
    statement: Statement = lambda session: LISTS[name](session, client)  # noqa: E731 - names its type
    plans.check(crowd["app"], Scope(client), statement, leading, most_discarded=MOST_DISCARDED_BY_LIST)


@pytest.mark.parametrize("name", AS_VENDOR)
def test_a_vendors_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(VENDOR, PROJECTS_OF_VENDOR), AS_VENDOR[name], leading, most_discarded=500)


@pytest.mark.parametrize("name", AS_RELAY)
def test_a_step_of_the_fold_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["relay"], None, AS_RELAY[name], leading)

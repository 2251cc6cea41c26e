"""What `test_plans` holds of lists and hot statements, for what ends leases: skips, seats taken back, the sweep."""

from collections.abc import Iterator

import psycopg
import pytest

from domain.assignment.queries import ending, holding, leased, skips
from domain.engagements import queries as engagements
from domain.members import queries as members
from domain.routing import queries as routing
from domain.scope import Scope
from domain.tasks.queries import seats
from runtime.database import Database
from schema.enums import SkipKind, Stage
from tests.integration import test_plans as plans
from tests.integration.conftest import Template
from tests.integration.crowd import CLIENT, PROJECTS_OF_VENDOR, VENDOR, fill
from tests.integration.test_plans import DECIDING, FREE, LEASE, LEASED, MEMBER_OF_LEASED, Statement

__all__ = ["leading"]

leading = plans.leading
# What leases leave behind: the held ones are at work, every tenth of the others was skipped, all of them took time. A
# few ran out, and a few were left for later and are due.
MORE = """
SET LOCAL session_replication_role = replica;
INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage, expired_at)
  SELECT lease_id, client_org, project_id, vendor_org, task_id, member_id, 'label',
    CASE WHEN task_id % 50 = 0 THEN now() - interval '1 hour' END FROM seat WHERE state = 1;
INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, active_s, end_reason,
                       new, edited, accepted, deleted)
  SELECT l.id, l.client_org, l.project_id, l.vendor_org, l.member_id, 'label', now(), 1, 'submitted', 0, 0, 0, 0
  FROM lease l JOIN seat s ON s.lease_id = l.id WHERE s.state = 2;
INSERT INTO skip (lease_id, client_org, project_id, vendor_org, task_id, member_id, kind, reason, due_at)
  SELECT id, client_org, project_id, vendor_org, task_id, member_id,
    CASE WHEN id % 500 = 0 THEN 'later' ELSE 'others' END, 'r',
    CASE WHEN id % 500 = 0 THEN now() - interval '1 hour' END FROM lease WHERE id % 5 = 0 AND id < 30000;
INSERT INTO lane (id, client_org, project_id, stage, requirement_key, kind, rank)
  SELECT 1000 + id, 1, 1, 'label', 'later:' || id, 'personal', 900 FROM member WHERE organisation_id = 21;
"""
BIG = plans.BIG | {"skip", "lease_activity", "work_time_p0"}
AS_VENDOR: dict[str, Statement] = {
    "a skip": lambda s: skips.find_skip(s, lease=LEASE, member=MEMBER_OF_LEASED),
    "skips of a day": lambda s: skips.count_skips(s, project=CLIENT, member=MEMBER_OF_LEASED),
    "skipping": lambda s: skips.skip_lease(
        s,
        lease=LEASE,
        member=MEMBER_OF_LEASED,
        kind=SkipKind.LATER,
        reason="r",
        lane_id=1000 + MEMBER_OF_LEASED,
        later_h=24,
    ),
    "seats out of the queue": lambda s: skips.hold_seats(s, FREE),
    "a flag": lambda s: skips.announce_flag(s, FREE),
    "a draft": lambda s: holding.lock_draft(s, lease=LEASE, member=MEMBER_OF_LEASED),
    "a seat": lambda s: seats.lock_seat(s, task_id=LEASED, seat_no=2),
    "taking a seat back": lambda s: seats.take_back(s, task_id=LEASED, seat_no=2, lease=LEASE),
    "another seat": lambda s: seats.has_seat(s, task_id=LEASED, member_id=1),
    "a right": lambda s: seats.find_right(s, project_id=1, stage=Stage.LABEL, member_id=1),
    "assigning": lambda s: seats.move_seat(s, task_id=FREE, seat_no=2, lane_id=1001),
    "leases of a member who leaves": lambda s: members.free_leases(s, MEMBER_OF_LEASED),
}
AS_CLIENT: dict[str, Statement] = {
    "flags of a task": lambda s: routing.list_flags(s, DECIDING),
}
AS_RELAY: dict[str, Statement] = {
    "leases that ran out": lambda s: leased.expire_seats(s, limit=100),
    "leases that nobody comes back to": lambda s: ending.end_expired_leases(s, limit=100),
    "work left for later": lambda s: ending.hand_on_left_work(s, limit=100),
}


@pytest.fixture(scope="module")
def crowd(template: Template) -> Iterator[dict[str, Database]]:
    """The crowd of `test_plans` with what its leases left behind."""
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


@pytest.mark.parametrize("name", AS_VENDOR)
def test_a_vendors_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(VENDOR, PROJECTS_OF_VENDOR), AS_VENDOR[name], leading)


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading)


@pytest.mark.parametrize("name", AS_RELAY)
def test_a_relays_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["relay"], None, AS_RELAY[name], leading)


def test_a_vendor_at_work_can_be_let_go(crowd: dict[str, Database]) -> None:
    with crowd["app"].begin(Scope(CLIENT)) as session:
        freed = engagements.free_leases(session, project_id=CLIENT, vendor_org=VENDOR)
        assert freed > 0
        session.rollback()

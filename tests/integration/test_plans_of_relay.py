"""The relay's own statements, across all tenants: the outbox by its heads, waiting rows by their partial indexes."""

import pytest

from domain.assignment.queries import leased
from domain.outbox import queries as outbox
from domain.sweeps import queries as sweeps
from runtime.database import Database
from schema.enums import Topic
from tests.integration.test_plans import Statement, check, crowd, leading, nodes, plans_of

__all__ = ["crowd", "leading"]  # fixtures

AS_RELAY: dict[str, Statement] = {
    "messages that are due": lambda s: outbox.take_due(s, Topic.DECIDE, limit=100),
    "topics with something due": lambda s: outbox.list_due_topics(s),
    "how many messages are due": lambda s: outbox.count_due(s, Topic.PRELABEL, most=100),
    "messages that were sent": lambda s: outbox.delete_sent(s, [1, 2, 3]),
    "leases that ran out": lambda s: leased.expire_seats(s, limit=100),
}
# What each kind of the state sweep reads: nothing but the head of its partial index.
SWEPT: dict[str, tuple[str, Statement]] = {
    f"{verb} {kind.name}": (f"ix_{kind.table}_{index}", lambda s, do=do, kind=kind: do(s, kind))
    for kind, index in zip(
        sweeps.STUCK_KINDS,
        (
            *("waiting", "waiting", "waiting", "filling", "running", "running"),
            *("validating", "waiting", "running", "waiting", "waiting"),
        ),
        strict=True,
    )
    for verb, do in (
        ("announcing", lambda s, k: sweeps.announce_again(s, k, deadline_s=3600, max_resends=5, limit=100)),
        ("giving up", lambda s, k: sweeps.give_up(s, k, deadline_s=3600, max_resends=5, limit=100)),
    )
}


@pytest.mark.parametrize("name", AS_RELAY)
def test_a_relays_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    check(crowd["relay"], None, AS_RELAY[name], leading)


@pytest.mark.parametrize("name", SWEPT)
def test_the_state_sweep_reads_the_head_of_its_partial_index(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    index, statement = SWEPT[name]
    check(crowd["relay"], None, statement, leading)
    with crowd["relay"].begin(None) as session:
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")  # some of these tables are small here
        plans = plans_of(session, statement)
    scans = [
        node
        for plan in plans
        for node in nodes(plan)
        if node.get("Alias") == node.get("Relation Name") and node["Node Type"] == "Index Scan"
    ]
    assert [scan["Index Name"] for scan in scans] == [index]

"""No transaction notifies: NOTIFY takes a lock that serialises commits, and poolers break LISTEN (ADR 1)."""

import re

import pytest

from tests.arch.source import all_modules, shipped_modules
from tests.arch.test_sql_places import strings

SPOKEN = re.compile(r"^\s*(NOTIFY|UNLISTEN|LISTEN)\s+[\w\"*]+\s*(,|;|$)|\bpg_notify\s*\(", re.IGNORECASE | re.MULTILINE)


def test_nothing_that_we_ship_notifies_or_listens() -> None:
    migrations = [module for module in all_modules() if module.path.startswith("migrations/")]
    assert len(migrations) > 2
    told = {m.path: [t[:80] for t in strings(m) if SPOKEN.search(t)] for m in (*shipped_modules(), *migrations)}
    assert {path: texts for path, texts in told.items() if texts} == {}


@pytest.mark.parametrize(
    "statement",
    ["NOTIFY outbox", "notify outbox, 'x'", "SELECT pg_notify('outbox', '')", "LISTEN outbox;", "BEGIN;\n  NOTIFY a;"],
)
def test_the_rule_knows_every_form(statement: str) -> None:
    assert SPOKEN.search(statement)

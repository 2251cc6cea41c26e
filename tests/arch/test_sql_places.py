"""SQL stands in `queries` alone, and only the one `begin()` ends a transaction."""

import ast
import re
from collections.abc import Iterator

from tests.arch.source import Module, shipped_modules

QUERIES = re.compile(r"^domain/\w+/queries(/\w+)?\.py$")
# Beside them: the tables, the scope set at BEGIN, and the launcher, which makes roles before there is a database.
MAY_BUILD_STATEMENTS = ("schema/tables/", "runtime/database.py")
MAY_HOLD_SQL = ("runtime/database.py", "cli/launcher/bootstrap.py", "cli/launcher/postgres.py")
# What the others may know of SQLAlchemy: whom to hand a session to, what failed, how a URL reads.
HARMLESS = {
    "sqlalchemy.orm": {"Session"},
    "sqlalchemy.engine": {"URL", "make_url"},
}
LAUNCHERS = {"cli/launcher/bootstrap.py": {"create_engine", "NullPool"}}
# A journal of the emulator's files, no database.
OTHER_COMMITS = {"cli/launcher/durable.py"}
STATEMENT = re.compile(r"^\s*(SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|WITH\s+\w+\s+AS\s*\()")


def sqlalchemy_imports(module: Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of what is taken from SQLAlchemy."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, "*") for a in node.names if a.name.split(".")[0] == "sqlalchemy")


def is_harmless(path: str, origin: str, name: str) -> bool:
    return origin == "sqlalchemy.exc" or name in HARMLESS.get(origin, set()) | LAUNCHERS.get(path, set())


def strings(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def calls_of(module: Module, *methods: str) -> list[int]:
    """List the lines on which a method of one of these names is called."""
    calls = [n.func for n in ast.walk(module.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    return [call.lineno for call in calls if call.attr in methods]


def outside_of_queries() -> list[Module]:
    return [module for module in shipped_modules() if not QUERIES.match(module.path)]


def test_queries_are_where_the_rule_looks_for_them() -> None:
    found = {m.path for m in shipped_modules() if QUERIES.match(m.path) and any(map(STATEMENT.match, strings(m)))}
    assert {"domain/assignment/queries/claim.py", "domain/outbox/queries.py", "domain/ingest/queries.py"} <= found


def test_no_statement_is_built_outside_of_queries() -> None:
    taken = {
        module.path: [found for found in sqlalchemy_imports(module) if not is_harmless(module.path, *found)]
        for module in outside_of_queries()
        if not module.path.startswith(MAY_BUILD_STATEMENTS)
    }
    assert {path: names for path, names in taken.items() if names} == {}


def test_no_sql_is_written_outside_of_queries() -> None:
    written = {
        module.path: [text[:80] for text in strings(module) if STATEMENT.match(text)]
        for module in outside_of_queries()
        if module.path not in MAY_HOLD_SQL
    }
    assert {path: texts for path, texts in written.items() if texts} == {}


def test_nothing_commits_or_rolls_back_by_hand() -> None:
    commits = {m.path: calls_of(m, "commit", "rollback", "begin_nested") for m in shipped_modules()}
    assert {path for path, lines in commits.items() if lines} == OTHER_COMMITS


def test_the_domain_opens_no_transaction() -> None:
    begins = {m.path: calls_of(m, "begin") for m in shipped_modules() if m.path.startswith(("domain/", "schema/"))}
    assert {path for path, lines in begins.items() if lines} == set()

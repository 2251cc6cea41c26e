"""docs/architecture.md quotes the code as it is and names constraints that exist."""

import re
from pathlib import Path

from sqlalchemy import Constraint, Index, TextClause

from domain.assignment.queries.claim import _CLAIM
from domain.assignment.queries.submit import _SUBMIT
from schema.tables import metadata

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def quoted_statements() -> list[str]:
    return [" ".join(block.split()) for block in re.findall(r"```sql\n(.*?)```", PAGE, flags=re.DOTALL)]


def normalised(statement: TextClause) -> str:
    return " ".join(statement.text.split())


def constraint_names() -> set[str]:
    tables = metadata.tables.values()
    constraints: list[Constraint] = [c for table in tables for c in table.constraints]
    indexes: list[Index] = [i for table in tables for i in table.indexes]
    return {str(c.name) for c in constraints} | {str(i.name) for i in indexes}


def test_page_quotes_the_claim_and_the_submit() -> None:
    assert quoted_statements() == [normalised(_CLAIM), normalised(_SUBMIT)]


def test_every_constraint_that_the_documents_name_exists() -> None:
    pages = [PAGE, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "adr").glob("*.md"))]
    named = {name for page in pages for name in re.findall(r"`((?:pk|uq|fk|ck|ix)_\w+|seat_one_per_member)`", page)}

    assert named
    assert named - constraint_names() == set()


def test_every_folder_of_a_capability_is_named() -> None:
    folders = {p.parent.name for p in (ROOT / "domain").glob("*/__init__.py")}

    assert {name for name in folders if f"`{name}`" not in PAGE and f"domain/{name}`" not in PAGE} == set()


def test_every_test_that_the_decisions_rest_on_exists() -> None:
    named = {
        (page.name, path)
        for page in (ROOT / "docs" / "adr").glob("*.md")
        for path in re.findall(r"`(tests/[\w/]+\.py)`", page.read_text(encoding="utf-8"))
    }

    assert named
    assert [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()] == []

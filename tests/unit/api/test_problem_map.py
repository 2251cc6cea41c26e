"""Every error of the domain has a code of its own, a status, and a section in docs/errors.md."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import domain
from api.problems import DOMAIN_PROBLEMS, HTTP_PROBLEMS, PROBLEMS, declare, field_name
from domain.errors import DomainError

ERRORS_PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


def domain_errors() -> list[type[DomainError]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found: list[type[DomainError]] = []
    waiting = [DomainError]
    while waiting:
        children = [c for c in waiting.pop().__subclasses__() if c.__module__.startswith("domain.")]
        found += children
        waiting += children
    return found


def documented() -> dict[str, str]:
    """The section of each code."""
    parts = re.split(r"^### (\w+)$", ERRORS_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_domain_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in domain_errors()]

    assert len(codes) == len(set(codes)) > 10


def test_the_map_holds_exactly_the_codes_of_the_domain() -> None:
    assert set(DOMAIN_PROBLEMS) == {error.code for error in domain_errors()}


def test_codes_of_http_are_not_codes_of_the_domain() -> None:
    assert not set(HTTP_PROBLEMS) & set(DOMAIN_PROBLEMS)


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_every_code_is_documented_with_its_status_and_a_remedy(code: str) -> None:
    section = documented()[code]

    assert f"Status {PROBLEMS[code].status}" in section
    assert "*Remedy:*" in section


def test_retryable_errors_that_reach_people_are_unavailable_or_conflicts() -> None:
    statuses = {DOMAIN_PROBLEMS[e.code].status for e in domain_errors() if e.retryable}

    assert statuses <= {409, 503}


def test_refusals_of_one_status_are_declared_together() -> None:
    declared = declare("seat_reissued", "task_closed", "not_found")

    assert set(declared) == {404, 409}


def test_a_declared_status_names_each_of_its_codes() -> None:
    description = declare("seat_reissued", "task_closed")[409]["description"]

    assert "`seat_reissued`" in description
    assert "`task_closed`" in description


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("body", "objects", 3, "shape", "x1"), "objects[3].shape.x1"),
        (("query", "limit"), "limit"),
        (("path", "task_id"), "task_id"),
        (("body",), "body"),
        (("body", 17), "body"),
    ],
)
def test_a_field_is_named_as_people_write_it(location: tuple[int | str, ...], name: str) -> None:
    assert field_name(location) == name

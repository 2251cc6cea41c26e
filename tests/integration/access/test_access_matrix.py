"""Every operation × every role × {own, other client, other vendor, other project}, from the OpenAPI document.

`rights.txt` holds what each role gets on its own things; PLUMBLINE_WRITE_RIGHTS=1 writes it anew: read the diff.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.access import world
from tests.integration.access.opened import OPEN, OPERATIONS, Access
from tests.integration.access.samples import Operation
from tests.integration.access.world import Asker, Target

RIGHTS = Path(__file__).with_name("rights.txt")
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=[o.name for o in OPERATIONS])


def _line(operation: Operation, statuses: list[int]) -> str:
    return f"{operation.name:<78} {' '.join(map(str, statuses))}"


def _own(access: Access, operation: Operation) -> list[int]:
    statuses = []
    for asker in world.INSIDE:
        target = world.own(asker, operation.path, access.tokens, access.deliveries)
        statuses.append(access.send(operation, asker, target).status)
    return statuses


@each_operation
def test_each_role_gets_on_its_own_things_what_the_table_says(access: Access, operation: Operation) -> None:
    known = {line.split("  ")[0].strip(): line for line in RIGHTS.read_text().splitlines()}
    statuses = _own(access, operation)
    assert _line(operation, statuses) == known.get(operation.name)
    assert set(statuses) <= operation.statuses, "an answer that the document does not declare"


@each_operation
def test_what_is_another_tenants_looks_like_what_is_not_there(access: Access, operation: Operation) -> None:
    """An id of another tenant and an id of nobody get the same answer, whoever asks."""
    for asker, targets in _strangers(access, operation):
        nothing = access.send(operation, asker, world.absent()).verdict
        for target in targets:
            met = access.send(operation, asker, target).verdict
            assert met == nothing, f"{asker.name} learns that something {target.name} is there"


def _strangers(access: Access, operation: Operation) -> Iterator[tuple[Asker, list[Target]]]:
    foreign = world.foreign(access.tokens, access.deliveries)
    elsewhere = world.other_project(access.tokens, access.deliveries)
    for asker in world.INSIDE:
        yield asker, [foreign, elsewhere] if asker.organisation == "V1" else [foreign]
    for asker in world.OUTSIDE:
        yield asker, [world.own(world.INSIDE[2], operation.path, access.tokens, access.deliveries)]


@each_operation
def test_an_operation_answers_nobody_without_a_token(access: Access, operation: Operation) -> None:
    if operation.name in OPEN:
        pytest.skip("it is how people sign in")
    target = world.own(world.INSIDE[0], operation.path, access.tokens, access.deliveries)
    assert access.send(operation, None, target).verdict == (401, "unauthenticated")


if os.environ.get("PLUMBLINE_WRITE_RIGHTS"):

    def test_write_the_table(access: Access) -> None:
        roles = {org: " ".join(a.role.value[:3] for a in world.INSIDE if a.organisation == org) for org in ("A", "V1")}
        head = f"# operation; what client A's {roles['A']} and vendor 1's {roles['V1']} get on their own things"
        RIGHTS.write_text("\n".join([head, *(_line(o, _own(access, o)) for o in OPERATIONS)]) + "\n")

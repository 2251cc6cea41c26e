"""The OpenAPI document describes every operation, and every refusal as problem+json."""

from typing import Any

import pytest

from tests.unit.api.application import an_app

DOCUMENT: dict[str, Any] = an_app().openapi()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
# Resource and method: what clients of the first version were promised.
PROMISED = """
GET /v1/me | POST /v1/projects | GET /v1/projects | GET /v1/projects/{project_id}
PUT /v1/projects/{project_id}/vendors/{vendor_org} | POST /v1/projects/{project_id}/workforce
GET /v1/projects/{project_id}/progress | GET /v1/projects/{project_id}/agreement | GET /v1/projects/{project_id}/tasks
POST /v1/sources | GET /v1/sources | GET /v1/sources/{source_id} | POST /v1/sources/{source_id}/verify
PUT /v1/sources/{source_id}/feeds/{project_id} | GET /v1/images | GET /v1/images/{image_id}
POST /v1/leases | GET /v1/leases/{lease_id} | DELETE /v1/leases/{lease_id} | PUT /v1/leases/{lease_id}/draft
POST /v1/leases/{lease_id}/heartbeat | POST /v1/leases/{lease_id}/annotation | POST /v1/leases/{lease_id}/undo
POST /v1/leases/{lease_id}/segment | GET /v1/leases/{lease_id}/review | POST /v1/leases/{lease_id}/review
GET /v1/tasks/{task_id} | POST /v1/releases | GET /v1/releases | GET /v1/releases/{release_id} | GET /healthz
GET /objects/{token}
"""
each_operation = pytest.mark.parametrize("operation", [o for _, o in OPERATIONS], ids=[name for name, _ in OPERATIONS])


def refusals(operation: dict[str, Any]) -> dict[str, Any]:
    return {status: r for status, r in operation["responses"].items() if int(status) >= 400}


def test_every_promised_operation_is_there() -> None:
    promised = {name.strip() for line in PROMISED.strip().splitlines() for name in line.split("|")}

    assert promised == {name for name, _ in OPERATIONS}


@each_operation
def test_an_operation_has_a_summary(operation: dict[str, Any]) -> None:
    assert operation["summary"]


@each_operation
def test_an_operation_has_a_tag_that_is_described(operation: dict[str, Any]) -> None:
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    assert operation["tags"]


@each_operation
def test_an_operation_declares_refusals_as_problems(operation: dict[str, Any]) -> None:
    kinds = [set(r["content"]) for r in refusals(operation).values()]

    assert kinds
    assert all(kind == {"application/problem+json"} for kind in kinds)


def test_operation_ids_are_the_names_of_functions() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]

    assert len(set(ids)) == len(ids)
    assert "claim_task" in ids


def test_every_operation_below_v1_needs_a_token() -> None:
    open_ones = [name for name, operation in OPERATIONS if "/v1/" in name and not operation.get("security")]

    assert open_ones == []


def test_every_operation_below_v1_says_that_tokens_and_requests_can_be_refused() -> None:
    silent = [name for name, o in OPERATIONS if "/v1/" in name and not {"401", "422", "503"} <= set(o["responses"])]

    assert silent == []


def test_no_body_of_the_framework_is_left() -> None:
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]

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
GET /v1/auth/options | POST /v1/auth/sign-in | POST /v1/auth/sign-out | POST /v1/auth/switch
POST /v1/auth/invitations/show | POST /v1/auth/invitations/accept
GET /v1/auth/oidc/start | GET /v1/auth/oidc/callback
PUT /v1/me/password | GET /v1/me/preferences | PUT /v1/me/preferences
GET /v1/me/tokens | POST /v1/me/tokens | DELETE /v1/me/tokens/{token_id}
GET /v1/members | POST /v1/members | GET /v1/members.csv | POST /v1/members/import | GET /v1/members/{member_id}
PATCH /v1/members/{member_id} | POST /v1/members/{member_id}/pause | POST /v1/members/{member_id}/resume
POST /v1/members/{member_id}/deactivate | POST /v1/members/{member_id}/reactivate
GET /v1/members/{member_id}/skills | PUT /v1/members/{member_id}/skills | POST /v1/members/skills
GET /v1/projects/{project_id}/workers | GET /v1/projects/{project_id}/workers.csv
GET /v1/work-order | PUT /v1/work-order | POST /v1/projects/{project_id}/policy/preview
GET /v1/projects/{project_id}/gold | POST /v1/projects/{project_id}/gold
POST /v1/members/{member_id}/invitation | GET /v1/audit | GET /v1/audit.csv
GET /v1/organisation | PATCH /v1/organisation | GET /v1/organisations/{organisation_id} | GET /v1/engagements
GET /v1/projects/{project_id}/vendors | DELETE /v1/projects/{project_id}/vendors/{vendor_org}
GET /v1/me | POST /v1/projects | GET /v1/projects | GET /v1/projects/{project_id}
PUT /v1/projects/{project_id}/vendors/{vendor_org} | POST /v1/projects/{project_id}/workforce
GET /v1/projects/{project_id}/progress | GET /v1/projects/{project_id}/agreement | GET /v1/projects/{project_id}/tasks
POST /v1/sources | GET /v1/sources | GET /v1/sources/{source_id} | POST /v1/sources/{source_id}/verify
PUT /v1/sources/{source_id}/feeds/{project_id} | GET /v1/images | GET /v1/images/{image_id}
POST /v1/leases | GET /v1/leases/{lease_id} | DELETE /v1/leases/{lease_id} | PUT /v1/leases/{lease_id}/draft
POST /v1/leases/{lease_id}/heartbeat | POST /v1/leases/{lease_id}/annotation | POST /v1/leases/{lease_id}/undo
POST /v1/leases/{lease_id}/skip | PATCH /v1/leases/{lease_id}/draft
POST /v1/tasks/{task_id}/seats/{seat_no}/take-back | POST /v1/tasks/{task_id}/seats/{seat_no}/assign
POST /v1/leases/{lease_id}/segment | GET /v1/leases/{lease_id}/review | POST /v1/leases/{lease_id}/review
GET /v1/projects/{project_id}/leases | GET /v1/projects/{project_id}/leases.csv | GET /v1/board | GET /v1/board.csv
GET /v1/projects/{project_id}/skips | GET /v1/projects/{project_id}/skips.csv | GET /v1/time | GET /v1/time.csv
GET /v1/tasks/{task_id} | POST /v1/releases | GET /v1/releases | GET /v1/releases/{release_id} | GET /healthz
PATCH /v1/projects/{project_id} | POST /v1/projects/{project_id}/archive | POST /v1/projects/{project_id}/unarchive
GET /v1/projects/{project_id}/ontology | PUT /v1/projects/{project_id}/ontology
GET /v1/projects/{project_id}/ontology/versions | GET /v1/projects/{project_id}/ontology/versions/{version}
GET /v1/projects/{project_id}/guidelines | PUT /v1/projects/{project_id}/guidelines
GET /v1/projects/{project_id}/guidelines/versions | GET /v1/projects/{project_id}/guidelines/versions/{version}
GET /v1/projects/{project_id}/policy | PUT /v1/projects/{project_id}/policy
GET /v1/projects/{project_id}/policy/versions | GET /v1/projects/{project_id}/policy/versions/{version}
POST /v1/tasks/{task_id}/freeze | POST /v1/tasks/{task_id}/unfreeze | POST /v1/tasks/{task_id}/cancel
POST /v1/tasks/{task_id}/reopen | POST /v1/projects/{project_id}/tasks/actions | GET /v1/leases
GET /v1/projects/{project_id}/items | GET /v1/items/{item_id} | GET /v1/projects/{project_id}/tasks.csv
GET /v1/projects/{project_id}/events | GET /v1/me/notifications | POST /v1/me/notifications/read
PUT /v1/projects/{project_id}/guidelines/acknowledgement
GET /v1/projects/{project_id}/guidelines/acknowledgements
GET /v1/tasks/{task_id}/annotations | GET /v1/images/{image_id}/predictions | GET /v1/decisions/{decision_id}
GET /v1/tasks/{task_id}/comments | POST /v1/tasks/{task_id}/comments | PATCH /v1/comments/{comment_id}
GET /v1/projects/{project_id}/comments | GET /v1/projects/{project_id}/comments/counts
GET /objects/{token}
PATCH /v1/sources/{source_id} | POST /v1/sources/{source_id}/test | POST /v1/sources/{source_id}/reconcile
GET /v1/sources/{source_id}/setup | GET /v1/sources/{source_id}/feeds | GET /v1/projects/{project_id}/feeds
DELETE /v1/sources/{source_id}/feeds/{project_id} | GET /v1/quarantine | GET /v1/quarantine.csv
POST /v1/images/actions | POST /v1/images/{image_id}/retry | POST /v1/images/{image_id}/discard
POST /v1/uploads | GET /v1/uploads | GET /v1/uploads/{upload_id} | DELETE /v1/uploads/{upload_id}
POST /v1/uploads/{upload_id}/complete | PUT /uploads/{upload_id}/parts/{number}
POST /v1/projects/{project_id}/imports | GET /v1/projects/{project_id}/imports
GET /v1/projects/{project_id}/imports/{import_id}
GET /v1/models | POST /v1/models | GET /v1/models/{model_version_id} | PATCH /v1/models/{model_version_id}
POST /v1/models/{model_version_id}/retire | POST /v1/models/{model_version_id}/restore
PUT /v1/models/{name}/aliases/{alias} | DELETE /v1/models/{name}/aliases/{alias}
GET /v1/projects/{project_id}/class-mappings | POST /v1/projects/{project_id}/class-mappings
GET /v1/projects/{project_id}/class-mappings/{mapping_id} | GET /v1/projects/{project_id}/class-mappings/suggestion
POST /v1/projects/{project_id}/runs/estimate | POST /v1/projects/{project_id}/runs | GET /v1/projects/{project_id}/runs
GET /v1/projects/{project_id}/runs/{run_id} | GET /v1/projects/{project_id}/runs/{run_id}/pictures
POST /v1/projects/{project_id}/runs/{run_id}/pause | POST /v1/projects/{project_id}/runs/{run_id}/resume
POST /v1/projects/{project_id}/runs/{run_id}/cancel | GET /v1/projects/{project_id}/prediction-sets
GET /v1/projects/{project_id}/prediction-sets/compare
GET /v1/projects/{project_id}/prediction-sets/{mapping_id}/pictures
GET /v1/projects/{project_id}/prediction-sets/{mapping_id}/acceptance
POST /v1/projects/{project_id}/prediction-sets/{mapping_id}/show
POST /v1/webhooks | GET /v1/webhooks | GET /v1/webhooks/{webhook_id} | PATCH /v1/webhooks/{webhook_id}
DELETE /v1/webhooks/{webhook_id} | POST /v1/webhooks/{webhook_id}/secret | POST /v1/webhooks/{webhook_id}/test
GET /v1/webhooks/{webhook_id}/deliveries | GET /v1/webhooks/{webhook_id}/deliveries/{delivery_id}
POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver | GET /v1/events
GET /v1/dead-letters | GET /v1/dead-letters/summary | GET /v1/dead-letters.csv | POST /v1/dead-letters/redrive
POST /v1/dead-letters/discard | GET /v1/dead-letters/{letter_id} | POST /v1/dead-letters/{letter_id}/redrive
POST /v1/dead-letters/{letter_id}/discard
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


def test_every_operation_below_v1_but_the_door_needs_a_token() -> None:
    open_ones = [name for name, operation in OPERATIONS if "/v1/" in name and not operation.get("security")]

    assert all("/v1/auth/" in name for name in open_ones)


def test_every_operation_below_v1_says_that_tokens_and_requests_can_be_refused() -> None:
    behind_the_door = [(name, o) for name, o in OPERATIONS if "/v1/" in name and "/v1/auth/" not in name]
    silent = [name for name, o in behind_the_door if not {"401", "422", "503"} <= set(o["responses"])]

    assert silent == []


def test_no_body_of_the_framework_is_left() -> None:
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]

"""What a request meets when it cannot be served: always problem+json, never a leak."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.app import MAX_BODY_BYTES
from domain.errors import DomainError, NotFound
from tests.unit.api.application import an_app

POINTS = [[10.0, 40.0], [32.5, 12.0], [64.0, 44.0], [30.0, 80.0]]


def ask(
    failure: Exception | None, method: str = "GET", path: str = "/v1/projects/7", **options: Any
) -> httpx2.Response:
    with TestClient(an_app(failure=failure)) as client:
        return client.request(method, path, **options)


class _Diagnosed(Exception):
    """A database error that names its constraint, as psycopg's does."""

    def __init__(self, constraint_name: str) -> None:
        super().__init__("duplicate key value: secret-value")
        self.diag = type("Diagnostics", (), {"constraint_name": constraint_name})()


def violation(constraint: str) -> IntegrityError:
    return IntegrityError("INSERT …", {}, _Diagnosed(constraint))


def test_a_domain_error_keeps_its_code_and_facts() -> None:
    answer = ask(NotFound("there is no project 7", project_id=7))

    assert (answer.status_code, answer.json()["code"], answer.json()["facts"]) == (404, "not_found", {"project_id": 7})


def test_a_refusal_is_problem_json() -> None:
    assert ask(NotFound("gone")).headers["content-type"] == "application/problem+json"


def test_the_type_of_a_refusal_leads_to_its_explanation() -> None:
    with TestClient(an_app(failure=NotFound("gone"))) as client:
        page, _, code = client.get("/v1/projects/7").json()["type"].partition("#")

        assert f'id="{code}"' in client.get(page).text


def test_an_unknown_path_is_a_problem() -> None:
    answer = ask(None, path="/v1/nothing-here")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_a_problem_that_lists_the_right_ones() -> None:
    answer = ask(None, "PUT", "/v1/me")

    assert (answer.json()["code"], answer.headers["allow"]) == ("method_not_allowed", "GET")


def test_a_request_without_token_is_unauthenticated() -> None:
    with TestClient(an_app(actor=None)) as client:
        answer = client.get("/v1/me")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_every_wrong_field_is_named() -> None:
    body = {"name": "", "ontology": {"classes": []}, "colour": "red"}

    answer = ask(None, "POST", "/v1/projects", json=body)

    assert [e["field"] for e in answer.json()["errors"]] == ["name", "ontology.classes", "colour"]


def test_an_id_that_no_database_holds_is_an_invalid_request() -> None:
    assert ask(None, path=f"/v1/tasks/{2**63}").status_code == 422


def test_a_body_that_is_no_json_is_an_invalid_request() -> None:
    answer = ask(None, "POST", "/v1/projects", content=b"{", headers={"content-type": "application/json"})

    assert answer.json()["errors"][0]["field"] == "body"


def test_a_second_seat_on_a_task_is_a_reissued_seat() -> None:
    answer = ask(violation("seat_one_per_member"), "POST", "/v1/leases/5/heartbeat")

    assert (answer.status_code, answer.json()["code"]) == (409, "seat_reissued")


def test_a_violation_that_nobody_can_bring_about_is_our_fault() -> None:
    assert ask(violation("uq_something_else")).status_code == 500


@pytest.mark.parametrize(
    "failure",
    [OperationalError("SELECT 1", {}, Exception("connection refused")), PoolTimeout("QueuePool limit of size 8")],
)
def test_a_database_that_does_not_answer_makes_the_request_repeatable(failure: Exception) -> None:
    answer = ask(failure)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_a_text_that_postgresql_cannot_hold_is_an_invalid_request() -> None:
    answer = ask(DataError("INSERT …", {}, Exception("NUL character")))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_health_needs_the_database() -> None:
    assert ask(PoolTimeout("no connection"), path="/healthz").status_code == 503


def test_a_fault_of_ours_leaks_nothing() -> None:
    assert "secret" not in ask(ValueError("secret-value")).text


def test_a_fault_of_ours_names_the_request_it_was_asked_with() -> None:
    answer = ask(ValueError("broken"), headers={"X-Request-Id": "from-the-page.1"})

    assert (answer.json()["request_id"], answer.headers["x-request-id"]) == ("from-the-page.1", "from-the-page.1")


def test_a_malformed_request_id_is_replaced() -> None:
    answer = ask(None, path="/metrics", headers={"X-Request-Id": "two words"})

    assert answer.headers["x-request-id"] != "two words"


def test_a_body_that_declares_too_many_bytes_is_refused_unread() -> None:
    answer = ask(None, "POST", "/v1/projects", content=b"{}", headers={"content-length": str(MAX_BODY_BYTES + 1)})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_that_declares_no_length_is_refused_when_it_grows_too_large() -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 1_000_000 + 1):
            yield b" " * 1_000_000

    assert ask(None, "POST", "/v1/projects", content=chunks()).status_code == 413


def test_every_domain_error_is_an_exception_the_application_answers() -> None:
    class Unheard(DomainError):
        code = "conflict"

    assert ask(Unheard("an error of a kind that no route names")).status_code == 409


def test_the_segmenter_is_asked_for_four_points() -> None:
    answer = ask(None, "POST", "/v1/leases/5/segment", json={"points": POINTS[:3]})

    assert answer.json()["code"] == "invalid_request"

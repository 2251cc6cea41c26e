"""The claim and the submit as the product sends them to PostgreSQL now, caught from one request each: so that a floor
and a plan are about these statements, whatever becomes of their source."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from api.app import create_app
from bench.load.workplace import Workplace
from runtime.settings import load_settings

CLAIM, SUBMIT = "INSERT INTO lease ", "INSERT INTO annotation "


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL as psycopg takes it, and the values it was sent with."""

    sql: str
    values: dict[str, Any]

    def with_values(self, **values: Any) -> "Statement":
        return Statement(self.sql, self.values | values)


@dataclass(frozen=True, slots=True)
class Caught:
    claim: Statement
    submit: Statement


def catch(workplace: Workplace, *, token: str, project_id: int, payload: bytes) -> Caught:
    """Claim a task and answer it in an API inside this process, and return what it sent."""
    os.environ |= workplace.environment
    sent: list[Statement] = []
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with (
        _noted(sent),
        TestClient(create_app(load_settings()), base_url="http://127.0.0.1", headers=head) as client,
    ):
        lease = client.post("/v1/leases", json={"project_id": project_id})
        assert lease.status_code == 201, lease.text
        told = client.post(f"/v1/leases/{lease.json()['lease_id']}/annotation", content=payload)
        assert told.status_code == 201, told.text
    return Caught(_last(sent, CLAIM), _last(sent, SUBMIT))


@contextmanager
def _noted(sent: list[Statement]) -> Iterator[None]:
    def note(_connection: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:
        if isinstance(parameters, dict):
            sent.append(Statement(sql, dict(parameters)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _last(sent: list[Statement], mark: str) -> Statement:
    found = [statement for statement in sent if mark in statement.sql]
    assert found, f"no statement has {mark!r}"
    return found[-1]

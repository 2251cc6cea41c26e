"""The application over the world of `world.py`, asked without a server; whatever a request does is undone."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import psycopg
from fastapi import FastAPI

from api.app import create_app
from runtime.aws import AwsEndpoint
from runtime.incoming import build_incoming
from runtime.provision import provision
from runtime.settings import Settings
from tests.integration.access import world
from tests.integration.access.asgi import Reply, ask
from tests.integration.access.samples import Operation, operations, sample
from tests.integration.access.undone import UndoneDatabase
from tests.integration.access.world import Asker, Target
from tests.integration.conftest import Template
from tests.unit.api.application import NoBuckets, an_app

DOCUMENT: dict[str, Any] = an_app().openapi()
OPERATIONS = [o for o in operations(DOCUMENT) if o.path.startswith(("/v1", "/uploads"))]
# Whoever signs in is nobody yet, and whoever signs out may be nobody any more.
OPEN = {o.name for o in OPERATIONS if o.path.startswith("/v1/auth/")}


@dataclass
class Access:
    """The application over the world; what a request does is undone."""

    app: FastAPI
    database: UndoneDatabase
    runner: asyncio.Runner
    tokens: dict[int, int] = field(default_factory=dict)
    deliveries: dict[int, int] = field(default_factory=dict)

    def send(self, operation: Operation, asker: Asker | None, target: Target) -> Reply:
        path = operation.path
        for name in operation.path_names:
            assert name in target.ids or name in target.text, f"say in world.py what {{{name}}} of {path} stands for"
            path = path.replace(f"{{{name}}}", str(target.ids.get(name, target.text.get(name, world.ABSENT_TEXT))))
        headers = dict(asker.headers) if asker else {}
        content, body = _body(operation, target)
        if content:
            headers["content-type"] = content
        if any(p["name"] == "If-Match" for p in operation.parameters("header")):
            headers["if-match"] = "*"
        return self.ask(operation.method, path, query=_query(operation, target), headers=headers, body=body)

    def ask(
        self, method: str, path: str, *, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        with self.database.undone():
            return self.runner.run(ask(self.app, method, path, query=query, headers=headers, body=body))


def _query(operation: Operation, target: Target) -> str:
    wanted = [p for p in operation.parameters("query") if p.get("required") or p["name"] in ("project_id", "source_id")]
    return "&".join(f"{p['name']}={target.ids.get(p['name'], sample(p['schema'], DOCUMENT))}" for p in wanted)


def _body(operation: Operation, target: Target) -> tuple[str | None, bytes]:
    contents = operation.facts.get("requestBody", {}).get("content", {})
    for kind, described in contents.items():
        value = sample(described["schema"], DOCUMENT)
        if kind == "application/json":
            return kind, json.dumps(_aimed(value, target)).encode()
        return kind, value.encode() if isinstance(value, str) else b"x"
    return None, b""


def _aimed(value: Any, target: Target) -> Any:
    """Return a sample with its ids replaced by the target's."""
    if isinstance(value, dict):
        return {key: _aimed_at(key, each, target) for key, each in value.items()}
    return [_aimed(each, target) for each in value] if isinstance(value, list) else value


def _aimed_at(key: str, value: Any, target: Target) -> Any:
    if key == "parent_id":
        return None  # a remark of its own, no answer to one
    if key in target.ids and isinstance(value, int):
        return target.ids[key]
    if key.removesuffix("s") in target.ids and isinstance(value, list):
        return [target.ids[key.removesuffix("s")]] * min(1, len(value))
    return _aimed(value, target)


@contextmanager
def open_access(template: Template, emulator_url: str) -> Iterator[Access]:
    with template.cloned() as urls, asyncio.Runner() as runner:
        with psycopg.connect(template.admin_url(urls)) as admin:
            world.build(admin)
            tokens = dict(admin.execute("SELECT member_id, id FROM api_token WHERE member_id > 100").fetchall())
            deliveries = dict(admin.execute("SELECT webhook_id, id FROM webhook_delivery").fetchall())
        database = UndoneDatabase(urls.app)
        settings = Settings.model_validate(
            {"database_url": urls.app, "bucket": "access-own", "queue_prefix": "access", "webhook_timeout_s": 1}
        )
        segmenter = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(503)))
        buckets = NoBuckets()
        endpoint = AwsEndpoint(emulator_url, "us-east-1", "test", "test")
        provision(
            bucket=settings.bucket,
            upload_bucket=settings.upload_bucket,
            queue_prefix=settings.queue_prefix,
            visibility_timeout_s=30,
            max_receives=5,
            endpoint=endpoint,
        )
        app = create_app(
            settings,
            database=database,
            buckets=buckets,
            own_bucket=buckets,
            segmenter=segmenter,
            incoming=build_incoming(queue_prefix=settings.queue_prefix, endpoint=endpoint),
        )
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        yield Access(app, database, runner, tokens, deliveries)
        runner.run(lifespan.__aexit__(None, None, None))
        database.close()

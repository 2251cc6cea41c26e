"""The application without a database: a fake that refuses or grants tokens stands where it would be."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import httpx2
from fastapi import FastAPI
from sqlalchemy.orm import Session

from api.app import build_routes, lifespan
from api.auth import authenticate
from domain.errors import NotFound
from domain.ports import BucketAccess
from domain.scope import Actor, Scope
from runtime.blobs import OpenedObject
from runtime.database import Database
from runtime.logs import configure_logging
from runtime.settings import Settings
from schema.enums import Role

ACTOR = Actor(member_id=12, organisation_id=2, kind="vendor", role=Role.ANNOTATOR, projects=(7,))


@dataclass
class FailingDatabase:
    """Raises at the beginning of every transaction."""

    error: Exception

    def begin(self, scope: Scope | None) -> AbstractContextManager[Session]:
        raise self.error


class NoBuckets:
    """Buckets with nothing in them."""

    def read_small(self, access: BucketAccess, key: str, *, limit: int = 1024) -> bytes | None:
        return None

    def open(self, key: str, *, byte_range: str | None, known_etag: str | None) -> OpenedObject:
        raise NotFound("there is nothing here")


def _refuse(_: httpx2.Request) -> httpx2.Response:
    raise AssertionError("no test expected the segmenter to be asked")


@cache
def _routes() -> FastAPI:
    """Building them takes longer than all that a test asks; tests come one after the other and share them."""
    return build_routes()


def an_app(
    *,
    failure: Exception | None = None,
    actor: Actor | None = ACTOR,
    segmenter: httpx2.AsyncClient | None = None,
    web: Path | None = None,
) -> FastAPI:
    """Make an application whose transactions fail with `failure`; `actor` is who asks, None asks the database."""
    configure_logging(format="json", level="INFO", process="api")
    settings = Settings.model_validate({"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    database = FailingDatabase(failure or AssertionError("no test expected a transaction"))
    app = build_routes(web_folder=web) if web else _routes()
    app.dependency_overrides.clear()
    app.router.lifespan_context = lifespan(
        settings,
        database=cast(Database, database),
        buckets=NoBuckets(),
        own_bucket=NoBuckets(),
        segmenter=segmenter or httpx2.AsyncClient(transport=httpx2.MockTransport(_refuse)),
    )
    if actor is not None:
        app.dependency_overrides[authenticate] = lambda: actor
    return app

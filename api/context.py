"""What the routes of one process share, and how they get it. Built once, at start."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, Protocol

import httpx2
from fastapi import Depends, Request

from api.live import LiveCounts
from domain.ports import BucketAccess
from runtime.blobs import OpenedObject
from runtime.database import Database
from runtime.incoming import Incoming
from runtime.openid import OpenIdProvider
from runtime.settings import Settings


class ProofReader(Protocol):
    """Reads the small object that proves a client's access to a bucket."""

    def read_small(self, access: BucketAccess, key: str, *, limit: int = ...) -> bytes | None:
        """Return the first bytes of an object, None when it is not there."""


class ObjectOpener(Protocol):
    """Opens objects of our own bucket."""

    def open(self, key: str, *, byte_range: str | None, known_etag: str | None) -> OpenedObject:
        """Return the object, a part of it, or that it did not change."""


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    database: Database
    buckets: ProofReader
    own_bucket: ObjectOpener
    segmenter: httpx2.AsyncClient
    rng: Random
    live: LiveCounts
    incoming: Incoming
    provider: OpenIdProvider | None


async def get_context(request: Request) -> Context:
    """Asynchronous only so that it costs no thread."""
    context: Context = request.app.state.context
    return context


WithContext = Annotated[Context, Depends(get_context)]

"""`Idempotency-Key`: a creating request that is sent twice creates once, and both get the first answer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from sqlalchemy.orm import Session

from domain.idempotency import service
from domain.scope import Actor
from schema.bodies.base import Body

REPLAYED = "Idempotency-Replayed"

Answer = TypeVar("Answer", bound=Body)


@dataclass(frozen=True, slots=True)
class Once:
    """The key of a request, if it has one. Secrets are never kept: do not use it where an answer shows one."""

    key: str | None
    route: str
    sha256: bytes
    response: Response

    def run(self, session: Session, actor: Actor, kind: type[Answer], make: Callable[[], Answer]) -> Answer:
        """Return the stored answer to this request, or make it and keep it in the same transaction."""
        if self.key is None:
            return make()
        stored = service.find_answer(session, actor, key=self.key, route=self.route, sha256=self.sha256)
        if stored is not None:
            self.response.headers[REPLAYED] = "true"
            return kind.model_validate(stored)
        body = make()
        service.keep_answer(session, actor, key=self.key, status=201, body=body.model_dump(mode="json"))
        return body


async def get_once(
    request: Request,
    response: Response,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="any text of yours; the same request with the same key creates once, within 24 hours",
        ),
    ] = None,
) -> Once:
    body = await request.body() if key is not None else b""
    target = f"{request.method} {request.url.path}?{request.url.query}"
    return Once(key, target, hashlib.sha256(body).digest(), response)


WithOnce = Annotated[Once, Depends(get_once)]

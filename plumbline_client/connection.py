"""The one way over HTTP: the token, retries, problems as errors, bodies as pydantic models."""

import hashlib
import random
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel

from plumbline_client.errors import FieldProblem, PlumblineError, Unreachable

TIMEOUT_S = 60.0
ATTEMPTS = 4
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
PAGE = 200
TRY_AGAIN = frozenset({429, 503})
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
KEY = "Idempotency-Key"

B = TypeVar("B", bound=BaseModel)


class Connection:
    """Calls the API as one member. Safe for threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = TIMEOUT_S,
        attempts: int = ATTEMPTS,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx2.Client(base_url=url, timeout=timeout_s, trust_env=False, transport=transport)
        weakref.finalize(self, self._http.close)  # for those who forget it
        self._origin = _origin(self._http.base_url)
        self._token = token
        self._attempts = attempts
        self._sleep = sleep

    def close(self) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        creates: bool = False,
    ) -> Any:
        """Return the answer's JSON, None for an empty one; raises PlumblineError.

        What `creates` carries an Idempotency-Key: repeated after a fault, it still creates once.
        """
        sent = dict(headers or {})
        if creates:
            sent.setdefault(KEY, str(uuid.uuid4()))
        given = {name: value for name, value in (params or {}).items() if value is not None}
        answer = self._send(method, path, json=json, params=given or None, headers=sent)
        return answer.json() if answer.content else None

    def get(self, kind: type[B], path: str, /, **params: Any) -> B:
        return parse(kind, self.call("GET", path, params=params))

    def pages(self, kind: type[B], path: str, /, **params: Any) -> Iterator[B]:
        """Yield every item of a list; the next page is read when the one before is used up."""
        return (parse(kind, item) for item in self.items(path, **params))

    def items(self, path: str, /, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a list as they come."""
        page = self.call("GET", path, params={"limit": PAGE, **params})
        while True:
            yield from page["items"]
            if page["next"] is None:
                return
            page = self.call("GET", path, params={"limit": PAGE, **params, "after": page["next"]})

    def post_csv(self, path: str, body: bytes, params: Mapping[str, Any] | None = None) -> Any:
        """Send a CSV file and return the answer's JSON."""
        answer = self._send("POST", path, content=body, params=params, headers={"Content-Type": "text/csv"})
        return answer.json()

    def put_bytes(self, path: str, body: bytes) -> None:
        self._send("PUT", path, content=body)

    def download(self, link: str, path: Path) -> str:
        """Write what a link gives to a file, in bounded memory; return its SHA-256 in hexadecimal."""
        sha256 = hashlib.sha256()
        try:
            with self._http.stream("GET", link, headers=self._headers(link, {})) as answer, path.open("wb") as file:
                if not answer.is_success:
                    answer.read()
                    raise _problem(answer)
                for chunk in answer.iter_bytes():
                    sha256.update(chunk)
                    file.write(chunk)
        except httpx2.TransportError as error:
            raise Unreachable(f"the download broke off ({_say(error)})") from error
        return sha256.hexdigest()

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        sent = self._headers(path, headers or {})
        last = self._attempts - 1
        for attempt in range(self._attempts):
            try:
                answer = self._http.request(method, path, headers=sent, **more)
            except httpx2.TransportError as error:
                if attempt == last or not _may_repeat(method, sent, error):
                    raise Unreachable(f"the API does not answer ({_say(error)})") from error
                self._sleep(_pause_s(attempt, None))
                continue
            if answer.status_code not in TRY_AGAIN or attempt == last:
                break
            pause_s = _pause_s(attempt, answer.headers.get("Retry-After"))
            if pause_s > LONGEST_PAUSE_S:
                break
            self._sleep(pause_s)
        if answer.is_success:
            return answer
        raise _problem(answer)

    def _headers(self, path: str, more: Mapping[str, str]) -> dict[str, str]:
        """The token goes to Plumbline alone, not to where a link may lead."""
        is_ours = _origin(self._http.base_url.join(path)) == self._origin
        return {**({"Authorization": f"Bearer {self._token}"} if is_ours else {}), **more}


def parse(kind: type[B], answer: object) -> B:
    """Return a body; fields of a newer Plumbline are passed over."""
    return kind.model_validate(answer, extra="ignore")


def _may_repeat(method: str, headers: Mapping[str, str], error: httpx2.TransportError) -> bool:
    """Tell whether a request may be sent again: nothing was sent, or sent twice it does the same."""
    never_sent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return never_sent or method in REPEATABLE or KEY in headers


def _pause_s(attempt: int, retry_after: str | None) -> float:
    if retry_after is not None and retry_after.isdigit():
        return float(retry_after)
    return random.uniform(0.5, 1.0) * FIRST_PAUSE_S * float(2**attempt)  # noqa: S311 - spreads load, guards nothing


def _problem(answer: httpx2.Response) -> PlumblineError:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {}
    problems = [e for e in told.get("errors") or () if isinstance(e, dict)]
    where = told.get("type")
    return PlumblineError(
        str(told.get("code") or "unknown"),
        str(told.get("detail") or told.get("title") or f"the API answered {answer.status_code}"),
        status=answer.status_code,
        errors=tuple(FieldProblem(str(e.get("field")), str(e.get("problem"))) for e in problems),
        facts=told.get("facts"),
        request_id=told.get("request_id"),
        explained_at=str(answer.request.url.join(where)) if where else None,
    )


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__

"""How commands reach a running Plumbline: its API with a token, its database and S3 where the operator has them."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from cli.launcher.state import find_state_dir
from runtime.aws import AwsEndpoint

TOKEN_VARIABLE = "PLUMBLINE_TOKEN"  # noqa: S105 - the name of a variable
API_VARIABLE = "PLUMBLINE_API_URL"
TIMEOUT_S = 60.0


class CommandFailed(Exception):
    """A command cannot do what was asked; the message says why and what to do."""


class Connection:
    """Calls the API as one member."""

    def __init__(self, *, api_url: str, token: str) -> None:
        self._http = httpx2.Client(
            base_url=api_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S, trust_env=False
        )

    def call(self, method: str, path: str, *, json: object = None, params: Mapping[str, Any] | None = None) -> Any:
        """Return the answer's JSON, None for an empty one; raises CommandFailed with the problem's own words."""
        try:
            answer = self._http.request(method, path, json=json, params=params)
        except httpx2.TransportError as error:
            raise CommandFailed(f"the API does not answer ({error}); is the stack up? try: plumbline status") from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise CommandFailed(_explain(answer))

    def download(self, link: str, path: Path) -> str:
        """Write what a link gives to a file, in bounded memory; return its SHA-256 in hexadecimal."""
        sha256 = hashlib.sha256()
        with self._http.stream("GET", link) as answer, path.open("wb") as file:
            if not answer.is_success:
                answer.read()
                raise CommandFailed(_explain(answer))
            for chunk in answer.iter_bytes():
                sha256.update(chunk)
                file.write(chunk)
        return sha256.hexdigest()

    def close(self) -> None:
        self._http.close()


def _explain(answer: httpx2.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return f"the API answered {answer.status_code}"
    lines = [str(problem.get("detail") or problem.get("title") or answer.status_code)]
    lines += [f"  {e.get('field')}: {e.get('problem')}" for e in problem.get("errors", ()) if isinstance(e, dict)]
    return "\n".join(lines)


def stack_environment() -> Mapping[str, str]:
    """Return what a process needs to work on the stack: the running embedded one's, else this process' own."""
    stack = find_state_dir().read_stack()
    if stack is not None and stack.launcher.is_alive():
        return stack.environment
    if "PLUMBLINE_DATABASE_URL" in os.environ:
        return os.environ
    raise CommandFailed("no stack is running here; start one with: plumbline up")


def stack_endpoint(environment: Mapping[str, str]) -> AwsEndpoint | None:
    """Return the embedded S3 and SQS; None where `AWS_*` of this process say where they are."""
    url = environment.get("AWS_ENDPOINT_URL")
    if url is None:
        return None
    return AwsEndpoint(
        url,
        environment.get("AWS_DEFAULT_REGION", "us-east-1"),
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
    )


def find_api_url() -> str:
    """Return PLUMBLINE_API_URL, else the running embedded stack's address."""
    given = os.environ.get(API_VARIABLE)
    if given:
        return given
    stack = find_state_dir().read_stack()
    if stack is None or not stack.launcher.is_alive() or "api" not in stack.urls:
        raise CommandFailed(f"no stack is running here; start one with: plumbline up, or set {API_VARIABLE}")
    return stack.urls["api"]


def connect() -> Connection:
    """Connect as the member whose token is in PLUMBLINE_TOKEN."""
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise CommandFailed(f"set {TOKEN_VARIABLE} to a token; make one with: plumbline org create NAME --kind client")
    return Connection(api_url=find_api_url(), token=token)

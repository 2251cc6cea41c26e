"""How commands reach a running Plumbline: its API with a token, its database and S3 where the operator has them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.exits import CommandFailed, Exit
from cli.launcher.state import find_state_dir
from plumbline_client import ChecksumWrong, Client, PlumblineError, Unreachable
from runtime.aws import AwsEndpoint

TOKEN_VARIABLE = "PLUMBLINE_TOKEN"  # noqa: S105 - the name of a variable
API_VARIABLE = "PLUMBLINE_API_URL"
RELAY_VARIABLE = "PLUMBLINE_RELAY_DATABASE_URL"
ATTEMPTS = 3


class Connection:
    """Calls the API as one member, through `plumbline_client`; what goes wrong is told as a failed command."""

    def __init__(self, *, api_url: str, token: str) -> None:
        self.client = Client(api_url, token, attempts=ATTEMPTS)

    def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        creates: bool = False,
    ) -> Any:
        """Return the answer's JSON, None for an empty one; raises CommandFailed with the problem's own words.

        What `creates` carries an Idempotency-Key and is repeated after a fault.
        """
        with told():
            return self.client.connection.call(method, path, json=json, params=params, creates=creates)

    def post_csv(self, path: str, body: bytes, params: Mapping[str, Any] | None = None) -> Any:
        """Send a CSV file and return the answer's JSON."""
        with told():
            return self.client.connection.post_csv(path, body, params)

    def list_all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return every item of a list, page after page."""
        with told():
            return list(self.client.connection.items(path, **params))

    def download(self, link: str, path: Path) -> str:
        """Write what a link gives to a file, in bounded memory; return its SHA-256 in hexadecimal."""
        with told():
            return self.client.connection.download(link, path)

    def close(self) -> None:
        self.client.close()


@contextmanager
def told() -> Iterator[None]:
    """Turn what the client raises into CommandFailed."""
    try:
        yield
    except ChecksumWrong as error:
        raise CommandFailed(str(error)) from error
    except PlumblineError as error:
        raise CommandFailed(_explain(error), exit_code=_exit_code(error)) from error


def _explain(error: PlumblineError) -> str:
    if isinstance(error, Unreachable):
        return f"{error.detail}; is the stack up? try: plumbline status"
    lines = [error.detail, *(f"  {e.field}: {e.problem}" for e in error.errors)]
    if error.explained_at:
        lines.append(f"  what to do: {error.explained_at}")
    if error.status is not None and error.status >= 500 and error.request_id:
        lines.append(f"  request id: {error.request_id}")
    return "\n".join(lines)


def _exit_code(error: PlumblineError) -> Exit:
    if isinstance(error, Unreachable):
        return Exit.NOT_RUNNING
    return Exit.NOT_FOUND if error.status == 404 else Exit.FAILED


def stack_environment() -> Mapping[str, str]:
    """Return what a process needs to work on the stack: the running embedded one's, else this process' own."""
    stack = find_state_dir().read_stack()
    if stack is not None and stack.launcher.is_alive():
        return stack.environment
    if "PLUMBLINE_DATABASE_URL" in os.environ:
        return os.environ
    raise CommandFailed("no stack is running here; start one with: plumbline up", exit_code=Exit.NOT_RUNNING)


def relay_database_url() -> str:
    """Return how the operator reaches the database across organisations: as the role of the relay."""
    stack = find_state_dir().read_stack()
    if stack is not None and stack.launcher.is_alive():
        return stack.urls["relay"]
    if RELAY_VARIABLE in os.environ:
        return os.environ[RELAY_VARIABLE]
    raise CommandFailed(f"set {RELAY_VARIABLE}: the operator signs in as the role plumbline_relay")


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
        remedy = f"start one with: plumbline up, or set {API_VARIABLE}"
        raise CommandFailed(f"no stack is running here; {remedy}", exit_code=Exit.NOT_RUNNING)
    return stack.urls["api"]


def connect() -> Connection:
    """Connect as the member whose token is in PLUMBLINE_TOKEN."""
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise CommandFailed(f"set {TOKEN_VARIABLE} to a token; make one with: plumbline org create NAME --kind client")
    return Connection(api_url=find_api_url(), token=token)

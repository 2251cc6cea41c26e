"""Watches for this machine being taken away: the notice that EC2 gives a spot instance, asked of the instance metadata
service (IMDSv2). Never through a proxy and never in the worker's way: what goes wrong here is logged and waited out."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import aiohttp
import structlog

from runtime.link_local import UNANSWERED, ask, open_session

log = structlog.get_logger()
ENDPOINT_V4: Final = "http://169.254.169.254"
ENDPOINT_V6: Final = "http://[fd00:ec2::254]"
TOKEN_PATH: Final = "latest/api/token"  # noqa: S105 - a path
NOTICE_PATH: Final = "latest/meta-data/spot/instance-action"
REBALANCE_PATH: Final = "latest/meta-data/events/recommendations/rebalance"
TTL_HEADER: Final = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER: Final = "X-aws-ec2-metadata-token"  # noqa: S105 - a name
ACTIONS: Final = frozenset({"terminate", "stop", "hibernate"})
# As often as AWS advises; a notice comes two minutes ahead.
PAUSE_S: Final = 5.0
TIMEOUT_S: Final = 1.0
TOKEN_TTL_S: Final = 21_600
# A service that was never met in so many tries is not there: this is no machine of EC2.
TRIES_TO_MEET: Final = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """This machine goes: how (`terminate`, `stop`, `hibernate`), and about when, where that is told."""

    action: str
    at: datetime | None


class Interruptions(Protocol):
    """Knows when the machine is taken away."""

    async def wait(self) -> Notice:
        """Return when a notice has come; never raises for what a network does."""
        ...


class NoInterruptions:
    """A machine that nobody takes away."""

    async def wait(self) -> Notice:
        never: asyncio.Future[Notice] = asyncio.get_running_loop().create_future()
        return await never


class _Unpromised(Exception):
    """The service answered, and not with what it promises."""


FAULTS: Final[tuple[type[Exception], ...]] = (_Unpromised, *UNANSWERED)


class SpotInterruptions:
    """Asks the metadata service every `pause_s`; quiet for good where it was never met.

    From a container the token's answer must be allowed a second hop: `HttpPutResponseHopLimit` 2 on the instance.
    """

    def __init__(
        self, endpoint: str, *, pause_s: float = PAUSE_S, timeout_s: float = TIMEOUT_S, token_ttl_s: int = TOKEN_TTL_S
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._pause_s = pause_s
        self._timeout_s = timeout_s
        self._token_ttl_s = token_ttl_s
        self._token: str | None = None
        self._has_met = False
        self._told: set[str] = set()

    async def wait(self) -> Notice:
        failures = 0
        async with open_session(timeout_s=self._timeout_s) as session:
            while self._has_met or failures < TRIES_TO_MEET:
                try:
                    if notice := await self._look(session):
                        return notice
                    failures = 0
                    self._told.discard("failed")
                except FAULTS as error:
                    failures += 1
                    if self._has_met and self._tells("failed"):
                        log.warning("machine_metadata_failed", endpoint=self._endpoint, error=repr(error))
                await asyncio.sleep(self._pause_s)
        log.info("machine_metadata_absent", endpoint=self._endpoint)
        return await NoInterruptions().wait()

    async def _look(self, session: aiohttp.ClientSession) -> Notice | None:
        if text := await self._get(session, NOTICE_PATH):
            if notice := parse_notice(text):
                return notice
            if self._tells("unreadable"):
                log.warning("spot_notice_unreadable", text=text[:200])
        if (text := await self._get(session, REBALANCE_PATH)) and self._tells("rebalance"):
            log.info("rebalance_recommended", text=text[:200])  # a higher risk only: the work goes on
        return None

    async def _get(self, session: aiohttp.ClientSession, path: str) -> str | None:
        """Return what lies at the path, None where nothing does; a token that has ended is renewed."""
        for _ in range(2):
            if self._token is None:
                self._token = await self._new_token(session)
                self._has_met = True
            status, text = await ask(session, "GET", f"{self._endpoint}/{path}", headers={TOKEN_HEADER: self._token})
            if status != 401:
                break
            self._token = None
        if status == 404:
            return None
        if status != 200:
            raise _Unpromised(f"{path} answered {status}")
        return text

    async def _new_token(self, session: aiohttp.ClientSession) -> str:
        ttl = {TTL_HEADER: str(self._token_ttl_s)}
        status, text = await ask(session, "PUT", f"{self._endpoint}/{TOKEN_PATH}", headers=ttl)
        if status != 200 or not text.isascii() or not text.isprintable() or not text:
            raise _Unpromised(f"{TOKEN_PATH} answered {status}")
        return text

    def _tells(self, what: str) -> bool:
        """Whether this is to be logged now: once, not at every turn."""
        is_new = what not in self._told
        self._told.add(what)
        return is_new


def parse_notice(text: str) -> Notice | None:
    """Read `{"action": "terminate", "time": "2017-09-18T08:22:00Z"}`; None for what is no notice."""
    try:
        document: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("action") not in ACTIONS:
        return None
    try:
        at = datetime.fromisoformat(str(document.get("time")))
    except ValueError:
        at = None
    return Notice(document["action"], at if at is None or at.tzinfo else at.replace(tzinfo=UTC))


def build_interruptions(environment: Mapping[str, str]) -> Interruptions:
    """Read AWS's own variables: `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `…_MODE`."""
    if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return NoInterruptions()
    is_v6 = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower() == "ipv6"
    endpoint = environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or (ENDPOINT_V6 if is_v6 else ENDPOINT_V4)
    return SpotInterruptions(endpoint)

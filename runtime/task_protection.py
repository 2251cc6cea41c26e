"""Keeps ECS from choosing a busy task when it scales in or deploys, through the container agent's endpoint. What goes
wrong here is logged, and the work goes on: an unprotected task is asked to end, and hands its work back."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from runtime.link_local import UNANSWERED, ask, open_session

log = structlog.get_logger()
STATE_PATH: Final = "task-protection/v1/state"
# The agent itself waits four seconds for ECS.
TIMEOUT_S: Final = 6.0
RELEASE_TIMEOUT_S: Final = 2.0


class ProtectionFailed(Exception):
    """The agent did not do what was asked; the message says why."""


class TaskProtection(Protocol):
    """Whether ECS may end this task when it scales in or deploys."""

    async def protect(self, *, minutes: int) -> None:
        """Keep the task for so many minutes from now, 1 to 2,880; raises ProtectionFailed."""
        ...

    async def release(self) -> None:
        """Let the task be chosen again; raises ProtectionFailed."""
        ...


class NoTaskProtection:
    """A process that nothing scales in."""

    async def protect(self, *, minutes: int) -> None: ...

    async def release(self) -> None: ...


class AgentTaskProtection:
    """Asks the container agent, which asks ECS as the task's own role (`ecs:UpdateTaskProtection`).

    ECS protects the tasks of services only; a task that runs by itself gets `TASK_NOT_VALID`.
    """

    def __init__(self, agent_uri: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = f"{agent_uri.rstrip('/')}/{STATE_PATH}"
        self._timeout_s = timeout_s

    async def protect(self, *, minutes: int) -> None:
        await self._put({"ProtectionEnabled": True, "ExpiresInMinutes": minutes}, wanted=True)

    async def release(self) -> None:
        await self._put({"ProtectionEnabled": False}, wanted=False)

    async def _put(self, body: dict[str, Any], *, wanted: bool) -> None:
        try:
            # A call comes minutes after the one before: no connection is kept.
            async with open_session(timeout_s=self._timeout_s) as session:
                status, text = await ask(session, "PUT", self._url, body=body)
        except UNANSWERED as error:
            raise ProtectionFailed(repr(error)) from error
        if not _says(text, wanted):
            raise ProtectionFailed(f"{status}: {text[:500]}")


def _says(text: str, wanted: bool) -> bool:
    """Whether the answer is `{"protection": {"ProtectionEnabled": wanted, …}}`.

    A refusal of ECS has status 200 too: `{"failure": {"Reason": "DEPLOYMENT_BLOCKED", …}}`; other faults are
    `{"error": {"Code": …, "Message": …}}`.
    """
    try:
        document = json.loads(text)
    except ValueError:
        return False
    protection = document.get("protection") if isinstance(document, dict) else None
    return isinstance(protection, dict) and protection.get("ProtectionEnabled") is wanted


@dataclass(frozen=True, slots=True)
class ProtectionClock:
    """When protection is asked for, renewed and given up.

    ECS throttles these calls for a whole cluster: `idle_s` keeps a burst of messages from taking and giving it up each
    time, and a failed call is repeated after `retry_s`, doubling up to `retry_max_s`.
    """

    look_s: float = 0.2
    minutes: int = 10
    renew_s: float = 300.0
    idle_s: float = 30.0
    retry_s: float = 5.0
    retry_max_s: float = 120.0


DEFAULT_CLOCK: Final = ProtectionClock()


async def keep_protected(
    protection: TaskProtection, *, is_busy: Callable[[], bool], clock: ProtectionClock = DEFAULT_CLOCK
) -> None:
    """Protect the task while `is_busy()`, until cancelled; then give it up."""
    keeper = _Keeper(protection, clock)
    try:
        while True:
            await keeper.turn(is_busy=is_busy(), now=time.monotonic())
            await asyncio.sleep(clock.look_s)
    finally:
        await keeper.end()


class _Keeper:
    """What was last asked of the agent, and when it is asked again (monotonic seconds)."""

    def __init__(self, protection: TaskProtection, clock: ProtectionClock) -> None:
        self._protection = protection
        self._clock = clock
        self._renew_at: float | None = None  # None: not protected
        self._may_hold = False
        self._busy_at = -math.inf
        self._failures = 0
        self._not_before = -math.inf

    async def turn(self, *, is_busy: bool, now: float) -> None:
        if is_busy:
            self._busy_at = now
        if now < self._not_before:
            return
        if is_busy and (self._renew_at is None or now >= self._renew_at):
            await self._protect(now)
        elif self._renew_at is not None and now - self._busy_at >= self._clock.idle_s:
            await self._release(now)

    async def end(self) -> None:
        """Give protection up, in a short time: the task may have been asked to end."""
        if not self._may_hold:
            return
        with suppress(ProtectionFailed, TimeoutError):
            async with asyncio.timeout(RELEASE_TIMEOUT_S):
                await self._protection.release()
                log.info("task_released")

    async def _protect(self, now: float) -> None:
        self._may_hold = True  # also when the answer is lost
        try:
            await self._protection.protect(minutes=self._clock.minutes)
        except ProtectionFailed as error:
            self._fail(now, error)
            return
        if self._renew_at is None:
            log.info("task_protected", minutes=self._clock.minutes)
        self._renew_at = now + self._clock.renew_s
        self._succeed()

    async def _release(self, now: float) -> None:
        try:
            await self._protection.release()
        except ProtectionFailed as error:
            self._fail(now, error)
            return
        log.info("task_released")
        self._renew_at, self._may_hold = None, False
        self._succeed()

    def _succeed(self) -> None:
        self._failures = 0
        self._not_before = -math.inf

    def _fail(self, now: float, error: ProtectionFailed) -> None:
        """Log the first failure in a row, and wait longer after each."""
        if not self._failures:
            log.warning("task_protection_failed", error=str(error))
        self._not_before = now + min(self._clock.retry_max_s, self._clock.retry_s * 2 ** min(self._failures, 10))
        self._failures += 1


def build_task_protection(environment: Mapping[str, str]) -> TaskProtection:
    """The agent's, where ECS names its endpoint (`ECS_AGENT_URI`)."""
    agent_uri = environment.get("ECS_AGENT_URI")
    return AgentTaskProtection(agent_uri) if agent_uri else NoTaskProtection()

"""Protection from being chosen by ECS: on while there is work, renewed, given up after a while, never in the way."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from runtime.task_protection import (
    AgentTaskProtection,
    NoTaskProtection,
    ProtectionClock,
    ProtectionFailed,
    build_task_protection,
    keep_protected,
)
from tests.integration.machines import FakeMachine, answering, fake_machine, logged

CLOCK = ProtectionClock(look_s=0.005, renew_s=0.05, idle_s=0.05, retry_s=0.01, retry_max_s=0.02)
REFUSAL = '{"failure": {"Arn": "arn:aws:ecs:us-east-1:1:task/t", "Detail": null, "Reason": "DEPLOYMENT_BLOCKED"}}'


@pytest.fixture
def machine() -> Iterator[FakeMachine]:
    with fake_machine() as machine:
        yield machine


class Remembered:
    """An agent that remembers what it was asked; the first `refusals` calls fail."""

    def __init__(self, refusals: int = 0) -> None:
        self.asked: list[str] = []
        self._refusals = refusals

    async def protect(self, *, minutes: int) -> None:
        self._take("on")

    async def release(self) -> None:
        self._take("off")

    def _take(self, what: str) -> None:
        self.asked.append(what)
        if len(self.asked) <= self._refusals:
            raise ProtectionFailed("not now")


def keep(protection: Remembered, busy: Callable[[], bool], *, until: Callable[[], bool]) -> None:
    """Keep it protected until the condition holds; fails when it never does."""

    async def run() -> None:
        keeping = asyncio.create_task(keep_protected(protection, is_busy=busy, clock=CLOCK))
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0.002)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())


def test_agent_protects_and_releases(machine: FakeMachine) -> None:
    protection = AgentTaskProtection(machine.agent_url)
    asyncio.run(protection.protect(minutes=10))
    assert machine.is_protected()
    asyncio.run(protection.release())
    assert not machine.is_protected()


@pytest.mark.parametrize(
    "answer", [(200, REFUSAL), (400, '{"error": {"Code": "X"}}'), (200, "no"), (200, "[]"), (500, "")]
)
def test_agent_that_does_not_do_it_is_not_believed(answer: tuple[int, str]) -> None:
    with answering(lambda method, path: answer) as url, pytest.raises(ProtectionFailed, match=str(answer[0])):
        asyncio.run(AgentTaskProtection(url).protect(minutes=10))


def test_agent_refuses_more_than_two_days(machine: FakeMachine) -> None:
    with pytest.raises(ProtectionFailed, match="400"):
        asyncio.run(AgentTaskProtection(machine.agent_url).protect(minutes=2_881))


def test_agent_of_another_task_is_not_found(machine: FakeMachine) -> None:
    with pytest.raises(ProtectionFailed, match="404"):
        asyncio.run(AgentTaskProtection(f"{machine.agent_url}-x").protect(minutes=1))


def test_busy_task_is_protected_and_renewed() -> None:
    agent = Remembered()
    keep(agent, lambda: True, until=lambda: agent.asked.count("on") >= 3)
    assert agent.asked[-1] == "off"  # given up at the end
    assert set(agent.asked[:-1]) == {"on"}


def test_idle_task_is_never_protected() -> None:
    agent, turns = Remembered(), iter(range(1000))
    keep(agent, lambda: False, until=lambda: next(turns) > 20)
    assert agent.asked == []


def test_protection_is_given_up_after_a_while_without_work() -> None:
    agent = Remembered()
    keep(agent, lambda: not agent.asked, until=lambda: "off" in agent.asked)
    assert agent.asked == ["on", "off"]


def test_burst_of_work_takes_protection_once() -> None:
    agent, turns = Remembered(), iter(range(10_000))
    slow = ProtectionClock(look_s=0.001, renew_s=60, idle_s=60)

    async def run() -> None:
        keeping = asyncio.create_task(keep_protected(agent, is_busy=lambda: next(turns) % 2 == 0, clock=slow))
        await asyncio.sleep(0.2)
        assert agent.asked == ["on"]
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())


def test_refused_protection_is_tried_again_and_told_once() -> None:
    agent = Remembered(refusals=4)
    with logged() as lines:
        keep(agent, lambda: True, until=lambda: len(agent.asked) >= 5)
    events = [line["event"] for line in lines]
    assert events.count("task_protection_failed") == 1
    assert "task_protected" in events


def test_outside_ecs_nothing_is_asked() -> None:
    assert isinstance(build_task_protection({}), NoTaskProtection)

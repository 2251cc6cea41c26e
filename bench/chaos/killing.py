"""Kills the processes of the stack, each kind twice or more with SIGKILL and once as an operator would stop it. Never
the launcher, never the faulty wire: the one restarts, the other only pretends to be the network."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from bench.chaos.stack import PROXY, ChaosStack
from cli.launcher.processes import ChildState
from cli.launcher.state import ChildRecord, ProcessId

SPARED: Final = frozenset({PROXY})
# SIGKILLs and clean stops of each kind.
KILLS: Final = 2
STOPS: Final = 1
HEALTHY_TIMEOUT_S: Final = 90.0
# Longer than the launcher grants anyone: a stop that takes longer is none.
STOP_TIMEOUT_S: Final = 35.0
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Blow:
    """One process to end: with SIGKILL, or cleanly by the signal that its program asks for."""

    name: str
    is_clean: bool


def plan_blows(names: list[str], *, seed: int) -> list[Blow]:
    """Return all blows in a seeded order, by rounds: every process is killed once, stopped once, then killed again."""
    random = Random(seed)
    rounds: list[list[Blow]] = [
        [Blow(name, is_clean=False) for name in names],
        [Blow(name, is_clean=True) for name in names],
        *([Blow(name, is_clean=False) for name in names] for _ in range(KILLS - 1)),
    ]
    for blows in rounds:
        random.shuffle(blows)
    return [blow for blows in rounds for blow in blows]


class Killer:
    """Deals the blows in their order, each once its turn has come and its process works again after the last one."""

    def __init__(
        self,
        stack: ChaosStack,
        blows: list[Blow],
        *,
        wait_for_turn: Callable[[int], None],
        stop: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._blows = blows
        self._wait_for_turn = wait_for_turn
        self._stop = stop
        self._say = say
        self.done = 0
        self.killed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self.failures: list[str] = []

    @property
    def all_done(self) -> bool:
        return self.done == len(self._blows)

    def run(self) -> None:
        for number, blow in enumerate(self._blows):
            self._wait_for_turn(number)
            if self._stop.is_set():
                return
            self._strike(blow)
            self.done += 1

    def _strike(self, blow: Blow) -> None:
        child = self._wait_healthy(blow.name)
        if child is None or child.process is None:
            if not self._stop.is_set():
                self.failures.append(f"{blow.name} did not work again within {HEALTHY_TIMEOUT_S:g} s")
            return
        self._say(f"{'stopping' if blow.is_clean else 'killing'} {blow.name}")
        with suppress(ProcessLookupError):
            os.kill(child.process.pid, child.stop_signal if blow.is_clean else signal.SIGKILL)
        if not blow.is_clean:
            self.killed[blow.name] += 1
        elif self._wait_gone(child.process):
            self.stopped[blow.name] += 1
        else:
            self.failures.append(f"{blow.name} did not stop within {STOP_TIMEOUT_S:g} s of being asked")

    def _wait_healthy(self, name: str) -> ChildRecord | None:
        deadline = time.monotonic() + HEALTHY_TIMEOUT_S
        while time.monotonic() < deadline and not self._stop.is_set():
            child = next(c for c in self._stack.read().children if c.name == name)
            if child.state == ChildState.HEALTHY and child.process is not None and child.process.is_alive():
                return child
            time.sleep(POLL_S)
        return None

    def _wait_gone(self, process: ProcessId) -> bool:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not process.is_alive():
                return True
            time.sleep(POLL_S)
        return False


def victims(stack: ChaosStack) -> list[str]:
    """List every child that is to be killed."""
    return [child.name for child in stack.read().children if child.name not in SPARED]


def missing_blows(killer: Killer, names: list[str]) -> list[str]:
    """List what the plan promised and did not happen."""
    short = [
        f"{name}: {killer.killed[name]} of {KILLS} kills, {killer.stopped[name]} of {STOPS} clean stops"
        for name in names
        if killer.killed[name] < KILLS or killer.stopped[name] < STOPS
    ]
    return [*killer.failures, *short]

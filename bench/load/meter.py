"""What processes cost: CPU of whole process trees, which other load on the machine does not change."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds by the name of the tree, over `wall_s`; `others_s` is what the rest of the machine burned."""

    cpu_s: Mapping[str, float]
    wall_s: float
    others_s: float

    def ms_per(self, count: int, *names: str) -> float:
        """Return the CPU of these trees in ms for each of `count` pieces of work."""
        return 1000 * sum(self.cpu_s[name] for name in names) / max(count, 1)


class Meter:
    """Counts from its making on. A process counts with the children that it has reaped, so that none is lost."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = {name: psutil.Process(pid) for name, pid in roots.items()}
        self._before = self._read()
        self._busy_before, self._started = _busy_s(), time.perf_counter()

    def spent(self) -> Spent:
        cpu_s = {name: now - self._before[name] for name, now in self._read().items()}
        others_s = max(0.0, _busy_s() - self._busy_before - sum(cpu_s.values()))
        return Spent(cpu_s, time.perf_counter() - self._started, others_s)

    def _read(self) -> dict[str, float]:
        return {name: _tree_s(root) for name, root in self._roots.items()}


def _tree_s(root: psutil.Process) -> float:
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))

"""Timed stretches of work: annotators at Plumbline or at the floor, with what their work cost."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from bench.load.annotators import Day, Door, PlumblineDoor, work_all
from bench.load.caught import Caught
from bench.load.drawings import draw_payloads
from bench.load.floor import FloorDoor, running_floor
from bench.load.meter import Meter, Spent
from bench.load.tally import Tally, percentile
from bench.load.watching import LockWatch
from bench.load.workplace import Annotator, Workplace
from bench.record import say

OVERLAP = 3
WARM_UP_S = float(os.environ.get("BENCH_WARM_UP_S", "2"))


@dataclass(frozen=True, slots=True)
class Run:
    """What a stretch gave and cost."""

    tally: Tally
    spent: Spent

    @property
    def cpu_ms(self) -> float:
        """CPU of the serving process and of PostgreSQL for each task done."""
        return self.spent.ms_per(self.tally.done, "server", "postgres")

    def figures(self, name: str) -> dict[str, float | int | str]:
        """Return what is worth keeping of it; others' CPU tells how quiet the machine was."""
        tally, spent = self.tally, self.spent
        found: dict[str, float | int | str] = {
            f"{name}_tasks": tally.done,
            f"{name}_tasks_per_s": tally.done / spent.wall_s,
            f"{name}_server_cpu_ms": spent.ms_per(tally.done, "server"),
            f"{name}_postgres_cpu_ms": spent.ms_per(tally.done, "postgres"),
            f"{name}_other_cores": spent.others_s / spent.wall_s,
        }
        for what, times in (("next", tally.next_ms), ("submit", tally.submit_ms)):
            found |= {f"{name}_{what}_p{round(100 * p)}_ms": percentile(times, p) for p in (0.5, 0.99)}
        if tally.empty:
            found[f"{name}_found_nothing"] = tally.empty
        if tally.refused:
            found[f"{name}_refused"] = json.dumps(tally.refused)
        return found


class Bench:
    """Runs annotators of one workplace; keeps what all of them saw together."""

    def __init__(self, workplace: Workplace, *, seed: int = 1) -> None:
        self.workplace = workplace
        self.payloads = draw_payloads(Random(seed))
        self.doubled = 0
        self.refused = 0
        self._days = 0

    def saturated(
        self, project_id: int, people: Sequence[Annotator], *, duration_s: float, watch: LockWatch | None = None
    ) -> Run:
        """Have people work without a pause; `watch` keeps an eye on who waits for locks meanwhile."""
        return self._work(self._doors(project_id, people), Day(duration_s), self.workplace.pids["api"], watch)

    def thinking(self, project_id: int, people: Sequence[Annotator], *, duration_s: float, think_s: float) -> Run:
        return self._work(self._doors(project_id, people), Day(duration_s, think_s), self.workplace.pids["api"])

    def floor(self, caught: Caught, people: Sequence[Annotator], *, clients: int, duration_s: float) -> Run:
        """Have people share so many clients of the bare floor, in the project that the caught claim is about."""
        members = [person.member_id for person in people]
        with running_floor(self.workplace.admin_url, caught) as (url, pid):
            doors = [FloorDoor(url, members[n::clients]) for n in range(clients)]
            return self._work(doors, Day(duration_s), pid)

    def _doors(self, project_id: int, people: Sequence[Annotator]) -> list[Door]:
        return [PlumblineDoor(self.workplace.url, token=p.token, project_id=project_id) for p in people]

    def _work(self, doors: Sequence[Door], day: Day, server_pid: int, watch: LockWatch | None = None) -> Run:
        self._days += 1
        run = asyncio.run(self._measure(doors, replace(day, warm_up_s=WARM_UP_S, seed=self._days), server_pid, watch))
        if server_pid == self.workplace.pids["api"]:
            self.doubled += run.tally.doubled
            self.refused += run.tally.refused.total()
        say(
            f"  {run.tally.done} tasks, {run.cpu_ms:.2f} ms of CPU each; next p99 "
            f"{percentile(run.tally.next_ms, 0.99):.0f} ms; {dict(run.tally.refused) or 'nothing refused'}; "
            f"{run.tally.empty} times nothing"
        )
        return run

    async def _measure(self, doors: Sequence[Door], day: Day, server_pid: int, watch: LockWatch | None) -> Run:
        tally, stop = Tally(OVERLAP), asyncio.Event()
        watching = asyncio.create_task(watch.run(stop)) if watch else None
        working = asyncio.create_task(work_all(doors, self.payloads, day, tally))
        await asyncio.sleep(day.warm_up_s)
        meter = Meter({"server": server_pid, "postgres": self.workplace.pids["postgres"]})
        await asyncio.sleep(day.duration_s)
        spent = meter.spent()
        await working
        stop.set()
        if watching:
            await watching
        return Run(tally, spent)

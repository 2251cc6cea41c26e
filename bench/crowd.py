"""A crowd of simulated annotators on one project while they crash, click twice, answer late and let leases run out; in
the end SQL over the whole database says whether anything was lost, doubled or given to too many.

All of the stack runs, so tasks are decided, asked again and reviewed meanwhile.
"""

import asyncio
import os
import time
from collections import Counter
from random import Random
from typing import LiteralString

import psycopg

from bench.load.audit import count_broken, read_facts
from bench.load.book import Book
from bench.load.rows import settle, write_tasks
from bench.load.wayward import Wayward, Work
from bench.load.workplace import Workplace, workplace
from bench.record import Check, report, say
from schema.projects import Policy

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "200"))
DURATION_S = float(os.environ.get("BENCH_DURATION_S", "180"))
THINK_S = float(os.environ.get("BENCH_THINK_S", "3"))
TASKS = int(os.environ.get("BENCH_TASKS", "3000"))
SEED = int(os.environ.get("BENCH_SEED", "1"))
OVERLAP = 3
# The shortest lease there is; two seconds to take an answer back.
POLICY = Policy(min_votes=OVERLAP, max_votes=OVERLAP + 2, lease_ttl_s=30, undo_window_s=2.0)
SETTINGS = {"PLUMBLINE_STATE_SWEEP_INTERVAL_S": "2", "PLUMBLINE_LOG_LEVEL": "WARNING"}
SETTLE_S = 3.0
_EXPIRE: LiteralString = "UPDATE seat SET expires_at = now() - interval '1 second' WHERE lease_id = %s AND state = 1"
SAY_EVERY_S = 15.0


def main() -> int:
    say("starting a stack")
    with workplace(annotators=PEOPLE, settings=SETTINGS) as place:
        project_id = place.make_project("crowd", POLICY)
        with place.admin() as admin:
            write_tasks(admin, project_id=project_id, count=TASKS, target=OVERLAP)
            settle(admin)
        say(f"{PEOPLE} annotators for {DURATION_S:g} s on {TASKS} tasks")
        book, people = asyncio.run(_work(place, project_id))
        time.sleep(SETTLE_S)  # what was under way when the day ended comes to its end
        with place.admin() as admin:
            broken, facts = count_broken(admin, book), read_facts(admin)
    for fault in book.faults[:20]:
        say(f"  {fault}")
    deeds = sum((person.deeds for person in people), Counter[str]())
    refused = sum((person.refused for person in people), Counter[str]())
    figures: dict[str, float | int | str] = {"people": PEOPLE, "duration_s": DURATION_S, "tasks": TASKS, **facts}
    figures |= {"receipts": len(book.receipts), "drafts_expected": len(book.drafts)}
    figures |= {f"deed_{name}": n for name, n in sorted(deeds.items())}
    figures |= {f"refused_{name.replace(' ', '_')}": n for name, n in sorted(refused.items())}
    checks = [Check(name, count, 0, at_least=False) for name, count in broken.items()]
    checks.append(Check("receipts", len(book.receipts), 1, at_least=True))
    return report("crowd", figures=figures, checks=checks)


async def _work(place: Workplace, project_id: int) -> tuple[Book, list[Wayward]]:
    stop, book, rng = asyncio.Event(), Book(), Random(SEED)
    async with await psycopg.AsyncConnection.connect(place.admin_url, autocommit=True) as admin:

        async def expire(lease_id: int) -> None:
            await admin.execute(
                "UPDATE seat SET expires_at = now() - interval '1 second' WHERE lease_id = %s AND state = 1",
                (lease_id,),
            )

        work = Work(place.url, project_id, THINK_S, expire)
        people = [
            Wayward(one.member_id, one.token, work, book, Random(rng.getrandbits(64)), stop) for one in place.annotators
        ]
        running = [asyncio.create_task(person.run()) for person in people]
        await _wait(running, book)
        stop.set()
        await asyncio.gather(*running)
    return book, people


async def _wait(running: list[asyncio.Task[None]], book: Book) -> None:
    """Let the day pass; whoever fails ends it."""
    until = time.monotonic() + DURATION_S
    while (left_s := until - time.monotonic()) > 0:
        ended, _ = await asyncio.wait(running, timeout=min(left_s, SAY_EVERY_S), return_when=asyncio.FIRST_EXCEPTION)
        for task in ended:
            task.result()
        say(f"  {len(book.receipts)} answers stored, {max(left_s - SAY_EVERY_S, 0):.0f} s to go")


if __name__ == "__main__":
    raise SystemExit(main())

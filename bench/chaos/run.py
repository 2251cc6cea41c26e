"""One run: let pictures arrive and people work while processes die, wait until nothing moves, compare. The stack is
given, and runs already."""

import json
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bench.chaos.compare import Finding, Kind, compare
from bench.chaos.evidence import Evidence
from bench.chaos.job import BUCKET, POLICY, Job, start_job
from bench.chaos.killing import Killer, missing_blows, plan_blows, victims
from bench.chaos.outcome import Outcome
from bench.chaos.pace import Pace
from bench.chaos.pictures import Step, plan_steps
from bench.chaos.proxy import FAULTS
from bench.chaos.reading import connect, read_rows
from bench.chaos.receipts import ReceiptBook
from bench.chaos.rest import Rest
from bench.chaos.stack import ChaosStack
from bench.chaos.uploading import Uploader, list_bucket
from cli.connection import stack_endpoint
from domain.sources.service import is_image_key

POLL_S: Final = 0.5
SAY_EVERY_S: Final = 10.0
JOIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """`share` of messages meet a fault, in [0, 1]; what still moves after `deadline_s` is reported as stuck."""

    images: int
    annotators: int
    seed: int
    share: float
    deadline_s: float


class Crew:
    """Threads whose failures are remembered: one that dies unseen would make the run look better than it was."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self._threads: list[threading.Thread] = []

    def add(self, work: Callable[[], object], name: str) -> None:
        def watched() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001  # whatever it was, it is told at the end
                self.failures.append(f"{name} failed: {error!r}")

        thread = threading.Thread(target=watched, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self) -> None:
        deadline = time.monotonic() + JOIN_S
        for thread in self._threads:
            thread.join(max(0.1, deadline - time.monotonic()))
            if thread.is_alive():
                self.failures.append(f"{thread.name} does not end")


def carry_out(stack: ChaosStack, options: Options) -> Outcome:
    """Break everything over one job, and return what came of it."""
    started = time.monotonic()
    stop = threading.Event()
    environment = stack.environment
    endpoint = stack_endpoint(environment)
    assert endpoint is not None  # the stack is the embedded one
    receipts = ReceiptBook(stack.state.root / "receipts.jsonl")
    job = start_job(
        environment,
        api_url=stack.api_url,
        annotators=options.annotators,
        seed=options.seed,
        receipts=receipts,
        stop=stop,
    )
    steps = plan_steps(images=options.images, seed=options.seed)
    names = victims(stack)
    blows = plan_blows(names, seed=options.seed)
    pace = Pace(steps=len(steps), blows=len(blows), seed=options.seed, stop=stop)
    uploader = Uploader(endpoint, bucket=BUCKET, steps=steps, wait_for_turn=pace.wait_to_send, stop=stop)
    killer = Killer(stack, blows, wait_for_turn=pace.wait_to_strike, stop=stop, say=say)
    crew = Crew()
    crew.add(uploader.run, "uploads")
    crew.add(killer.run, "killer")
    for annotator in job.annotators:
        crew.add(annotator.run, f"annotator {annotator.member_id}")
    for supervisor in job.supervisors:
        crew.add(supervisor.run, f"supervisor {supervisor.member_id}")
    rest = Rest(database_url=stack.database_url, endpoint=endpoint, queue_prefix=environment["PLUMBLINE_QUEUE_PREFIX"])
    _wait_for_rest(stack, rest, uploader, killer, deadline=started + options.deadline_s)
    stop.set()
    crew.join()
    with connect(stack.database_url) as connection:
        rows = read_rows(connection)
    rows = replace(rows, waiting={**rows.waiting, **rest.count_messages()})
    listing = {key: etag for key, etag in list_bucket(endpoint, BUCKET).items() if is_image_key(key)}
    evidence = Evidence(listing, _readable(steps), rows, receipts.read(), min_votes=POLICY.min_votes)
    receipts.close()
    faults = _read_faults(stack)
    promises = [*missing_blows(killer, names), *crew.failures]
    if uploader.done < len(steps):
        promises.append(f"{uploader.done} of {len(steps)} requests of the client were carried out")
    if options.share and not any(n for name, n in faults.items() if not name.endswith("_messages")):
        promises.append("no message met a fault")
    return Outcome(
        evidence=evidence,
        findings=[*compare(evidence), *_unexpected(listing, steps)],
        broken_promises=promises,
        seed=options.seed,
        seconds=time.monotonic() - started,
        kills=killer.killed,
        stops=killer.stopped,
        restarts={child.name: child.restarts for child in stack.read().children},
        faults=faults,
        people=_count_deeds(job, uploader),
        dead_letters=rest.count_dead(),
        images=options.images,
    )


def _wait_for_rest(stack: ChaosStack, rest: Rest, uploader: Uploader, killer: Killer, *, deadline: float) -> None:
    """Return when nothing moves, or at the deadline."""
    said = time.monotonic()
    while time.monotonic() < deadline:
        stack.read()  # raises when the launcher itself is gone
        moving = rest.find_moving()
        if not moving and uploader.finished_at is not None and killer.all_done:
            return
        if time.monotonic() - said >= SAY_EVERY_S:
            said = time.monotonic()
            moves = ", ".join(f"{n} {name}" for name, n in moving.items())
            say(f"uploaded {uploader.share_done:.0%}, {killer.done} blows dealt; {moves}")
        time.sleep(POLL_S)
    say("the deadline is over and things still move")


def _readable(steps: list[Step]) -> dict[str, bool]:
    return {step.bytes.etag: step.bytes.is_readable for step in steps if step.bytes is not None}


def _unexpected(listing: dict[str, str], steps: list[Step]) -> list[Finding]:
    """The bucket itself must hold what was last put under each key; else nothing was proved."""
    wanted = {step.key: step.bytes.etag if step.bytes is not None else None for step in steps}
    return [
        Finding(Kind.IMAGE_LOST, f"the bucket holds {listing.get(key)} under {key}, not {etag}")
        for key, etag in wanted.items()
        if listing.get(key) != etag
    ]


def _read_faults(stack: ChaosStack) -> dict[str, int]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(stack.proxy_url + FAULTS, timeout=10) as answer:
        return dict(json.load(answer))


def _count_deeds(job: Job, uploader: Uploader) -> dict[str, int]:
    """Count what people did, by name."""
    counts: Counter[str] = Counter()
    for annotator in job.annotators:
        counts.update(annotator.deeds)
        counts.update({f"refused_{code}": n for code, n in annotator.refused.items()})
        counts["requests_repeated"] += annotator.line.repeated
    counts["settled"] = sum(supervisor.settled for supervisor in job.supervisors)
    counts["uploads_repeated"] = uploader.retried
    return dict(sorted(counts.items()))


def say(what: str) -> None:
    """Print progress."""
    print(f"• {what}", file=sys.stderr, flush=True)

"""Task assignment: what next and submit cost and how long they take at twenty thousand and a million open tasks.

Five polygons of thirty vertices a submit; the whole stack with everything on, PostgreSQL with fsync; the floor is the
product's two statements by psycopg behind a bare ASGI application, in the same run. Saturated figures are medians of
runs in turns.
"""

import os
import statistics
from dataclasses import dataclass, field

from bench.load.caught import Caught, catch
from bench.load.export import Export, write_accepted
from bench.load.rows import bar_from_most, settle, write_past_work, write_tasks
from bench.load.runs import OVERLAP, Bench, Run
from bench.load.tally import percentile
from bench.load.watching import LockWatch, count_blocks
from bench.load.workplace import BYSTANDERS, Workplace, workplace
from bench.record import Check, report, say
from domain.scope import Scope
from runtime.logs import configure_logging
from schema.projects import Policy

FEW = int(os.environ.get("BENCH_FEW", "20000"))
MANY = int(os.environ.get("BENCH_MANY", "1000000"))
OWN = int(os.environ.get("BENCH_OWN", "100000"))
INELIGIBLE = int(os.environ.get("BENCH_INELIGIBLE", "200000"))
EXPORTED = int(os.environ.get("BENCH_EXPORTED", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
RUN_S = float(os.environ.get("BENCH_RUN_S", "20"))
THINK_RUN_S = float(os.environ.get("BENCH_THINK_RUN_S", "60"))
THINK_S = float(os.environ.get("BENCH_THINK_S", "1"))
CLIENTS, THINKERS, CROWD = 8, 32, 64
# What sums up others' rows: nobody who works may wait for these.
SUMMARIES = ("board_hour", "fold_mark", "project", "lane", "member", "organisation")
POLICY = Policy(min_votes=OVERLAP, max_votes=OVERLAP)


@dataclass(slots=True)
class Found:
    """Figures and checks as they come."""

    figures: dict[str, float | int | str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    def at_most(self, what: str, value: float, target: float) -> None:
        self.checks.append(Check(what, value, target, at_least=False))


@dataclass(frozen=True, slots=True)
class Projects:
    """Ids of projects with few and with many open tasks."""

    few: int
    many: int


def main() -> int:
    found = Found({"few": FEW, "many": MANY, "own": OWN, "ineligible": INELIGIBLE})
    configure_logging(format="json", level="WARNING", process="bench")
    say("starting a stack")
    with workplace(annotators=CROWD + 2) as place:
        place.halt(*BYSTANDERS)
        bench = Bench(place)
        projects = _write(place)
        caught = catch(place, token=place.annotators[0].token, project_id=projects.few, payload=bench.payloads[0])
        _saturated(bench, projects, caught, found)
        _blocks(place, projects, caught, found)
        _thinking(bench, projects, found)
        _other_counts(bench, projects, found)
        _growth(bench, found)
        _beside_export(bench, projects, found)
        found.at_most("handed_to_too_many_or_twice", bench.doubled, 0)
        found.at_most("refused", bench.refused, 0)
    return report("assignment", figures=found.figures, checks=found.checks)


def _write(place: Workplace) -> Projects:
    everybody = place.annotators[:CROWD]
    projects = Projects(
        place.make_project("few", POLICY, people=everybody), place.make_project("many", POLICY, people=everybody)
    )
    with place.admin() as admin:
        for project_id, count in ((projects.few, FEW), (projects.many, MANY)):
            say(f"writing {count:,} open tasks")
            write_tasks(admin, project_id=project_id, count=count, target=OVERLAP)
        settle(admin)
    return projects


def _saturated(bench: Bench, projects: Projects, caught: Caught, found: Found) -> None:
    """Few, many and the floor in turns."""
    people, everybody = bench.workplace.annotators[:CLIENTS], bench.workplace.annotators[:CROWD]
    runs: dict[str, list[Run]] = {"20k": [], "1m": [], "floor": []}
    for number in range(ROUNDS):
        say(f"saturated, {CLIENTS} annotators, round {number + 1} of {ROUNDS}: few, many, floor")
        runs["20k"].append(bench.saturated(projects.few, people, duration_s=RUN_S))
        runs["1m"].append(bench.saturated(projects.many, people, duration_s=RUN_S))
        runs["floor"].append(bench.floor(caught, everybody, clients=CLIENTS, duration_s=RUN_S))
    for name, of_name in runs.items():
        found.figures |= _middle(of_name).figures(f"saturated_{name}")
    few, many, floor = (statistics.median(run.cpu_ms for run in of_name) for of_name in runs.values())
    found.figures |= {"cpu_ms_per_task_1m": many, "floor_cpu_ms_per_task": floor}
    found.at_most("cpu_ms_per_task_20k", few, 9.0)
    found.at_most("cpu_ratio_to_floor", few / floor, 4.0)
    found.at_most("growth_20k_to_1m", many / few, 1.3)


def _middle(runs: list[Run]) -> Run:
    return sorted(runs, key=lambda run: run.cpu_ms)[len(runs) // 2]


def _blocks(place: Workplace, projects: Projects, caught: Caught, found: Found) -> None:
    """How many blocks one claim touches."""
    scope = Scope(place.vendor_org, (projects.few, projects.many))
    for name, project_id in (("20k", projects.few), ("1m", projects.many)):
        claim = caught.claim.with_values(project=project_id)
        found.figures[f"claim_buffers_{name}"] = count_blocks(
            place.environment["PLUMBLINE_DATABASE_URL"],
            claim,
            scope=scope,
            member_id=place.annotators[0].member_id,
        )


def _thinking(bench: Bench, projects: Projects, found: Found) -> None:
    """Think time, with a draft and a heartbeat a task, where there are most tasks."""
    say(f"{THINKERS} annotators who think {THINK_S:g} s, with a draft and a heartbeat a task, for {THINK_RUN_S:g} s")
    people = bench.workplace.annotators[:THINKERS]
    run = bench.thinking(projects.many, people, duration_s=THINK_RUN_S, think_s=THINK_S)
    found.figures |= run.figures("think1")
    found.figures |= {
        "think1_cpu_ms": run.cpu_ms,
        "think1_draft_p99_ms": percentile(run.tally.draft_ms, 0.99),
        "think1_beat_p99_ms": percentile(run.tally.beat_ms, 0.99),
    }
    found.at_most("next_p99_ms_think1", percentile(run.tally.next_ms, 0.99), 60.0)
    found.at_most("submit_p99_ms_think1", percentile(run.tally.submit_ms, 0.99), 100.0)


def _other_counts(bench: Bench, projects: Projects, found: Found) -> None:
    """Saturated by one and by many, reported only; and who waits for locks when all are in one project."""
    for count in (1, THINKERS):
        say(f"saturated, {count} annotators")
        run = bench.saturated(projects.few, bench.workplace.annotators[:count], duration_s=RUN_S / 2)
        found.figures |= run.figures(f"saturated_{count}")
    say(f"saturated, {CROWD} annotators in one project, with an eye on locks")
    watch = LockWatch(bench.workplace.admin_url)
    run = bench.saturated(projects.few, bench.workplace.annotators[:CROWD], duration_s=RUN_S, watch=watch)
    found.figures |= run.figures(f"saturated_{CROWD}")
    found.figures["lock_samples"] = watch.samples
    found.figures |= {f"lock_waits_{table}": seen for table, seen in watch.waits.items()}
    found.at_most("lock_waits_on_summaries", sum(watch.waits[table] for table in SUMMARIES), 0)


def _growth(bench: Bench, found: Found) -> None:
    """One annotator with a long past, one who may take a hundredth; each beside a new one in the same project."""
    place = bench.workplace
    veteran, novice = place.annotators[CROWD:]
    seasoned = place.make_project("own", POLICY, people=[veteran, novice])
    closed = place.make_project("ineligible", POLICY, people=[veteran, novice])
    with place.admin() as admin:
        say(f"writing {OWN:,} tasks that one annotator has done, and {INELIGIBLE:,} of which they may take a hundredth")
        done = write_tasks(admin, project_id=seasoned, count=OWN, target=1, is_done=True)
        write_past_work(admin, done, member_id=veteran.member_id, vendor_org=place.vendor_org)
        write_tasks(admin, project_id=seasoned, count=FEW, target=OVERLAP)
        shut = write_tasks(admin, project_id=closed, count=INELIGIBLE, target=OVERLAP)
        bar_from_most(admin, shut, member_id=veteran.member_id, vendor_org=place.vendor_org)
        settle(admin)
    for name, project_id in (("own_100k", seasoned), ("ineligible", closed)):
        of_veteran, of_novice = [], []
        for _ in range(ROUNDS):
            say(f"{name}: the one concerned, then a new one")
            of_veteran.append(bench.saturated(project_id, [veteran], duration_s=RUN_S / 4))
            of_novice.append(bench.saturated(project_id, [novice], duration_s=RUN_S / 4))
        grown, fresh = _middle(of_veteran), _middle(of_novice)
        found.figures |= grown.figures(name) | fresh.figures(f"{name}_fresh")
        found.at_most(f"growth_{name}", grown.cpu_ms / max(fresh.cpu_ms, 0.001), 1.3)


def _beside_export(bench: Bench, projects: Projects, found: Found) -> None:
    """Claims while a release of the same project is written, beside claims before it."""
    place = bench.workplace
    people = place.annotators[:CLIENTS]
    with place.admin() as admin:
        say(f"writing {EXPORTED:,} accepted tasks")
        write_accepted(admin, project_id=projects.few, count=EXPORTED)
        settle(admin)
    say("claims alone, then beside an export")
    alone = bench.thinking(projects.few, people, duration_s=RUN_S, think_s=THINK_S)
    with Export(place, projects.few) as export:
        beside = bench.thinking(projects.few, people, duration_s=RUN_S, think_s=THINK_S)
        found.figures["exports_completed"] = export.completed
        if export.failure:
            raise SystemExit(f"the export failed: {export.failure}")
    before, during = (percentile(run.tally.next_ms, 0.5) for run in (alone, beside))
    found.figures |= alone.figures("before_export") | beside.figures("beside_export")
    found.at_most("next_ratio_beside_export", during / max(before, 0.001), 1.5)


if __name__ == "__main__":
    raise SystemExit(main())

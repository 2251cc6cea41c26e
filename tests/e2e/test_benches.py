"""The benchmarks in small: they run, and what is no matter of time holds. Times are for `make bench`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
TIMEOUT_S = 200
SMALL = {
    "loop": {"BENCH_MESSAGES": "1000", "BENCH_GROWTH_MESSAGES": "20000", "BENCH_QUEUED": "200"},
    "relay": {"BENCH_SPARSE": "5", "BENCH_BUSY": "30", "BENCH_BACKLOG": "100", "BENCH_IDLE_S": "1"},
    "reconcile": {"BENCH_KEYS": "50000"},
    "assignment": {
        "BENCH_FEW": "1500",
        "BENCH_MANY": "4000",
        "BENCH_OWN": "1000",
        "BENCH_INELIGIBLE": "10000",
        "BENCH_EXPORTED": "200",
        "BENCH_ROUNDS": "1",
        "BENCH_RUN_S": "1.5",
        "BENCH_THINK_RUN_S": "3",
        "BENCH_WARM_UP_S": "0.5",
    },
    "crowd": {"BENCH_PEOPLE": "20", "BENCH_DURATION_S": "15", "BENCH_THINK_S": "0.3", "BENCH_TASKS": "120"},
    "vision": {"BENCH_IMAGES": "16", "BENCH_GROWTH_IMAGES": "0", "BENCH_MASKS": "20"},
}


def run_small(name: str, folder: Path) -> dict[str, Any]:
    """Run a benchmark; return its result, which it prints as the last line."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}"],
        env=os.environ | SMALL[name] | {"BENCH_RESULTS": str(folder)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr[-3000:]  # 1: a check of time does not hold on a busy machine
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert json.loads((folder / f"{name}.json").read_text()) == result
    return result


def test_loop_does_not_grow_with_its_messages(tmp_path: Path) -> None:
    figures = run_small("loop", tmp_path)["figures"]
    assert figures["cpu_ratio_to_bare"] > 0
    assert figures["rss_growth_mb"] <= 5


def test_relay_measures_both_kinds_of_traffic(tmp_path: Path) -> None:
    figures = run_small("relay", tmp_path)["figures"]
    assert figures["sparse_commit_to_queue_p95_ms"] > 0
    assert figures["busy_commit_to_queue_p95_ms"] > 0


def test_reconcile_finds_exactly_what_differs(tmp_path: Path) -> None:
    result = run_small("reconcile", tmp_path)
    held = {check["what"]: check["holds"] for check in result["checks"]}
    assert held == {"rss_peak_mb": True, "missed": True, "invented": True}
    assert result["figures"]["differing"] > 0


def test_vision_runs_every_picture_through_both_networks(tmp_path: Path) -> None:
    result = run_small("vision", tmp_path)
    held = {check["what"]: check["holds"] for check in result["checks"]}
    assert held.keys() == {"worker_to_bare_forward", "rss_growth_mb", "polygon_ms_1024", "failed"}
    assert held["failed"]
    for network in ("standard", "light"):
        assert result["figures"][f"{network}_objects_per_image"] > 0
        assert result["figures"][f"{network}_worker_to_bare_forward"] > 0


def test_assignment_measures_everything_and_hands_nothing_out_twice(tmp_path: Path) -> None:
    result = run_small("assignment", tmp_path)
    held = {check["what"]: check["holds"] for check in result["checks"]}
    assert held.keys() == {
        "cpu_ms_per_task_20k",
        "cpu_ratio_to_floor",
        "growth_20k_to_1m",
        "growth_own_100k",
        "growth_ineligible",
        "next_p99_ms_think1",
        "submit_p99_ms_think1",
        "lock_waits_on_summaries",
        "next_ratio_beside_export",
        "handed_to_too_many_or_twice",
        "refused",
    }
    assert held["handed_to_too_many_or_twice"]
    assert held["lock_waits_on_summaries"]
    assert held["refused"], result["figures"]
    for run in ("saturated_20k", "saturated_1m", "saturated_floor", "think1", "saturated_64", "own_100k", "ineligible"):
        assert result["figures"][f"{run}_tasks"] > 0, run
    assert result["figures"]["claim_buffers_1m"] > 0


def test_crowd_loses_doubles_and_overfills_nothing(tmp_path: Path) -> None:
    result = run_small("crowd", tmp_path)
    broken = {check["what"]: check["value"] for check in result["checks"] if not check["holds"]}
    assert broken == {}
    figures = result["figures"]
    assert figures["annotations"] >= figures["receipts"] > 50
    assert figures["drafts_expected"] > 0
    assert figures["tasks_accepted"] > 0
    assert figures["deed_answer_late"] > 0

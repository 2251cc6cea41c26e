"""Chaos in small, by its own command: the whole stack, every process killed, a wire that loses messages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import reachable_folder

pytestmark = pytest.mark.slow
IMAGES = 200
TIMEOUT_S = 420


def test_nothing_is_lost_doubled_or_stuck_while_everything_dies(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLUMBLINE_", "AWS_"))}
    with reachable_folder(tmp_path) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.chaos", "--images", str(IMAGES), "--seed", "20", "--deadline-s", "360"],
            env=environment | {"TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        left = list(folder.iterdir())
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["lost"], result["doubled"], result["stuck"]) == (0, 0, 0)
    assert result["images"] == IMAGES
    assert (
        result["kills"] >= 2 * 7
    )  # at least PostgreSQL, emulator, segment, relay, worker, decider and API, each twice
    assert result["restarts"] >= result["kills"] + result["stops"]
    assert result["quarantined"] > 0
    assert result["annotations"] >= 2 * result["accepted"] > 0
    assert left == []

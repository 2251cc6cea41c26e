"""From PUT to open task: photographs a second and seconds a stage, on a stack of its own.

The limit is `prepare` alone (decode, upright copy, thumbnail) on the same pictures in one process, run before and after
in the same run; the check is how close the whole pipeline comes to it.
"""

import io
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import text

from bench.record import Check, report, say
from cli import organisations
from cli.connection import find_api_url, stack_environment
from cli.demo.jobs import PLANS, make_cast, start_job
from cli.demo.pictures import photographs
from cli.launcher import up as stack
from cli.launcher.state import STATE_DIR_VARIABLE
from cli.uploading import Upload, upload
from domain.ingest.pictures import prepare
from domain.scope import Scope
from runtime.database import Database

PICTURES = int(os.environ.get("BENCH_PICTURES", "160"))
LONG_SIDE_PX = 1200
TIMEOUT_S = 300.0


def make_pictures(count: int) -> list[Upload]:
    """Return distinct JPEGs of about 1200 px, made of the demonstration's photographs."""
    originals = [np.asarray(Image.open(io.BytesIO(p.content)).convert("RGB")) for p in photographs()]
    rng = np.random.default_rng(7)
    made = []
    for number in range(count):
        picture = Image.fromarray(originals[number % len(originals)])
        scale = LONG_SIDE_PX / max(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        pixels = np.asarray(picture).copy()
        pixels[:8, :8] = rng.integers(0, 256, (8, 8, 3))
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=90)
        made.append(Upload(f"{number:05d}.jpg", out.getvalue(), "image/jpeg"))
    return made


def bare_prepare_per_s(pictures: list[Upload]) -> float:
    """Return how many pictures a second one process prepares with nothing around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        started = time.perf_counter()
        for picture in pictures:
            path.write_bytes(picture.body)
            prepare(path, out_dir=Path(folder), max_px=100_000_000, thumbnail_px=320)
        return len(pictures) / (time.perf_counter() - started)


def main() -> int:
    pictures = make_pictures(PICTURES)
    say(f"{len(pictures)} pictures of {LONG_SIDE_PX} px; bare prepare first")
    bare = [bare_prepare_per_s(pictures[:40])]
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        os.chmod(folder, 0o755)
        os.environ[STATE_DIR_VARIABLE] = folder
        say("starting a stack")
        stack.up(detach=True)
        try:
            rows, puts, wall_s = _run(pictures)
        finally:
            stack.down()
    bare.append(bare_prepare_per_s(pictures[:40]))
    return _report(rows, puts, wall_s, statistics.mean(bare))


Row = tuple[str, datetime, datetime, datetime]


def _run(pictures: list[Upload]) -> tuple[list[Row], dict[str, float], float]:
    environment = stack_environment()
    cast = make_cast(environment, api_url=find_api_url())
    plan = next(p for p in PLANS if p.slug == "photographs")
    job = start_job(environment, cast, plan, bucket="bench-photos")
    organisation_id = int(cast.client.call("GET", "/v1/me")["organisation_id"])
    puts: dict[str, float] = {}
    say("uploading")
    started = time.time()

    def put_done(one: Upload) -> None:
        puts[job.prefix + one.key] = time.time()

    upload(environment, pictures, bucket=job.bucket, prefix=job.prefix, on_done=put_done)
    put_s = time.time() - started
    say(f"uploaded in {put_s:.1f} s; waiting for open tasks")
    with organisations.open_database(environment) as database:
        while len(rows := _open_tasks(database, organisation_id)) < len(pictures):
            if time.time() - started > TIMEOUT_S:
                raise SystemExit(f"only {len(rows)} of {len(pictures)} tasks opened in {TIMEOUT_S:.0f} s")
            time.sleep(0.2)
    return rows, puts, max(row[3].timestamp() for row in rows) - started


def _open_tasks(database: Database, organisation_id: int) -> list[Row]:
    """Return key, and when the image was received, when its task was made, and when it opened."""
    with database.begin(Scope(organisation_id)) as session:
        rows = session.execute(
            text(
                "SELECT i.key, i.created_at, t.created_at, t.state_since FROM task t "
                "JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id WHERE t.state = 1"
            )
        )
        return [(r[0], r[1], r[2], r[3]) for r in rows]


def _report(rows: list[Row], puts: dict[str, float], wall_s: float, bare_per_s: float) -> int:
    received = [row[1].timestamp() - puts[row[0]] for row in rows]
    ready = [(row[2] - row[1]).total_seconds() for row in rows]
    opened = [(row[3] - row[2]).total_seconds() for row in rows]
    whole = sorted(row[3].timestamp() - puts[row[0]] for row in rows)
    per_s = len(rows) / wall_s
    figures = {
        "pictures": len(rows),
        "pictures_per_s": per_s,
        "bare_prepare_per_s": bare_per_s,
        "put_to_received_p50_s": statistics.median(received),
        "received_to_ready_p50_s": statistics.median(ready),
        "ready_to_open_p50_s": statistics.median(opened),
        "put_to_open_p50_s": statistics.median(whole),
        "put_to_open_p95_s": whole[int(0.95 * (len(whole) - 1))],
        "wall_s": wall_s,
    }
    checks = [
        Check("pipeline_to_bare_prepare", per_s / bare_per_s, 0.3, at_least=True),
        Check("lost", float(len(puts) - len(rows)), 0.0, at_least=False),
    ]
    return report("pipeline", figures=figures, checks=checks)


if __name__ == "__main__":
    raise SystemExit(main())

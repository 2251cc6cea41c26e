"""Images a second of the real pre-label worker beside the bare forward of the same network, and what its memory does.

A stack of its own, with the processes of `make up`. The limit is the same adapter in this process on batches that are
loaded already, with the stack idle, before and after in the same run.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.detectors import COLOURS, detector
from bench.pipeline import make_pictures
from bench.polygons import measure_polygons
from bench.record import Check, report, say
from cli.connection import find_api_url, stack_environment
from cli.demo.jobs import PLANS, Job, make_cast, start_job
from cli.launcher import up as stack
from cli.launcher.state import STATE_DIR_VARIABLE, find_state_dir
from cli.uploading import Upload, upload
from plumbline_client import Client
from schema.bodies.runs import RunBody
from schema.enums import RunState
from schema.models import InputSpec, MappedClass, ModelCard, RunFilter
from workers.inference.frames import fit
from workers.models.adapters.registry import load_adapter
from workers.models.protocols import Frame
from workers.pictures import decode_working_copy

IMAGES = int(os.environ.get("BENCH_IMAGES", "240"))
GROWTH_IMAGES = int(os.environ.get("BENCH_GROWTH_IMAGES", "2000"))
MASKS = int(os.environ.get("BENCH_MASKS", "300"))
WARM_UP_IMAGES = 64
BATCH = 4
BARE_BATCHES = 12
# To look costs the server milliseconds of the processor that the model has not got then; a run notes its own times.
LOOK_S = 1.0
TIMEOUT_S = 1_800.0
# `standard` is as heavy as a YOLOv8s-seg (42.6 GFLOPs), and the one that is checked; `light` shows what the worker
# itself costs.
NETWORKS = {"standard": 2.6, "light": 1.0}
# As many as people label in a photograph; each becomes a polygon.
OVERRIDES = {"max_objects": 20, "thresholds": {"floor": 0.5}}
# Of the long run, so much warms up: arenas and caches reach their size.
GROWS_AFTER = 0.25


@dataclass(frozen=True, slots=True)
class Ran:
    """One run over pictures: its pace, what it found, and the memory of the worker with its children, in MB."""

    per_s: float
    objects: int
    failed: int
    growth_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch of inputs that lies ready."""

    batch: NDArray[np.uint8]
    frames: Sequence[Frame]


def main() -> int:
    pictures = _name(make_pictures(WARM_UP_IMAGES + IMAGES + GROWTH_IMAGES))
    networks = {name: detector(width=width, blocks=4) for name, width in NETWORKS.items()}
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        os.chmod(folder, 0o755)
        os.environ[STATE_DIR_VARIABLE] = folder
        say("starting a stack")
        stack.up(detach=True)
        try:
            client, job = _bring_in(pictures)
            loaded = _load(pictures[:BATCH])
            found = {
                name: _measure(client, job, loaded, name, body, Path(folder)) for name, (body, _) in networks.items()
            }
        finally:
            stack.down()
    say("polygons")
    return _report(found, {name: gflops for name, (_, gflops) in networks.items()}, measure_polygons(most_masks=MASKS))


def _name(pictures: list[Upload]) -> list[Upload]:
    """Put pictures into folders, which are what the filters of runs ask for."""
    folders = ["warm"] * WARM_UP_IMAGES + ["few"] * IMAGES + ["many"] * GROWTH_IMAGES
    return [replace(picture, key=f"{folder}/{picture.key}") for folder, picture in zip(folders, pictures, strict=True)]


def _load(pictures: Sequence[Upload]) -> Loaded:
    inputs = [fit(decode_working_copy(picture.body), InputSpec()) for picture in pictures]
    return Loaded(np.stack([pixels for pixels, _ in inputs]), [frame for _, frame in inputs])


def _bring_in(pictures: list[Upload]) -> tuple[Client, Job]:
    environment = stack_environment()
    cast = make_cast(environment, api_url=find_api_url())
    job = start_job(environment, cast, next(p for p in PLANS if p.slug == "photographs"), bucket="bench-vision")
    say(f"bringing {len(pictures)} pictures in")
    upload(environment, pictures, bucket=job.bucket, prefix=job.prefix, on_done=lambda _: None)
    deadline = time.monotonic() + TIMEOUT_S
    while (opened := _count_open(cast.client.client, job.project_id)) < len(pictures):
        if time.monotonic() > deadline:
            raise SystemExit(f"only {opened} of {len(pictures)} tasks opened in {TIMEOUT_S:.0f} s")
        time.sleep(1.0)
    return cast.client.client, job


def _count_open(client: Client, project_id: int) -> int:
    progress: dict[str, Any] = client.connection.call("GET", f"/v1/projects/{project_id}/progress")
    return int(progress["tasks"]["open"])


def _measure(
    client: Client, job: Job, loaded: Loaded, name: str, body: bytes, folder: Path
) -> tuple[Ran, float, ModelCard]:
    """Return the run of a network, its bare forwards a second, and its card."""
    path = folder / f"{name}.onnx"
    path.write_bytes(body)
    version = client.models.wait(client.models.upload(path, name=name, classes=COLOURS, overrides=OVERRIDES).id)
    if version.card is None:
        raise SystemExit(f"the network {name} was refused: {version.detail}")
    own = folder / name
    own.mkdir()
    (own / version.card.files[0].name).write_bytes(body)
    mapping = client.mappings.create(
        job.project_id, version.id, [MappedClass(index=index, class_id=1) for index in range(len(COLOURS))]
    )
    say(f"{name}: warming up")
    _run(client, job, mapping.id, "warm")
    bare = [_bare_per_s(own, version.card, loaded)]
    ran = _run(client, job, mapping.id, "few")
    bare.append(_bare_per_s(own, version.card, loaded))
    say(f"{name}: {ran.per_s:.1f} images a second, bare {statistics.mean(bare):.1f}")
    if name == "light" and GROWTH_IMAGES:
        long = _run(client, job, mapping.id, "many")
        ran = replace(ran, growth_mb=long.growth_mb, peak_mb=long.peak_mb, failed=ran.failed + long.failed)
    return ran, statistics.mean(bare), version.card


def _bare_per_s(folder: Path, card: ModelCard, loaded: Loaded) -> float:
    """Return how many images a second the network takes with nothing around it."""
    adapter: Any = load_adapter(folder, card, device="cpu", threads=os.cpu_count())
    adapter.forward(loaded.batch, loaded.frames)
    started = time.perf_counter()
    for _ in range(BARE_BATCHES):
        adapter.forward(loaded.batch, loaded.frames)
    return BARE_BATCHES * len(loaded.batch) / (time.perf_counter() - started)


def _run(client: Client, job: Job, mapping_id: int, folder: str) -> Ran:
    """Run the model of a mapping over a folder, watching how far it is and what the worker holds."""
    predictor = _find_predictor()
    run = client.runs.start(job.project_id, mapping_id, filter=RunFilter(key=f"{folder}/"))
    started = time.perf_counter()
    held: list[tuple[int, float]] = []
    while run.state is RunState.RUNNING:
        if time.perf_counter() - started > TIMEOUT_S:
            raise SystemExit(f"the run over {folder} did not end in {TIMEOUT_S:.0f} s: {run}")
        time.sleep(LOOK_S)
        run = client.runs.get(job.project_id, run.id)
        held.append((run.done + run.failed, _resident_mb(predictor)))
    if run.state is not RunState.COMPLETE or run.finished_at is None:
        raise SystemExit(f"the run over {folder} is {run.state}: {run.reason}")
    took_s = (run.finished_at - run.created_at).total_seconds()
    return Ran(run.done / took_s, run.objects, run.failed, _growth_mb(held, run), max(mb for _, mb in held))


def _growth_mb(held: Sequence[tuple[int, float]], run: RunBody) -> float:
    """Return the median of the last tenth less that of the tenth after the warm-up: single moments say little."""
    begin = GROWS_AFTER * run.items
    early = [mb for done, mb in held if begin <= done <= begin + 0.1 * run.items]
    late = [mb for done, mb in held if done >= 0.9 * run.items]
    return statistics.median(late) - statistics.median(early) if early and late else 0.0


def _find_predictor() -> psutil.Process:
    found = find_state_dir().read_stack()
    assert found is not None  # the stack is up
    [child] = [child for child in found.children if child.name == "predictor"]
    assert child.process is not None
    return psutil.Process(child.process.pid)


def _resident_mb(process: psutil.Process) -> float:
    """Return what a process and its children hold; what ended meanwhile holds nothing."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def _report(
    found: dict[str, tuple[Ran, float, ModelCard]], gflops: dict[str, float], polygons: dict[str, float | int | str]
) -> int:
    figures: dict[str, float | int | str] = {"device": "cpu", "images": IMAGES, "growth_images": GROWTH_IMAGES}
    for name, (ran, bare_per_s, _) in found.items():
        figures |= {
            f"{name}_gflops": gflops[name],
            f"{name}_worker_per_s": ran.per_s,
            f"{name}_bare_per_s": bare_per_s,
            f"{name}_worker_to_bare_forward": ran.per_s / bare_per_s,
            f"{name}_objects_per_image": ran.objects / IMAGES,
            f"{name}_peak_mb": ran.peak_mb,
        }
    standard, bare_per_s, _ = found["standard"]
    polygon_ms = float(polygons["polygon_ms_1024"])
    checks = [
        Check("worker_to_bare_forward", standard.per_s / bare_per_s, 0.8, at_least=True),
        Check("rss_growth_mb", found["light"][0].growth_mb, 50, at_least=False),
        Check("polygon_ms_1024", polygon_ms, 5, at_least=False),
        Check("failed", float(sum(ran.failed for ran, _, _ in found.values())), 0, at_least=False),
    ]
    return report("vision", figures=figures, checks=checks)


if __name__ == "__main__":
    raise SystemExit(main())

"""Raster to polygon on real masks: how close, how few vertices, how fast at 1024 x 1024; beside plain OpenCV.

The masks lie where PLUMBLINE_SEGMENTATION_DATA says or in `../shared/data/segmentation`; without them it makes blobs.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.record import Check, report, say
from domain.geometry.coco_runs import Runs, areas_px, compress, expand
from domain.geometry.label_map import polygons_from_label_map
from domain.geometry.raster import rasterise
from domain.geometry.scan import Window, fill_rings
from domain.geometry.simplify import polygon_from_mask
from schema.geometry import Polygon

DATA = Path(
    os.environ.get("PLUMBLINE_SEGMENTATION_DATA", Path(__file__).parents[2] / "shared" / "data" / "segmentation")
)
MASKS = int(os.environ.get("BENCH_MASKS", "1000000"))
LABEL_MAPS = int(os.environ.get("BENCH_LABEL_MAPS", "200"))
SIZE = 1024
TARGET_IOU = 0.98
BLOBS = 300
BASELINE_STEPS = 8
NONE = -1  # no pixel has this label

Raster = NDArray[np.bool_]
Figures = dict[str, float | int | str]


def main() -> int:
    figures = measure_polygons(most_masks=MASKS) | measure_label_maps(most_maps=LABEL_MAPS)
    checks = [
        Check("share_at_098", float(figures["share_at_098"]), 0.99, at_least=True),
        Check("median_vertices", float(figures["median_vertices"]), 30, at_least=False),
        Check("p90_vertices", float(figures["p90_vertices"]), 80, at_least=False),
        Check("polygon_ms_1024", float(figures["polygon_ms_1024"]), 5, at_least=False),
        Check("exact_round_trips", float(figures["exact_round_trips"]), 1, at_least=True),
        Check("label_map_misclaimed_px", float(figures["label_map_misclaimed_px"]), 0, at_least=False),
    ]
    return report("polygons", figures=figures, checks=checks)


def measure_polygons(*, most_masks: int) -> Figures:
    """Return the figures of up to so many masks, in an order that is always the same; times are in ms at 1024 x 1024.

    `share_at_098` and vertices are those at 1024 x 1024 too; `exact_round_trips` is the share of masks, at their own
    size, that an exact polygon fills back. The baseline runs on the same masks, one after the other.
    """
    masks = [mask for masks in _pictures() for mask in masks]
    random.Random(7).shuffle(masks)
    masks = masks[:most_masks]
    ms, vertices, ious, exact = [], [], [], 0
    baseline_ms, baseline_vertices = [], []
    for done, runs in enumerate(masks):
        mask = expand(runs)
        large = _at_bench_size(mask)
        started = time.perf_counter()
        polygon = polygon_from_mask(large, target_iou=TARGET_IOU)
        ms.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        rings = _plain_opencv(large)
        baseline_ms.append((time.perf_counter() - started) * 1000)
        vertices.append(_vertices(polygon))
        baseline_vertices.append(sum(len(ring) for ring in rings))
        ious.append(_iou(_fill(polygon, large.shape), large))
        exact += np.array_equal(_fill(polygon_from_mask(mask, target_iou=1.0), mask.shape), mask)
        if done % 500 == 0:
            say(f"{done} of {len(masks)} masks: {statistics.median(ms):.1f} ms, {statistics.median(vertices)} vertices")
    return {
        "masks": len(masks),
        "from": "the data folder" if _has_data() else "blobs made here: no data folder",
        "share_at_098": statistics.fmean(iou >= TARGET_IOU for iou in ious),
        "median_iou": statistics.median(ious),
        "median_vertices": statistics.median(vertices),
        "p90_vertices": float(np.percentile(vertices, 90)),
        "polygon_ms_1024": statistics.median(ms),
        "polygon_p90_ms_1024": float(np.percentile(ms, 90)),
        "exact_round_trips": exact / len(masks),
        "baseline_median_vertices": statistics.median(baseline_vertices),
        "baseline_ms_1024": statistics.median(baseline_ms),
        "vertices_to_baseline": sum(vertices) / sum(baseline_vertices),
        "ms_to_baseline": statistics.median(ms) / statistics.median(baseline_ms),
    }


def measure_label_maps(*, most_maps: int) -> Figures:
    """Return the figures of label maps, 1024 x 1024, made of the masks of one picture each, later ones on top.

    What no mask covers is a region too, so that every pixel must be claimed by one polygon.
    """
    maps = [masks for masks in _pictures() if len(masks) > 1]
    random.Random(7).shuffle(maps)
    ms, regions, misclaimed_px = [], 0, 0
    for done, masks in enumerate(maps[:most_maps]):
        labels = np.zeros((SIZE, SIZE), np.int32)
        for label, mask in enumerate(masks, start=1):
            labels[_at_bench_size(expand(mask))] = label
        started = time.perf_counter()
        polygons = polygons_from_label_map(labels, target_iou=TARGET_IOU, background=NONE)
        ms.append((time.perf_counter() - started) * 1000)
        regions += len(polygons)
        claims = sum((_fill(polygon, labels.shape).astype(np.int32) for polygon in polygons.values()), np.int32(0))
        misclaimed_px += int(np.count_nonzero(claims != 1))
        if done % 50 == 0:
            say(f"{done} label maps: {statistics.median(ms):.1f} ms")
    return {
        "label_maps": len(ms),
        "label_map_mean_regions": regions / len(ms),
        "label_map_ms_1024": statistics.median(ms),
        "label_map_misclaimed_px": misclaimed_px,
    }


def _has_data() -> bool:
    return (DATA / "index.json").is_file()


def _pictures() -> Iterator[list[Runs]]:
    """Yield the masks of each picture, empty ones left out."""
    if not _has_data():
        say("no masks: neither PLUMBLINE_SEGMENTATION_DATA nor ../shared/data/segmentation is there; making blobs")
        rng = np.random.default_rng(7)
        yield from ([compress(_blob(rng)) for _ in range(3)] for _ in range(BLOBS // 3))
        return
    for picture in json.loads((DATA / "index.json").read_text()):
        masks: list[Runs] = [{"size": m["size"], "counts": m["counts"].encode("ascii")} for m in picture["masks"]]
        yield [mask for mask, area_px in zip(masks, areas_px(masks), strict=True) if area_px]


def _blob(rng: np.random.Generator) -> Raster:
    """An uneven blob with an uneven hole, somewhere in a picture of 480 x 360."""
    y, x = np.mgrid[:360, :480].astype(float)
    y, x = y - rng.uniform(60, 300), x - rng.uniform(60, 420)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    outer = rng.uniform(20, 150) * (
        1 + sum(rng.normal(0, 0.2 / k) * np.sin(k * angle + rng.uniform(0, 7)) for k in range(1, 12))
    )
    blob: Raster = (radius < outer) & (radius > outer * rng.uniform(0, 0.5)) | (radius < 2)
    return blob


def _at_bench_size(mask: Raster) -> Raster:
    """Enlarge by repeating pixels until the long side is 1024, and pad to a square."""
    scale = SIZE / max(mask.shape)
    height, width = (round(side * scale) for side in mask.shape)
    large = np.zeros((SIZE, SIZE), np.bool_)
    resized = cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    large[:height, :width] = resized.view(np.bool_)
    return large


def _plain_opencv(mask: Raster) -> list[NDArray[np.float64]]:
    """Return the rings of contours of the twofold enlarged mask, with the largest good epsilon of a bisection."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    crop = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    doubled = np.repeat(np.repeat(crop.view(np.uint8), 2, axis=0), 2, axis=1)
    contours, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    window = Window(0, 0, *crop.shape)
    exact = [(contour[:, 0] + 0.5) / 2 for contour in contours]
    best, low, high = exact, 0.3, max(1.0, 0.1 * float(crop.sum()) ** 0.5)
    for _ in range(BASELINE_STEPS):
        epsilon = (low * high) ** 0.5
        approximated = [cv2.approxPolyDP(contour, 2 * epsilon, True)[:, 0] for contour in contours]
        rings = [(ring + 0.5) / 2 for ring in approximated if len(ring) > 2]
        if rings and _iou(fill_rings(rings, window), crop) >= TARGET_IOU:
            best, low = rings, epsilon
        else:
            high = epsilon
    return best


def _fill(polygon: Polygon | None, shape: Sequence[int]) -> Raster:
    height, width = shape
    return rasterise(polygon, height=height, width=width) if polygon else np.zeros((height, width), np.bool_)


def _vertices(polygon: Polygon | None) -> int:
    return sum(len(ring) for rings in polygon.parts for ring in rings) if polygon else 0


def _iou(a: Raster, b: Raster) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


if __name__ == "__main__":
    raise SystemExit(main())

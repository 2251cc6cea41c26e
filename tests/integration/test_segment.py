"""Four extreme points through the API and the segment service to a mask and a polygon."""

from typing import Any

import httpx2
import numpy as np
import pytest

from domain.geometry.raster import rasterise
from schema.geometry import SHAPE
from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc, disc_png


def leased(stack: Stack) -> tuple[Job, dict[str, Any]]:
    job = make_job(stack)
    stack.put(job.bucket, "a.png", disc_png())
    stack.pump()
    lease = job.claim(job.annotators[0])
    assert lease is not None
    return job, lease


def extreme_points(i: int) -> list[list[float]]:
    x, y, r = disc(i)
    return [[x - r, y], [x, y - r], [x + r, y], [x, y + r]]


def iou_with_disc(shape: Any, i: int) -> float:
    x, y, r = disc(i)
    rows, columns = np.mgrid[:240, :320]
    truth = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= r**2
    found = rasterise(SHAPE.validate_python(shape), height=240, width=320)
    return float((found & truth).sum() / (found | truth).sum())


def test_extreme_points_give_the_object_as_mask_and_polygon(stack: Stack) -> None:
    job, lease = leased(stack)
    body = {"points": extreme_points(1)}
    answer = job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/segment", json=body)
    assert iou_with_disc(answer["mask"], 1) > 0.93
    assert iou_with_disc(answer["polygon"], 1) > 0.93
    vertices = sum(len(ring) for part in answer["polygon"]["parts"] for ring in part)
    assert vertices < 60


def test_negative_click_takes_a_region_away(stack: Stack) -> None:
    job, lease = leased(stack)
    path = f"/v1/leases/{lease['lease_id']}/segment"
    (left, y), (_, top) = extreme_points(0)[:2]
    right, bottom = extreme_points(1)[2][0], extreme_points(1)[3][1]
    wide = [[left, y], [disc(0)[0], top], [right, y], [disc(1)[0], bottom]]
    both = job.annotators[0].call("POST", path, json={"points": wide})
    x, y, _ = disc(1)
    one = job.annotators[0].call("POST", path, json={"points": wide, "negative": [[x, y]]})
    inside = (int(y), int(x))
    masks = [rasterise(SHAPE.validate_python(a["mask"]), height=240, width=320) for a in (both, one)]
    assert masks[0][inside]
    assert not masks[1][inside]


def test_point_outside_the_picture_is_refused_naming_it(stack: Stack) -> None:
    job, lease = leased(stack)
    body = {"points": [[-50, 10], [10, 10], [400, 10], [10, 20]]}
    path = f"/v1/leases/{lease['lease_id']}/segment"
    assert job.annotators[0].call("POST", path, json=body, expect=422)["code"] == "points_outside"


def test_lease_of_somebody_else_cannot_be_segmented(stack: Stack) -> None:
    job, lease = leased(stack)
    body = {"points": extreme_points(1)}
    job.annotators[1].call("POST", f"/v1/leases/{lease['lease_id']}/segment", json=body, expect=404)


def test_silent_segmenter_is_named_and_does_not_hang(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job, lease = leased(stack)

    async def refuse(*_: Any, **__: Any) -> httpx2.Response:
        raise httpx2.ConnectError("nobody listens")

    monkeypatch.setattr(httpx2.AsyncClient, "post", refuse)
    body = {"points": extreme_points(1)}
    problem = job.annotators[0].call("POST", f"/v1/leases/{lease['lease_id']}/segment", json=body, expect=503)
    assert problem["code"] == "unavailable"

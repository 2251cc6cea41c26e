"""The segment proxy and its worker: an answer is passed on as it is; anything else is `unavailable`."""

import asyncio
import json
from collections.abc import Callable

import httpx2
import pytest

from api.routes.segments import ask_worker
from domain.assignment.segmenting import SegmentedPicture
from domain.errors import Unavailable
from schema.bodies.segments import SegmentRequestBody

PICTURE = SegmentedPicture(client_org=3, image_id=9, image_sha256="ab" * 32)
QUESTION = SegmentRequestBody.model_validate({"points": [[1, 5], [10, 2], [20, 9], [8, 30]], "negative": [[2, 2]]})
ANSWER = {
    "mask": {"type": "mask", "size": [2, 2], "counts": "04"},
    "polygon": {"type": "polygon", "parts": [[[[0, 0], [2, 0], [2, 2]]]]},
    "took_ms": 12.5,
}


def ask(worker: Callable[[httpx2.Request], httpx2.Response]) -> bytes:
    async def run() -> bytes:
        async with httpx2.AsyncClient(base_url="http://worker", transport=httpx2.MockTransport(worker)) as client:
            return await ask_worker(client, PICTURE, QUESTION)

    return asyncio.run(run())


def too_slow(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("no answer in time", request=request)


def not_there(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("connection refused", request=request)


def test_the_worker_is_told_the_picture_and_the_points() -> None:
    asked: list[dict[str, object]] = []

    def worker(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, json=ANSWER)

    ask(worker)

    assert asked == [
        {
            "org": 3,
            "image_sha256": "ab" * 32,
            "image_id": 9,
            "points": [[1.0, 5.0], [10.0, 2.0], [20.0, 9.0], [8.0, 30.0]],
            "positive": [],
            "negative": [[2.0, 2.0]],
        }
    ]


def test_the_answer_is_passed_on_as_it_is() -> None:
    assert json.loads(ask(lambda _: httpx2.Response(200, json=ANSWER))) == ANSWER


@pytest.mark.parametrize(
    "worker",
    [
        too_slow,
        not_there,
        lambda _: httpx2.Response(500),
        lambda _: httpx2.Response(200, json={**ANSWER, "mask": None}),
        lambda _: httpx2.Response(200, content=b"<html>"),
    ],
    ids=["too slow", "not there", "broken", "without a mask", "no json"],
)
def test_anything_but_an_answer_is_unavailable(worker: Callable[[httpx2.Request], httpx2.Response]) -> None:
    with pytest.raises(Unavailable):
        ask(worker)

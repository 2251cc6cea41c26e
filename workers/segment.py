"""The segment service: extreme points and corrective clicks → mask and polygon, over HTTP on loopback.

The API has checked who asks and what they may see; this process trusts it and is reached by nothing else.
"""

import threading
import time
from collections import OrderedDict
from typing import Annotated

import anyio.to_thread
import numpy as np
from numpy.typing import NDArray
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import NotFound
from domain.geometry.rle import encode
from domain.geometry.simplify import polygon_from_mask
from domain.ingest.keys import working_key
from runtime.blobs import OwnBucket
from workers.inference.grabcut import segment_extreme
from workers.pictures import decode_working_copy

CACHED_PICTURES = 8
Clicks = Annotated[list[tuple[float, float]], Field(max_length=100)]


class SegmentRequest(BaseModel):
    model_config = ConfigDict(extra="ignore")

    org: int
    image_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    points: Annotated[list[tuple[float, float]], Field(min_length=4, max_length=4)]
    positive: Clicks = []
    negative: Clicks = []


class PictureCache:
    """The pictures asked for last, decoded; safe for threads."""

    def __init__(self, bucket: OwnBucket) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self._pictures: OrderedDict[tuple[int, str], NDArray[np.uint8]] = OrderedDict()

    def get(self, org: int, sha256: str) -> NDArray[np.uint8]:
        """Return the picture, (H, W, 3); raises NotFound."""
        with self._lock:
            found = self._pictures.get((org, sha256))
            if found is not None:
                self._pictures.move_to_end((org, sha256))
                return found
        picture = decode_working_copy(self._bucket.get_bytes(working_key(client_org=org, sha256=sha256)))
        with self._lock:
            self._pictures[(org, sha256)] = picture
            while len(self._pictures) > CACHED_PICTURES:
                self._pictures.popitem(last=False)
        return picture


def segment(cache: PictureCache, wanted: SegmentRequest) -> dict[str, object]:
    """Cut one object; the polygon is filled back to within 2 % of the mask."""
    started = time.perf_counter()
    picture = cache.get(wanted.org, wanted.image_sha256)
    mask = segment_extreme(picture, wanted.points, positive=wanted.positive, negative=wanted.negative)
    polygon = polygon_from_mask(mask, target_iou=0.98)
    return {
        "mask": encode(mask).model_dump(mode="json"),
        "polygon": polygon.model_dump(mode="json") if polygon else None,
        "took_ms": round((time.perf_counter() - started) * 1000, 1),
    }


def create_segment_app(bucket: OwnBucket, *, threads: int) -> Starlette:
    """Build the service; at most `threads` masks are cut at a time, more wait."""
    cache = PictureCache(bucket)
    limiter = anyio.CapacityLimiter(threads)

    async def post_segment(request: Request) -> JSONResponse:
        try:
            wanted = SegmentRequest.model_validate_json(await request.body())
            answer = await anyio.to_thread.run_sync(segment, cache, wanted, limiter=limiter)
        except ValidationError as error:
            return JSONResponse({"detail": error.errors(include_url=False, include_context=False)}, status_code=422)
        except NotFound as error:
            return JSONResponse({"detail": error.message}, status_code=404)
        return JSONResponse(answer)

    async def get_health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def get_metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/segment", post_segment, methods=["POST"]),
            Route("/healthz", get_health),
            Route("/metrics", get_metrics),
        ]
    )

"""The segment proxy: asynchronous, so that it holds neither thread nor connection while the worker computes."""

import httpx2
import structlog
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from api.auth import WithActor
from api.context import Context, WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.assignment.segmenting import SegmentedPicture, get_segmented_picture
from domain.errors import Unavailable
from domain.scope import Actor
from schema.bodies.segments import SegmentBody, SegmentRequestBody

router = APIRouter(prefix="/leases", tags=["work"])


@router.post(
    "/{lease_id}/segment",
    summary="Turn four extreme points into a mask and a polygon",
    response_model=SegmentBody,
    responses=declare("not_found", "seat_reissued", "points_outside", "invalid_request", "unavailable"),
)
async def segment(lease_id: PathId, body: SegmentRequestBody, actor: WithActor, context: WithContext) -> Response:
    picture = await run_in_threadpool(_get_picture, context, actor, lease_id, body)
    reply = await ask_worker(context.segmenter, picture, body)
    return Response(reply, media_type="application/json")


def _get_picture(context: Context, actor: Actor, lease_id: int, body: SegmentRequestBody) -> SegmentedPicture:
    points = (*body.points, *body.positive, *body.negative)
    with context.database.begin(actor.scope) as session:
        return get_segmented_picture(session, actor, lease_id, points=points)


async def ask_worker(client: httpx2.AsyncClient, picture: SegmentedPicture, body: SegmentRequestBody) -> bytes:
    """Return the worker's answer, checked but passed on as it is; raises Unavailable."""
    question = {
        "org": picture.client_org,
        "image_sha256": picture.image_sha256,
        "image_id": picture.image_id,
        **body.model_dump(mode="json"),
    }
    try:
        reply = await client.post("/segment", json=question)
        reply.raise_for_status()
        SegmentBody.model_validate_json(reply.content)
    except (httpx2.HTTPError, ValidationError) as error:
        structlog.get_logger().warning("segmenter_failed", image_id=picture.image_id, error=repr(error)[:500])
        raise Unavailable("the segmenter does not answer; draw by hand or try again", part="segment") from error
    return reply.content

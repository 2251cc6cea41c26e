"""Whether this process can work, and what it measures."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.context import WithContext
from api.problems import declare
from domain.progress.service import ping
from schema.bodies.health import HealthBody

router = APIRouter(tags=["process"])


@router.get("/healthz", summary="Tell whether this process and its database answer", responses=declare("unavailable"))
def get_health(context: WithContext) -> HealthBody:
    with context.database.begin(None) as session:
        ping(session)
    return HealthBody()


@router.get("/metrics", include_in_schema=False)
async def get_metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

"""Who works on what now."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, TypeAdapter

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.paging import DEFAULT_LIMIT
from api.people import person_body
from api.places import PageLimit, PlaceAfter, decode_place, encode_place, wrong_place
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from domain.boards import service
from domain.boards.queries.live import LiveFilter, LiveKey, LiveLease, LiveSort
from domain.scope import Actor
from schema.bodies.base import MAX_ID, OrderedPage
from schema.bodies.boards import LiveLeaseBody
from schema.enums import Stage

router = APIRouter(prefix="/projects", tags=["work"], responses=declare("not_found"))

COLUMNS = ("member_id", "who", *(name for name in LiveLeaseBody.model_fields if name != "person"))
_PLACE: TypeAdapter[tuple[str, AwareDatetime | float, int]] = TypeAdapter(tuple[str, AwareDatetime | float, int])
MOST_IDLE_S = 10 * 365 * 86_400
SortQuery = Annotated[LiveSort, Query(description="the longest held, or idle, first; with a minus the other way round")]


async def get_filter(
    stage: Annotated[Stage | None, Query()] = None,
    member_id: Annotated[QueryId | None, Query(description="one of your own people")] = None,
    site: Annotated[str | None, Query(max_length=200)] = None,
    team: Annotated[str | None, Query(max_length=200)] = None,
    idle_s: Annotated[
        float | None, Query(ge=0, le=MOST_IDLE_S, description="without a heartbeat for longer than so many seconds")
    ] = None,
    expired: Annotated[bool | None, Query(description="whether others may take it by now")] = None,
) -> LiveFilter:
    return LiveFilter(
        stage=stage.value if stage else None,
        member_id=member_id,
        site=site,
        team=team,
        idle_s=idle_s,
        expired=expired,
    )


WithLiveFilter = Annotated[LiveFilter, Depends(get_filter)]


@router.get(
    "/{project_id}/leases",
    summary="List who works on what now",
    description="Leases that have not ended; annotators see their own alone. Leases move while you page: one whose "
    "heartbeat comes meanwhile may be seen twice or not at all in the order `beat_at`.",
)
def list_held_leases(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithLiveFilter,
    sort: SortQuery = LiveSort.CLAIMED,
    after: PlaceAfter = None,
    limit: PageLimit = DEFAULT_LIMIT,
) -> OrderedPage[LiveLeaseBody]:
    start = _read_place(after, sort)
    rows = _read(context, actor, project_id, wanted, sort, start, limit + 1)
    shown = rows[:limit]
    following = _write_place(shown[-1].key_in(sort), sort) if len(rows) > limit else None
    return OrderedPage(items=tuple(_body(row, context, actor) for row in shown), next=following)


@router.get(
    "/{project_id}/leases.csv",
    summary="Export who works on what now",
    response_class=CsvStream,
    responses=describe_csv("one line a lease that has not ended"),
)
def export_held_leases(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithLiveFilter,
    sort: SortQuery = LiveSort.CLAIMED,
) -> CsvStream:
    def read(after: LiveKey | None) -> list[LiveLease]:
        return _read(context, actor, project_id, wanted, sort, after, PAGE_ROWS)

    def cells(row: LiveLease) -> Iterator[object]:
        facts = _body(row, context, actor).model_dump(mode="json")
        person = facts.pop("person")
        return iter((person["member_id"], person["name"], *facts.values()))

    name = f"project-{project_id}-leases.csv"
    return stream_csv(name, COLUMNS, read(None), lambda row: read(row.key_in(sort)), cells)


def _read(
    context: Context,
    actor: Actor,
    project_id: int,
    wanted: LiveFilter,
    sort: LiveSort,
    after: LiveKey | None,
    limit: int,
) -> list[LiveLease]:
    with context.database.begin(actor.scope) as session:
        return service.list_live(session, actor, project_id, wanted, sort=sort, after=after, limit=limit)


def _write_place(key: LiveKey, sort: LiveSort) -> str:
    value = key.value.isoformat() if isinstance(key.value, datetime) else key.value
    return encode_place(sort.value, value, key.lease_id)


def _read_place(place: str | None, sort: LiveSort) -> LiveKey | None:
    """Return where a page starts; raises RequestValidationError for a place of another order."""
    if place is None:
        return None
    name, value, lease_id = decode_place(place, _PLACE)
    is_seconds = sort in {LiveSort.ACTIVE, LiveSort.ACTIVE_DOWN}
    if name != sort.value or isinstance(value, datetime) == is_seconds or not 0 <= lease_id <= MAX_ID:
        raise wrong_place()
    return LiveKey(value, lease_id)


def _body(row: LiveLease, context: Context, actor: Actor) -> LiveLeaseBody:
    return LiveLeaseBody(
        lease_id=row.lease_id,
        project_id=row.project_id,
        person=person_body(
            context,
            actor,
            project_id=row.project_id,
            organisation_id=row.vendor_org,
            member_id=row.member_id,
            name=row.name,
        ),
        site=row.site,
        team=row.team,
        task_id=row.task_id,
        image_id=row.image_id,
        key=row.key,
        stage=Stage(row.stage),
        claimed_at=row.claimed_at,
        beat_at=row.seen_at,
        active_s=row.active_s,
        expires_at=row.expires_at,
        expired=row.expired,
        has_draft=row.has_draft,
    )

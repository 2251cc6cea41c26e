"""What people would not do, and why."""

from collections.abc import Iterator
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
from domain.boards.queries.skips import SkipFilter, SkipKey, SkipRow, SkipSort
from domain.boards.service import SkipPage
from domain.scope import Actor
from schema.bodies.base import MAX_ID, OrderedPage
from schema.bodies.boards import SkipLineBody
from schema.enums import SkipKind

router = APIRouter(prefix="/projects", tags=["work"], responses=declare("not_found"))

COLUMNS = ("member_id", "who", *(name for name in SkipLineBody.model_fields if name != "person"))
_PLACE: TypeAdapter[tuple[AwareDatetime, int]] = TypeAdapter(tuple[AwareDatetime, int])


async def get_filter(
    kind: Annotated[SkipKind | None, Query()] = None,
    member_id: Annotated[QueryId | None, Query(description="one of your own people")] = None,
    task_id: QueryId | None = None,
    since: Annotated[AwareDatetime | None, Query(description="not before this time")] = None,
    until: Annotated[AwareDatetime | None, Query(description="before this time")] = None,
) -> SkipFilter:
    return SkipFilter(kind=kind.value if kind else None, member_id=member_id, task_id=task_id, since=since, until=until)


WithSkipFilter = Annotated[SkipFilter, Depends(get_filter)]


@router.get(
    "/{project_id}/skips",
    summary="List what people skipped, and why",
    description="Annotators see their own alone. A page may hold fewer skips than `limit` and still have a `next`: "
    "all filters but those of time look a bounded way ahead.",
)
def list_skips(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithSkipFilter,
    sort: Annotated[SkipSort, Query()] = SkipSort.NEWEST,
    after: PlaceAfter = None,
    limit: PageLimit = DEFAULT_LIMIT,
) -> OrderedPage[SkipLineBody]:
    page = _page(context, actor, project_id, wanted, sort, _read_place(after), limit)
    following = None if page.next is None else encode_place(page.next.at.isoformat(), page.next.lease_id)
    return OrderedPage(items=tuple(_body(row, context, actor) for row in page.skips), next=following)


@router.get(
    "/{project_id}/skips.csv",
    summary="Export what people skipped, and why",
    response_class=CsvStream,
    responses=describe_csv("one line a skip"),
)
def export_skips(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithSkipFilter,
    sort: Annotated[SkipSort, Query()] = SkipSort.NEWEST,
) -> CsvStream:
    def read(after: SkipKey | None) -> list[SkipRow]:
        rows: list[SkipRow] = []
        while len(rows) < PAGE_ROWS:  # fewer only at the end
            page = _page(context, actor, project_id, wanted, sort, after, PAGE_ROWS - len(rows))
            rows += page.skips
            if page.next is None:
                break
            after = page.next
        return rows

    def cells(row: SkipRow) -> Iterator[object]:
        facts = _body(row, context, actor).model_dump(mode="json")
        person = facts.pop("person")
        return iter((person["member_id"], person["name"], *facts.values()))

    name = f"project-{project_id}-skips.csv"
    return stream_csv(name, COLUMNS, read(None), lambda row: read(SkipKey(row.at, row.lease_id)), cells)


def _page(
    context: Context,
    actor: Actor,
    project_id: int,
    wanted: SkipFilter,
    sort: SkipSort,
    after: SkipKey | None,
    limit: int,
) -> SkipPage:
    with context.database.begin(actor.scope) as session:
        return service.list_skips(session, actor, project_id, wanted, sort=sort, after=after, limit=limit)


def _read_place(place: str | None) -> SkipKey | None:
    if place is None:
        return None
    at, lease_id = decode_place(place, _PLACE)
    if not 0 <= lease_id <= MAX_ID:
        raise wrong_place()
    return SkipKey(at, lease_id)


def _body(row: SkipRow, context: Context, actor: Actor) -> SkipLineBody:
    return SkipLineBody(
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
        kind=SkipKind(row.kind),
        reason=row.reason,
        at=row.at,
    )

"""Who of your organisation may work in a project, who not, and why; and which project comes first."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import TypeAdapter

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.paging import DEFAULT_LIMIT
from api.places import PageLimit, PlaceAfter, decode_place, encode_place, wrong_place
from api.problems import declare
from api.routes.parameters import PathId
from domain.eligibility import service
from domain.eligibility.queries.workers import WorkerFilter, WorkerRow, WorkerSort
from domain.scope import Actor
from domain.work_order import service as ordering
from domain.work_order.service import WorkOrder
from schema.bodies.base import MAX_ID, OrderedPage
from schema.bodies.workers import NewWorkOrderBody, OrderedProjectBody, WorkerBody, WorkOrderBody
from schema.enums import Role, Stage

router = APIRouter(tags=["people"], responses=declare("forbidden"))

COLUMNS = tuple(WorkerBody.model_fields)
_PLACE: TypeAdapter[tuple[WorkerSort, str, int]] = TypeAdapter(tuple[WorkerSort, str, int])


def get_worker_filter(
    state: Annotated[Literal["active", "barred"] | None, Query(description="barred: may not work")] = None,
    role: Annotated[Literal["annotator", "supervisor"] | None, Query()] = None,
    stage: Annotated[Stage | None, Query()] = None,
    site: Annotated[str | None, Query(max_length=100)] = None,
    team: Annotated[str | None, Query(max_length=100)] = None,
    name: Annotated[str | None, Query(max_length=200, description="part of a name or an address")] = None,
) -> WorkerFilter:
    active = None if state is None else state == "active"
    return WorkerFilter(active, stage.value if stage else None, site, team, name, role)


WithFilter = Annotated[WorkerFilter, Depends(get_worker_filter)]


@router.get(
    "/projects/{project_id}/workers",
    summary="List who of your organisation may work in a project, who not, and why",
    responses=declare("not_found"),
)
def list_workers(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithFilter,
    sort: Annotated[WorkerSort, Query()] = WorkerSort.ID,
    after: PlaceAfter = None,
    limit: PageLimit = DEFAULT_LIMIT,
) -> OrderedPage[WorkerBody]:
    rows = _read(context, actor, project_id, wanted, sort, _place(after, sort), limit + 1)
    following = encode_place(sort.value, rows[limit - 1].key, rows[limit - 1].member_id) if len(rows) > limit else None
    return OrderedPage(items=tuple(_body(row) for row in rows[:limit]), next=following)


@router.get(
    "/projects/{project_id}/workers.csv",
    summary="Export who of your organisation may work in a project, who not, and why",
    response_class=CsvStream,
    responses=describe_csv("one line a member") | declare("forbidden", "not_found"),
)
def export_workers(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithFilter,
    sort: Annotated[WorkerSort, Query()] = WorkerSort.ID,
) -> CsvStream:
    def read(after: tuple[str, int] | None) -> list[WorkerRow]:
        return _read(context, actor, project_id, wanted, sort, after, PAGE_ROWS)

    name = f"project-{project_id}-workers.csv"
    return stream_csv(name, COLUMNS, read(None), lambda row: read((row.key, row.member_id)), _cells)


@router.get("/work-order", summary="Show in which order your people are served from your projects")
def get_work_order(actor: WithActor, context: WithContext) -> WorkOrderBody:
    with context.database.begin(actor.scope) as session:
        return _order_body(ordering.get_work_order(session))


@router.put(
    "/work-order",
    summary="Say from which projects your people are served first",
    description="It holds for every claim that names no project, from the next one on. Work that came back to its "
    "author is served before all of it.",
    responses=declare("not_found"),
)
def set_work_order(body: NewWorkOrderBody, actor: WithActor, context: WithContext) -> WorkOrderBody:
    with context.database.begin(actor.scope) as session:
        return _order_body(ordering.set_work_order(session, actor, tuple(dict.fromkeys(body.project_ids))))


def _read(
    context: Context,
    actor: Actor,
    project_id: int,
    wanted: WorkerFilter,
    sort: WorkerSort,
    after: tuple[str, int] | None,
    limit: int,
) -> list[WorkerRow]:
    with context.database.begin(actor.scope) as session:
        return service.list_workers(session, actor, wanted, project_id=project_id, sort=sort, after=after, limit=limit)


def _place(after: str | None, sort: WorkerSort) -> tuple[str, int] | None:
    if after is None:
        return None
    order, key, member_id = decode_place(after, _PLACE)
    if order is not sort or not 0 <= member_id <= MAX_ID:
        raise wrong_place()
    return key, member_id


def _cells(row: WorkerRow) -> Iterator[object]:
    facts = _body(row).model_dump(mode="json")
    facts["languages"] = " ".join(facts["languages"])
    return (facts[name] for name in COLUMNS)


def _body(row: WorkerRow) -> WorkerBody:
    return WorkerBody(
        member_id=row.member_id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        stage=Stage(row.stage),
        site=row.site,
        team=row.team,
        languages=tuple(row.languages),
        active=row.reason is None,
        reason=row.reason,
        capped_until=row.capped_until,
    )


def _order_body(order: WorkOrder) -> WorkOrderBody:
    return WorkOrderBody(
        projects=tuple(
            OrderedProjectBody(project_id=p.project_id, name=p.name, position=p.position) for p in order.projects
        )
    )

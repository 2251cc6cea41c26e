"""What people have done, by person, team, site, project or hour."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import CsvStream, describe_csv, stream_csv
from api.paging import MAX_LIMIT
from api.problems import declare
from api.routes.parameters import QueryId
from domain.boards import service
from domain.boards.queries.sums import BoardBy
from domain.boards.rules import BoardLine, BoardSort
from domain.boards.service import Board, BoardFilter
from domain.scope import Actor
from schema.bodies.boards import BoardBody, BoardLineBody
from schema.enums import Stage

router = APIRouter(tags=["work"], responses=declare("not_found"))

COLUMNS = tuple(BoardLineBody.model_fields)
DAY = timedelta(days=1)
# A board is summed anew with each reading.
MOST_DAYS = 100
SortQuery = Annotated[BoardSort, Query(description="with a minus in front the largest first; no value comes last")]


async def get_filter(
    by: Annotated[BoardBy, Query(description="what a line is about", examples=["member"])],
    project_id: Annotated[QueryId | None, Query(description="one project; else all that you see")] = None,
    stage: Annotated[Stage | None, Query()] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="from the hour that holds this time; 24 h before `until` by default")
    ] = None,
    until: Annotated[
        AwareDatetime | None, Query(description=f"to the end of this hour; now by default. At most {MOST_DAYS} days")
    ] = None,
) -> BoardFilter:
    end = until or datetime.now(UTC)
    try:
        start = since or end - DAY
        too_long = end - start > MOST_DAYS * DAY
    except OverflowError:
        too_long = True
        start = end
    if (
        too_long
        or start > end
        or not datetime(2000, 1, 1, tzinfo=UTC) <= start <= end < datetime(9000, 1, 1, tzinfo=UTC)
    ):
        problem = f"give a span of at most {MOST_DAYS} days, `since` before `until`"
        raise RequestValidationError([{"loc": ("query", "since"), "msg": problem, "type": "value_error"}])
    return BoardFilter(by=by, since=start, until=end, project_id=project_id, stage=stage.value if stage else None)


WithBoardFilter = Annotated[BoardFilter, Depends(get_filter)]


@router.get(
    "/board",
    summary="Show what people have done",
    description="By person, team, site, project or hour, over one project or all that you see. Summed in whole hours "
    "(UTC) a few seconds after the fact: `folded_to` says how fresh it is. Annotators see themselves alone.",
)
def get_board(
    actor: WithActor,
    context: WithContext,
    wanted: WithBoardFilter,
    sort: SortQuery = BoardSort.WHO,
    after: Annotated[int, Query(ge=0, le=10_000_000, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = MAX_LIMIT,
) -> BoardBody:
    board = _read(context, actor, wanted, sort)
    end = after + limit
    return BoardBody(
        since=board.since,
        until=board.until,
        folded_to=board.folded_to,
        items=tuple(_body(line) for line in board.lines[after:end]),
        next=end if len(board.lines) > end else None,
    )


@router.get(
    "/board.csv",
    summary="Export what people have done",
    response_class=CsvStream,
    responses=describe_csv("one line for each person, team, site, project or hour"),
)
def export_board(
    actor: WithActor, context: WithContext, wanted: WithBoardFilter, sort: SortQuery = BoardSort.WHO
) -> CsvStream:
    board = _read(context, actor, wanted, sort)
    return stream_csv(
        f"board-by-{wanted.by}.csv",
        COLUMNS,
        list(board.lines),
        lambda _: [],
        lambda line: _body(line).model_dump(mode="json").values(),
    )


def _read(context: Context, actor: Actor, wanted: BoardFilter, sort: BoardSort) -> Board:
    secret = context.settings.secret.get_secret_value().encode()
    with context.database.begin(actor.scope) as session:
        return service.read_board(session, actor, wanted, sort=sort, secret=secret)


def _body(line: BoardLine) -> BoardLineBody:
    return BoardLineBody(**{name: getattr(line, name) for name in COLUMNS})

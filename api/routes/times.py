"""A month of measured time, sent as it is read: a short transaction for each page of people or reviews."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from starlette.responses import StreamingResponse

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.problems import declare
from api.routes.parameters import QueryId
from domain.boards import service
from domain.boards.queries.times import ReviewKey, TimeSums
from domain.boards.rules import Month, Reviewed, TimeLine, add_reviews, month_of, time_lines
from domain.boards.service import TimeProject
from domain.scope import Actor
from schema.bodies.boards import TimeLineBody, TimeReportBody

router = APIRouter(tags=["work"], responses=declare("not_found"))

COLUMNS = tuple(TimeLineBody.model_fields)
# A transaction sums the months of so many people, or reads so many reviews.
PEOPLE = 50
REVIEWS = 2_000
MonthQuery = Annotated[str, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="in UTC", examples=["2026-11"])]
ProjectQuery = Annotated[QueryId | None, Query(description="one project; else all that you know")]


class JsonStream(StreamingResponse):
    media_type = "application/json"


@router.get(
    "/time",
    summary="Show a month of measured time",
    description="By project and pseudonym, summed from the record of each lease and of each review, never from boards. "
    "A month that is over does not change. Annotators see themselves alone.",
    response_model=TimeReportBody,
)
def get_time_report(
    actor: WithActor, context: WithContext, month: MonthQuery, project_id: ProjectQuery = None
) -> JsonStream:
    lines = _read_lines(context, actor, _month(month), project_id)
    first = _next_page(lines)  # what is refused is refused before the answer begins

    def text() -> Iterator[str]:
        yield f'{{"month": {json.dumps(month)}, "items": ['
        for number, line in enumerate(chain(first, lines)):
            yield ("," if number else "") + "\n" + _body(line).model_dump_json()
        yield "]}\n"

    return JsonStream(text())


@router.get(
    "/time.csv",
    summary="Export a month of measured time",
    response_class=CsvStream,
    responses=describe_csv("one line for each person and project"),
)
def export_time_report(
    actor: WithActor, context: WithContext, month: MonthQuery, project_id: ProjectQuery = None
) -> CsvStream:
    lines = _read_lines(context, actor, _month(month), project_id)
    return stream_csv(
        f"time-{month}.csv",
        COLUMNS,
        _next_page(lines),
        lambda _: _next_page(lines),
        lambda line: _body(line).model_dump(mode="json").values(),
    )


def _month(text: str) -> Month:
    try:
        return month_of(text)
    except (ValueError, OverflowError) as error:
        problem = {"loc": ("query", "month"), "msg": "no calendar has this month", "type": "value_error"}
        raise RequestValidationError([problem]) from error


def _next_page(lines: Iterator[TimeLine]) -> list[TimeLine]:
    return list(islice(lines, PAGE_ROWS))


def _body(line: TimeLine) -> TimeLineBody:
    return TimeLineBody(**{name: getattr(line, name) for name in COLUMNS})


def _read_lines(context: Context, actor: Actor, month: Month, project_id: int | None) -> Iterator[TimeLine]:
    """Yield the lines, project by project. A project's people are read whole before the first of them is told."""
    secret = context.settings.secret.get_secret_value().encode()
    with context.database.begin(actor.scope) as session:
        projects = service.list_time_projects(session, actor, project_id)
    for project in projects:
        sums = _read_sums(context, actor, project.id, month)
        reviewed = _read_reviews(context, actor, project, month)
        yield from time_lines(sums, reviewed, organisation_id=actor.organisation_id, secret=secret)


def _read_sums(context: Context, actor: Actor, project_id: int, month: Month) -> list[TimeSums]:
    found: list[TimeSums] = []
    after = 0
    while True:
        with context.database.begin(actor.scope) as session:
            members = service.list_measured_members(session, actor, project_id, after=after, limit=PEOPLE)
            found += service.list_time_sums(session, project_id, members, month)
        if not members:
            return found
        after = members[-1]


def _read_reviews(context: Context, actor: Actor, project: TimeProject, month: Month) -> dict[int, Reviewed] | None:
    if not project.tells_reviews:
        return None
    found: dict[int, Reviewed] = {}
    after: ReviewKey | None = None
    while True:
        with context.database.begin(actor.scope) as session:
            lines = service.list_reviews(session, project.id, month, after=after, limit=REVIEWS)
        if not lines:
            return found
        found = add_reviews(found, lines)
        after = ReviewKey(lines[-1].at, lines[-1].id)

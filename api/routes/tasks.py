"""Tasks, and why each stands where it stands."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.auth import WithActor
from api.context import Context, WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.decision_body import decided_object_body, decision_body
from api.paging import DEFAULT_LIMIT
from api.places import PageLimit, PlaceAfter
from api.preconditions import etag_of
from api.problems import declare
from api.routes.parameters import PathId
from api.task_body import get_task_filter, read_place, task_body, write_place
from domain.scope import Actor
from domain.tasks import service
from domain.tasks.queries.listing import TaskKey, TaskLine, TaskSort
from domain.tasks.service import TaskFilter, TaskPage
from schema.bodies.base import OrderedPage
from schema.bodies.tasks import TaskBody, TaskStoryBody

router = APIRouter(tags=["projects"], responses=declare("forbidden", "not_found"))

WithTaskFilter = Annotated[TaskFilter, Depends(get_task_filter)]
COLUMNS = tuple(name for name in TaskBody.model_fields if name not in {"project_id", "stage"})


@router.get(
    "/projects/{project_id}/tasks",
    summary="List a project's tasks with their newest decision",
    description="`sort`: by id up or down; `agreement`, the least first and the unmeasured last; `age`, the longest in "
    "its state first. A page may hold fewer tasks than `limit` and still have a `next`: `key` and `cause` look a "
    "bounded way ahead.",
)
def list_tasks(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    wanted: WithTaskFilter,
    sort: Annotated[TaskSort, Query()] = TaskSort.ID,
    after: PlaceAfter = None,
    limit: PageLimit = DEFAULT_LIMIT,
) -> OrderedPage[TaskBody]:
    start = read_place(after, sort)
    page = _page(context, actor, project_id, wanted, sort, start, limit)
    return OrderedPage(items=tuple(task_body(t) for t in page.tasks), next=write_place(page.next, sort))


@router.get(
    "/projects/{project_id}/tasks.csv",
    summary="Export a project's tasks as CSV",
    response_class=CsvStream,
    responses=describe_csv("one line a task"),
)
def export_tasks(project_id: PathId, actor: WithActor, context: WithContext, wanted: WithTaskFilter) -> CsvStream:
    def read(after: TaskKey | None) -> list[TaskLine]:
        return _read_rows(context, actor, project_id, wanted, after)

    name = f"project-{project_id}-tasks.csv"
    return stream_csv(name, COLUMNS, read(None), lambda task: read(TaskKey(task.id)), _cells)


@router.get("/tasks/{task_id}", summary="Show why a task stands where it stands")
def get_task(task_id: PathId, actor: WithActor, context: WithContext, response: Response) -> TaskStoryBody:
    with context.database.begin(actor.scope) as session:
        story = service.get_task_story(session, actor, task_id)
    task = task_body(story.task)
    response.headers["ETag"] = etag_of(task)
    return TaskStoryBody(
        task=task,
        decisions=tuple(decision_body(d) for d in story.decisions),
        objects=tuple(decided_object_body(o) for o in story.objects),
    )


def _page(
    context: Context,
    actor: Actor,
    project_id: int,
    wanted: TaskFilter,
    sort: TaskSort,
    after: TaskKey | None,
    limit: int,
) -> TaskPage:
    with context.database.begin(actor.scope) as session:
        return service.list_tasks(
            session, actor, project_id=project_id, wanted=wanted, sort=sort, after=after, limit=limit
        )


def _read_rows(
    context: Context, actor: Actor, project_id: int, wanted: TaskFilter, after: TaskKey | None
) -> list[TaskLine]:
    """Read as many tasks as the export sends at a time, fewer only at the end; a short transaction a page."""
    rows: list[TaskLine] = []
    while len(rows) < PAGE_ROWS:
        page = _page(context, actor, project_id, wanted, TaskSort.ID, after, PAGE_ROWS - len(rows))
        rows += page.tasks
        if page.next is None:
            break
        after = page.next
    return rows


def _cells(task: TaskLine) -> Iterator[object]:
    facts = task_body(task).model_dump(mode="json")
    facts["causes"] = " ".join(facts["causes"])
    return (facts[name] for name in COLUMNS)

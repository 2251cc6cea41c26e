"""Tasks, and why each stands where it stands."""

from collections.abc import Iterator

from plumbline_client.connection import Connection
from schema.bodies.tasks import TaskBody, TaskStoryBody


class Tasks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int, *, state: str | None = None) -> Iterator[TaskBody]:
        return self._connection.pages(TaskBody, f"/v1/projects/{project_id}/tasks", state=state)

    def get(self, task_id: int) -> TaskStoryBody:
        return self._connection.get(TaskStoryBody, f"/v1/tasks/{task_id}")

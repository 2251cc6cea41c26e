"""Tasks, and why each stands where it stands."""

from collections.abc import Iterator

from plumbline_client.connection import Connection, parse
from schema.bodies.task_seats import FreeSeatBody
from schema.bodies.tasks import TaskBody, TaskStoryBody


class Tasks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int, *, state: str | None = None) -> Iterator[TaskBody]:
        return self._connection.pages(TaskBody, f"/v1/projects/{project_id}/tasks", state=state)

    def get(self, task_id: int) -> TaskStoryBody:
        return self._connection.get(TaskStoryBody, f"/v1/tasks/{task_id}")

    def take_back(self, task_id: int, seat_no: int, *, reason: str) -> FreeSeatBody:
        """End the lease of whoever holds a seat; their draft is kept."""
        path = f"/v1/tasks/{task_id}/seats/{seat_no}/take-back"
        return parse(FreeSeatBody, self._connection.call("POST", path, json={"reason": reason}))

    def assign(self, task_id: int, seat_no: int, *, member_id: int) -> FreeSeatBody:
        """Have a free seat wait for one member, who is served it next."""
        path = f"/v1/tasks/{task_id}/seats/{seat_no}/assign"
        return parse(FreeSeatBody, self._connection.call("POST", path, json={"member_id": member_id}))

"""Projects and how far they are."""

from collections.abc import Iterator, Sequence

from plumbline_client.connection import Connection, parse
from schema.bodies.gold import GoldBody, NewGoldBody
from schema.bodies.progress import ProgressBody
from schema.bodies.projects import NewProjectBody, ProjectBody
from schema.bodies.webhooks import EventBody
from schema.bodies.workers import NewWorkOrderBody, PolicyPreviewBody, WorkerBody, WorkOrderBody
from schema.enums import EventKind
from schema.projects import Guidelines, Ontology, Policy


class Projects:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Iterator[ProjectBody]:
        return self._connection.pages(ProjectBody, "/v1/projects")

    def get(self, project_id: int) -> ProjectBody:
        return self._connection.get(ProjectBody, f"/v1/projects/{project_id}")

    def create(
        self, name: str, *, ontology: Ontology, guidelines: Guidelines | None = None, policy: Policy | None = None
    ) -> ProjectBody:
        body = NewProjectBody(
            name=name, ontology=ontology, guidelines=guidelines or Guidelines(), policy=policy or Policy()
        )
        given = body.model_dump(mode="json", exclude_unset=True)
        made = self._connection.call("POST", "/v1/projects", json=given, creates=True)
        return parse(ProjectBody, made)

    def progress(self, project_id: int) -> ProgressBody:
        return self._connection.get(ProgressBody, f"/v1/projects/{project_id}/progress")

    def events(self, project_id: int, *, after: int = 0, kind: EventKind | None = None) -> Iterator[EventBody]:
        """Yield what happened after an event; going on from the last id that was seen misses nothing."""
        return self._connection.pages(
            EventBody, "/v1/events", project_id=project_id, after=after or None, kind=kind.value if kind else None
        )

    def preview_policy(self, project_id: int, policy: Policy) -> PolicyPreviewBody:
        """Say what labelling rules would change if they were published now; nothing is saved."""
        body = policy.model_dump(mode="json")
        seen = self._connection.call("POST", f"/v1/projects/{project_id}/policy/preview", json=body)
        return parse(PolicyPreviewBody, seen)

    def workers(self, project_id: int, *, state: str | None = None, sort: str | None = None) -> Iterator[WorkerBody]:
        """Yield who of the organisation may work in a project, who not, and why."""
        return self._connection.pages(WorkerBody, f"/v1/projects/{project_id}/workers", state=state, sort=sort)

    def gold(self, project_id: int) -> Iterator[GoldBody]:
        """Yield the tasks whose answer is known, which are served blind."""
        return self._connection.pages(GoldBody, f"/v1/projects/{project_id}/gold")

    def make_gold(self, project_id: int, item_id: int) -> GoldBody:
        """Have an accepted item serve as gold; a repeat changes nothing."""
        body = NewGoldBody(item_id=item_id).model_dump(mode="json")
        return parse(GoldBody, self._connection.call("POST", f"/v1/projects/{project_id}/gold", json=body))

    def work_order(self) -> WorkOrderBody:
        return self._connection.get(WorkOrderBody, "/v1/work-order")

    def set_work_order(self, project_ids: Sequence[int]) -> WorkOrderBody:
        """Have the organisation's people served from these projects first, in this order."""
        body = NewWorkOrderBody(project_ids=tuple(project_ids)).model_dump(mode="json")
        return parse(WorkOrderBody, self._connection.call("PUT", "/v1/work-order", json=body))

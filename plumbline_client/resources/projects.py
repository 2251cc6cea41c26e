"""Projects and how far they are."""

from collections.abc import Iterator

from plumbline_client.connection import Connection, parse
from schema.bodies.progress import ProgressBody
from schema.bodies.projects import NewProjectBody, ProjectBody
from schema.bodies.webhooks import EventBody
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

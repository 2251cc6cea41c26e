"""How the classes of a model become a project's. A mapping never changes; another choice is another mapping."""

from collections.abc import Iterator, Sequence

from plumbline_client.connection import Connection, parse
from schema.bodies.models import MappingBody, NewMappingBody, SuggestedClassBody
from schema.models import MappedClass


class Mappings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def suggest(self, project_id: int, model_version_id: int) -> tuple[SuggestedClassBody, ...]:
        """Tell which class of the project each class of the model suggests by its name."""
        told = self._connection.call(
            "GET", f"{_path(project_id)}/suggestion", params={"model_version_id": model_version_id}
        )
        return tuple(parse(SuggestedClassBody, line) for line in told["classes"])

    def create(self, project_id: int, model_version_id: int, classes: Sequence[MappedClass]) -> MappingBody:
        """Keep a choice; classes of the model that are left out give no objects."""
        body = NewMappingBody(model_version_id=model_version_id, classes=tuple(classes)).model_dump(mode="json")
        return parse(MappingBody, self._connection.call("POST", _path(project_id), json=body, creates=True))

    def list(self, project_id: int) -> Iterator[MappingBody]:
        return self._connection.pages(MappingBody, _path(project_id))

    def get(self, project_id: int, mapping_id: int) -> MappingBody:
        return self._connection.get(MappingBody, f"{_path(project_id)}/{mapping_id}")


def _path(project_id: int) -> str:
    return f"/v1/projects/{project_id}/class-mappings"

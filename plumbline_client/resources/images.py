"""Images as they came in."""

from collections.abc import Iterator

from plumbline_client.connection import Connection
from schema.bodies.images import ImageBody
from schema.enums import ImageState


class Images:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self, *, source_id: int | None = None, project_id: int | None = None, state: ImageState | None = None
    ) -> Iterator[ImageBody]:
        wanted = {"source_id": source_id, "project_id": project_id, "state": state.value if state else None}
        return self._connection.pages(ImageBody, "/v1/images", **wanted)

    def get(self, image_id: int) -> ImageBody:
        return self._connection.get(ImageBody, f"/v1/images/{image_id}")

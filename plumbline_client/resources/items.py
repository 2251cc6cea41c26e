"""What is labelled in a project, with its pre-labels and final labels."""

from collections.abc import Iterator
from typing import Literal

from plumbline_client.connection import Connection
from schema.bodies.items import ItemBody


class Items:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self,
        project_id: int,
        *,
        state: str | None = None,
        class_id: int | None = None,
        key: str | None = None,
        has: Literal["prelabels", "final"] | None = None,
    ) -> Iterator[ItemBody]:
        wanted = {"state": state, "class_id": class_id, "key": key, "has": has}
        return self._connection.pages(ItemBody, f"/v1/projects/{project_id}/items", **wanted)

    def get(self, item_id: int) -> ItemBody:
        return self._connection.get(ItemBody, f"/v1/items/{item_id}")

"""Prediction sets: all that one mapping's model said of a project's images."""

from collections.abc import Iterator

from plumbline_client.connection import Connection, parse
from schema.bodies.runs import PredictionSetBody, SetAcceptanceBody, SetComparisonBody, SetPictureBody, ShownSetBody


class Sets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int) -> Iterator[PredictionSetBody]:
        return self._connection.pages(PredictionSetBody, _path(project_id))

    def pictures(self, project_id: int, mapping_id: int) -> Iterator[SetPictureBody]:
        """Iterate over a set's pictures with what it says of them."""
        return self._connection.pages(SetPictureBody, f"{_path(project_id)}/{mapping_id}/pictures")

    def compare(self, project_id: int, a: int, b: int | None = None, *, match_iou: float = 0.5) -> SetComparisonBody:
        """Compare two sets by their mappings, or set `a` with the final labels."""
        params = {"a": a, "match_iou": match_iou} | ({} if b is None else {"b": b})
        return parse(SetComparisonBody, self._connection.call("GET", f"{_path(project_id)}/compare", params=params))

    def acceptance(self, project_id: int, mapping_id: int) -> SetAcceptanceBody:
        """Sum up what people made of a set's pre-labels."""
        return self._connection.get(SetAcceptanceBody, f"{_path(project_id)}/{mapping_id}/acceptance")

    def show(self, project_id: int, mapping_id: int) -> ShownSetBody:
        """Show a set's pre-labels to every task that nobody has begun; the counts are of all requests together."""
        path, changed, begun, after = f"{_path(project_id)}/{mapping_id}/show", 0, 0, 0
        while True:
            shown = parse(ShownSetBody, self._connection.call("POST", path, params={"after": after}))
            changed, begun = changed + shown.tasks_changed, begun + shown.tasks_begun
            if shown.next is None:
                return ShownSetBody(tasks_changed=changed, tasks_begun=begun, next=None)
            after = shown.next


def _path(project_id: int) -> str:
    return f"/v1/projects/{project_id}/prediction-sets"

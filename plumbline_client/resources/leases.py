"""Work: claim, draft, submit."""

from collections.abc import Sequence

from plumbline_client.connection import Connection, parse
from schema.bodies.leases import DraftStoredBody, HeartbeatBody, LeaseBody, ReceiptBody
from schema.objects import LabelObject, dump_objects


class Leases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, project_id: int | None = None) -> LeaseBody | None:
        """Return the next piece of work, None when there is none for you now."""
        found = self._connection.call("POST", "/v1/leases", json={"project_id": project_id})
        return parse(LeaseBody, found) if found else None

    def get(self, lease_id: int) -> LeaseBody:
        return self._connection.get(LeaseBody, f"/v1/leases/{lease_id}")

    def draft(self, lease_id: int, objects: Sequence[LabelObject], *, sequence: int) -> bool:
        """Keep unsent work; False when a newer draft was there already."""
        body = {"sequence": sequence, "objects": dump_objects(tuple(objects))}
        stored = self._connection.call("PUT", f"/v1/leases/{lease_id}/draft", json=body)
        return parse(DraftStoredBody, stored).stored

    def extend(self, lease_id: int) -> HeartbeatBody:
        return parse(HeartbeatBody, self._connection.call("POST", f"/v1/leases/{lease_id}/heartbeat"))

    def submit(self, lease_id: int, objects: Sequence[LabelObject]) -> ReceiptBody:
        """Submit an answer; sent twice, it is stored once and has one receipt."""
        body = {"objects": dump_objects(tuple(objects))}
        path = f"/v1/leases/{lease_id}/annotation"
        return parse(ReceiptBody, self._connection.call("POST", path, json=body, creates=True))

    def give_back(self, lease_id: int) -> None:
        self._connection.call("DELETE", f"/v1/leases/{lease_id}")

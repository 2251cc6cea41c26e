"""Work: claim, draft, skip, submit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from plumbline_client.connection import Connection, parse
from schema.bodies.leases import (
    ClaimedBody,
    DraftStoredBody,
    HeartbeatBody,
    LeaseBody,
    ReceiptBody,
    SkippedBody,
)
from schema.enums import SkipKind
from schema.objects import LabelObject, dump_objects


class Leases:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, project_id: int | None = None, *, prefetch: int = 0, later: bool = False) -> ClaimedBody | None:
        """Return the next piece of work, and up to `prefetch` more ahead; None when there is none for you now.

        `later`: only what you left for later.
        """
        body: dict[str, Any] = {"project_id": project_id}
        body |= ({"prefetch": prefetch} if prefetch else {}) | ({"later": True} if later else {})
        found = self._connection.call("POST", "/v1/leases", json=body)
        return parse(ClaimedBody, found) if found else None

    def get(self, lease_id: int) -> LeaseBody:
        return self._connection.get(LeaseBody, f"/v1/leases/{lease_id}")

    def draft(
        self,
        lease_id: int,
        objects: Sequence[LabelObject],
        *,
        sequence: int,
        base_sequence: int | None = None,
        writer: str = "",
        active_s: float = 0.0,
    ) -> bool:
        """Keep unsent work; False when a newer draft was there already.

        With `base_sequence`, what another writer saved since is not overwritten: `draft_conflict`.
        """
        body: dict[str, Any] = {"sequence": sequence, "objects": dump_objects(tuple(objects))}
        body |= {"base_sequence": base_sequence, "writer": writer, "active_s": active_s}
        stored = self._connection.call("PUT", f"/v1/leases/{lease_id}/draft", json=body)
        return parse(DraftStoredBody, stored).stored

    def change_draft(
        self,
        lease_id: int,
        *,
        sequence: int,
        base_sequence: int,
        put: Sequence[LabelObject] = (),
        delete: Sequence[UUID] = (),
        writer: str = "",
        active_s: float = 0.0,
    ) -> DraftStoredBody:
        """Keep what changed since the draft `base_sequence`; `draft_conflict` when another one is stored."""
        body = {
            "sequence": sequence,
            "base_sequence": base_sequence,
            "put": dump_objects(tuple(put)),
            "delete": [str(id) for id in delete],
            "writer": writer,
            "active_s": active_s,
        }
        return parse(DraftStoredBody, self._connection.call("PATCH", f"/v1/leases/{lease_id}/draft", json=body))

    def extend(self, lease_id: int, *, active_s: float = 0.0) -> HeartbeatBody:
        """Say that you are still at work; `active_s` are the seconds with focus and input since the last time."""
        path, body = f"/v1/leases/{lease_id}/heartbeat", {"active_s": active_s}
        return parse(HeartbeatBody, self._connection.call("POST", path, json=body))

    def skip(self, lease_id: int, kind: SkipKind, reason: str) -> SkippedBody:
        """Leave work for later, to others, or to a supervisor; the draft is kept."""
        path, body = f"/v1/leases/{lease_id}/skip", {"kind": kind.value, "reason": reason}
        return parse(SkippedBody, self._connection.call("POST", path, json=body))

    def submit(self, lease_id: int, objects: Sequence[LabelObject]) -> ReceiptBody:
        """Submit an answer; sent twice, it is stored once and has one receipt."""
        body = {"objects": dump_objects(tuple(objects))}
        path = f"/v1/leases/{lease_id}/annotation"
        return parse(ReceiptBody, self._connection.call("POST", path, json=body, creates=True))

    def give_back(self, lease_id: int) -> None:
        self._connection.call("DELETE", f"/v1/leases/{lease_id}")

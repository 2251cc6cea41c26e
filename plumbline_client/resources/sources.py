"""Buckets that images come from."""

from collections.abc import Iterator

from plumbline_client.connection import Connection, parse
from schema.bodies.sources import NewSourceBody, SourceBody


class Sources:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Iterator[SourceBody]:
        return self._connection.pages(SourceBody, "/v1/sources")

    def get(self, source_id: int) -> SourceBody:
        return self._connection.get(SourceBody, f"/v1/sources/{source_id}")

    def create(self, bucket: str, *, prefix: str = "") -> SourceBody:
        """Register a bucket; then put `nonce` as the text of `proof_key` in it, and verify."""
        body = NewSourceBody(bucket=bucket, prefix=prefix).model_dump(mode="json", exclude_unset=True)
        return parse(SourceBody, self._connection.call("POST", "/v1/sources", json=body, creates=True))

    def verify(self, source_id: int) -> SourceBody:
        return parse(SourceBody, self._connection.call("POST", f"/v1/sources/{source_id}/verify"))

    def feed(self, source_id: int, project_id: int) -> None:
        """Feed a project from the source; repeating it changes nothing."""
        self._connection.call("PUT", f"/v1/sources/{source_id}/feeds/{project_id}")

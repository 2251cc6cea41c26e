"""Labels that exist already, read into a project."""

import time
from collections.abc import Iterator, Mapping

from plumbline_client.connection import Connection, parse
from plumbline_client.errors import PlumblineError
from schema.bodies.imports import LabelImportBody, NewImportBody
from schema.enums import ImportFormat, ImportMode, ImportState

POLL_S = 1.0


class Imports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, project_id: int) -> Iterator[LabelImportBody]:
        return self._connection.pages(LabelImportBody, f"/v1/projects/{project_id}/imports")

    def get(self, project_id: int, import_id: int) -> LabelImportBody:
        return self._connection.get(LabelImportBody, f"/v1/projects/{project_id}/imports/{import_id}")

    def create(
        self,
        project_id: int,
        upload_id: int,
        *,
        format: ImportFormat,
        mode: ImportMode = ImportMode.PREDICTIONS,
        class_map: Mapping[str, int] | None = None,
    ) -> LabelImportBody:
        """Read the labels of a complete upload; `class_map` names the class of each name in the file."""
        body = NewImportBody(
            upload_id=upload_id, format=format, mode=mode, class_map=dict(class_map) if class_map else None
        )
        path = f"/v1/projects/{project_id}/imports"
        made = self._connection.call("POST", path, json=body.model_dump(mode="json"), creates=True)
        return parse(LabelImportBody, made)

    def wait(
        self, project_id: int, import_id: int, *, timeout_s: float = 3600.0, poll_s: float = POLL_S
    ) -> LabelImportBody:
        """Return the import once it is complete; raises PlumblineError when it failed, or TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get(project_id, import_id)
            if found.state is ImportState.COMPLETE:
                return found
            if found.state is ImportState.FAILED:
                raise PlumblineError("import_failed", f"import {import_id} failed: {found.reason}", status=None)
            if time.monotonic() > deadline:
                raise TimeoutError(f"import {import_id} is not complete after {timeout_s:g} s")
            time.sleep(poll_s)

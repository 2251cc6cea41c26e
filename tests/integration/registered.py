"""Models in tests that really run: uploaded in parts, validated by the worker's own child, mapped and run."""

import io
import zipfile
from typing import Any

from sqlalchemy import text

from domain.scope import Scope
from tests.harness import Job, Person, Stack
from tests.integration.test_uploads import send_all


def pack(**members: bytes) -> bytes:
    """Return a zip; underscores before the ending of a name stand for its dot (`model_onnx`)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in members.items():
            archive.writestr(".".join(name.rsplit("_", 1)), body)
    return packed.getvalue()


def upload_file(person: Person, body: bytes, *, name: str = "model.zip") -> int:
    announced = {"purpose": "model", "name": name, "bytes": len(body)}
    upload = person.call("POST", "/v1/uploads", json=announced)
    assert send_all(person, upload, body)["state"] == "complete"
    return int(upload["id"])


def bring(stack: Stack, person: Person, body: bytes, *, name: str = "colours", **more: Any) -> dict[str, Any]:
    """Upload a file, ask for it as a model, have the worker look at it; return what became of it."""
    file_name = more.pop("file_name", "model.zip")
    wanted = {"upload_id": upload_file(person, body, name=file_name), "name": name} | more
    asked = person.call("POST", "/v1/models", json=wanted)
    assert asked["state"] == "validating"
    stack.pump()
    return dict(person.call("GET", f"/v1/models/{asked['id']}"))


def lose_hold(job: Job, model_version_id: int) -> None:
    """Have what holds a version that is looked at end, as it does when its worker cannot reach the database."""
    with job.stack.database.begin(Scope(job.client.organisation_id)) as session:
        session.execute(
            text("UPDATE model_version SET state_since = now() - interval '1 minute' WHERE id = :id"),
            {"id": model_version_id},
        )


def map_classes(person: Person, project_id: int, model: dict[str, Any], classes: dict[int, int | None]) -> int:
    wanted = [{"index": index, "class_id": class_id} for index, class_id in classes.items()]
    body = {"model_version_id": model["id"], "classes": wanted}
    return int(person.call("POST", f"/v1/projects/{project_id}/class-mappings", json=body)["id"])

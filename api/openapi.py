"""The OpenAPI document: refusals are problem+json in it, as they are on the wire."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/ProblemBody"}
TAGS = [
    {"name": "sign-in", "description": "Sessions of browsers, and invitations; nothing here needs a token."},
    {"name": "account", "description": "Who is asking, and what is theirs alone: password, tokens, preferences."},
    {"name": "people", "description": "Organisations, their members, engagements, and the trail of changes."},
    {"name": "projects", "description": "What is labelled, by whom, how far it is and how well people agree."},
    {"name": "sources", "description": "A client's buckets and the images in them."},
    {"name": "uploads", "description": "Files in parts through our own address, and labels of other tools."},
    {"name": "models", "description": "Model versions, class mappings, runs over a project, and prediction sets."},
    {"name": "work", "description": "Claim, draft, submit, undo: the annotator's side."},
    {"name": "review", "description": "What is contested, and the supervisor's verdicts."},
    {"name": "comments", "description": "What people say to each other about the work, and everybody's inbox."},
    {"name": "releases", "description": "Immutable snapshots of accepted work."},
    {"name": "webhooks", "description": "What happened, told to other systems: signed, at least once, in any order."},
    {"name": "dead letters", "description": "Messages that were given up: why, and back into their queue or out."},
    {"name": "files", "description": "Pictures and files by signed link."},
    {"name": "process", "description": "Whether this process can work."},
]


def install(app: FastAPI) -> None:
    """Have the app describe itself with `build`, once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # the documented way to extend it


def build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": "/"}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.setdefault("security", [])
            for response in operation["responses"].values():
                _name_media_type(response)
    for schema in document["components"]["schemas"].values():
        _require_kinds(schema)
    return document


def _require_kinds(schema: dict[str, Any]) -> None:
    """Say what validation does: a shape without its `type` is nothing, though Python fills it in for its callers."""
    for name, field in schema.get("properties", {}).items():
        if "const" in field and field.get("default") == field["const"]:
            del field["default"]
            schema["required"] = sorted({*schema.get("required", ()), name})


def _name_media_type(response: dict[str, Any]) -> None:
    """A refusal is a problem, whatever the operation answers with when it goes well."""
    if any(kind.get("schema") == _PROBLEM for kind in response.get("content", {}).values()):
        response["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}

"""The OpenAPI document: refusals are problem+json in it, as they are on the wire."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/ProblemBody"}
TAGS = [
    {"name": "account", "description": "Who is asking."},
    {"name": "projects", "description": "What is labelled, by whom, how far it is and how well people agree."},
    {"name": "sources", "description": "A client's buckets and the images in them."},
    {"name": "work", "description": "Claim, draft, submit, undo: the annotator's side."},
    {"name": "review", "description": "What is contested, and the supervisor's verdicts."},
    {"name": "releases", "description": "Immutable snapshots of accepted work."},
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
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                _name_media_type(response)
    return document


def _name_media_type(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    if content.get("application/json", {}).get("schema") == _PROBLEM:
        response["content"] = {MEDIA_TYPE: content["application/json"]}

"""The one map from the domain's errors to HTTP: status and title by code, as problem+json (RFC 9457)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from domain.errors import DomainError
from schema.bodies.problems import ProblemBody

MEDIA_TYPE = "application/problem+json"
ERRORS_PATH = "/docs/errors"
RETRY_AFTER_S = 2
MAX_FIELD_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    title: str


# Codes of the domain; docs/errors.md explains each.
DOMAIN_PROBLEMS: Mapping[str, Problem] = {
    "unauthenticated": Problem(401, "No valid token"),
    "sign_in_failed": Problem(401, "Address or password is wrong"),
    "too_many_attempts": Problem(429, "Too many sign-ins failed"),
    "link_expired": Problem(410, "This link does not count any more"),
    "no_member": Problem(403, "Nobody here has this identity"),
    "identity_unverified": Problem(403, "The provider has not verified the address"),
    "file_refused": Problem(422, "A file of people that cannot be followed"),
    "password_refused": Problem(422, "This cannot be a password"),
    "scope_missing": Problem(403, "The token was made for less"),
    "member_paused": Problem(403, "Your work is paused"),
    "forbidden": Problem(403, "Your role does not allow this"),
    "not_found": Problem(404, "Not found"),
    "conflict": Problem(409, "It changed or exists already"),
    "precondition_failed": Problem(412, "It changed since you read it"),
    "precondition_required": Problem(428, "The header If-Match is missing"),
    "idempotency_key_reused": Problem(422, "The key belongs to another request"),
    "unavailable": Problem(503, "A part of Plumbline does not answer"),
    "seat_reissued": Problem(409, "The seat went to someone else"),
    "draft_conflict": Problem(409, "Another page saved a newer draft"),
    "skip_refused": Problem(409, "This work cannot be skipped like this"),
    "task_closed": Problem(409, "The task takes no answers any more"),
    "guidelines_unread": Problem(409, "The guidelines have to be acknowledged first"),
    "undo_window_over": Problem(409, "Too late to take this back"),
    "points_outside": Problem(422, "A point lies outside the picture"),
    "invalid_objects": Problem(422, "Objects that cannot stand as an answer"),
    "shape_has_no_area": Problem(422, "A shape without an area"),
    "mask_size_differs": Problem(422, "A mask of another size than its picture"),
    "picture_refused": Problem(422, "A picture that cannot come in"),
    "key_moved": Problem(409, "The key changed while it was looked at"),
    "source_refused": Problem(422, "This bucket cannot be a source"),
    "import_refused": Problem(422, "A file of labels that cannot be read"),
    "class_map_invalid": Problem(422, "A class that the project does not have"),
    "mapping_invalid": Problem(422, "A class that the model or the project does not have"),
    "upload_incomplete": Problem(409, "Parts of the file are missing"),
    "upload_lost": Problem(409, "The unfinished upload is not stored any more"),
    "upload_too_large": Problem(413, "The file is larger than what is taken"),
    "upload_name_refused": Problem(422, "A name that cannot stand in a key"),
    "part_wrong_size": Problem(422, "A part of another size than it must have"),
    "source_unproven": Problem(409, "The proof object is missing or wrong"),
    "range_outside": Problem(416, "The range lies outside the object"),
    "link_refused": Problem(403, "This link does not open anything"),
    "bucket_refused": Problem(409, "The bucket does not let us read"),
    "webhook_refused": Problem(422, "Nothing can be delivered there"),
    "project_archived": Problem(409, "The project is archived"),
    "version_refused": Problem(422, "It cannot follow the version before"),
    "verdict_missing": Problem(422, "A contested object has no verdict"),
    "verdict_invalid": Problem(422, "A verdict that fits nothing"),
}

# Codes that only HTTP has.
HTTP_PROBLEMS: Mapping[str, Problem] = {
    "header_required": Problem(403, "The header X-Plumbline is missing"),
    "invalid_request": Problem(422, "The request does not fit its description"),
    "method_not_allowed": Problem(405, "This path has no such method"),
    "body_too_large": Problem(413, "The request is too large"),
    "internal_error": Problem(500, "Something broke on our side"),
}

PROBLEMS: Mapping[str, Problem] = {**DOMAIN_PROBLEMS, **HTTP_PROBLEMS}

# Constraints whose violation a person can bring about: what it means, by the name of the constraint.
_VIOLATIONS: Mapping[str, tuple[str, str]] = {
    "seat_one_per_member": ("seat_reissued", "you hold another seat of this task by now; claim again"),
    "fk_engagement_vendor_org_organisation": ("not_found", "there is no such organisation"),
}


def declare(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of an operation that can be refused with these codes."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(f"`{code}`: {PROBLEMS[code].title}")
    return {s: {"model": ProblemBody, "description": "; ".join(lines)} for s, lines in by_status.items()}


def render(
    code: str,
    detail: str,
    *,
    request_id: str | None,
    facts: Mapping[str, object] | None = None,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer for a code of `PROBLEMS`."""
    problem = PROBLEMS[code]
    body: dict[str, object] = {
        "type": f"{ERRORS_PATH}#{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": code,
        "facts": dict(facts or {}),
        "errors": list(errors),
        "request_id": request_id,
    }
    more = dict(headers or {})
    if problem.status == 503:
        more.setdefault("Retry-After", str(RETRY_AFTER_S))
    if problem.status == 401:
        more.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        json.dumps(body, default=str, ensure_ascii=False), problem.status, headers=more, media_type=MEDIA_TYPE
    )


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that refused a row."""
    diagnostics = getattr(error.orig, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name


def install(app: FastAPI) -> None:
    """Have every expected failure of a request answered as a problem; the rest is `api.access`' to answer."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(IntegrityError, _integrity_error)
    app.add_exception_handler(DataError, _data_error)
    for error in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(error, _database_unavailable)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    wait_s = error.facts.get("retry_after_s")
    headers = None if wait_s is None else {"Retry-After": str(wait_s)}
    return render(error.code, error.message, request_id=_request_id(request), facts=error.facts, headers=headers)


async def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": field_name(e["loc"]), "problem": str(e["msg"]).removeprefix("Value error, ")}
        for e in error.errors()[:MAX_FIELD_PROBLEMS]
    ]
    first = f"{errors[0]['field']}: {errors[0]['problem']}" if errors else "the request cannot be read"
    more = f" (and {len(error.errors()) - 1} more)" if len(errors) > 1 else ""
    return render("invalid_request", first + more, request_id=_request_id(request), errors=errors)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
    code = codes.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal_error")
    details = {404: f"there is nothing at {request.url.path}", 405: f"{request.url.path} has no {request.method}"}
    detail = details.get(error.status_code, str(error.detail))
    return render(code, detail, request_id=_request_id(request), headers=error.headers)


async def _integrity_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, IntegrityError)
    known = _VIOLATIONS.get(violated_constraint(error) or "")
    if known is None:
        raise error
    return render(known[0], known[1], request_id=_request_id(request))


async def _data_error(request: Request, error: Exception) -> Response:
    """Answer a value of the right form that PostgreSQL cannot hold: a NUL character in a text, above all."""
    detail = "a value cannot be stored; texts must not contain the character U+0000"
    return render("invalid_request", detail, request_id=_request_id(request))


async def _database_unavailable(request: Request, error: Exception) -> Response:
    structlog.get_logger().warning("database_unavailable", error=str(getattr(error, "orig", error)))
    detail = "the database does not answer in time; try again"
    return render("unavailable", detail, request_id=_request_id(request))


def field_name(location: Iterable[int | str]) -> str:
    """Return a pydantic location as people write it: `objects[3].shape.x1`; what carried it is left out."""
    carrier, *parts = location
    if carrier == "body" and (not parts or isinstance(parts[0], int)):
        return "body"  # it is no JSON at all: the number is where reading it stopped
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)

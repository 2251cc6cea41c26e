"""From the text of a queue to a typed message."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from schema.messages import ENVELOPE_VERSION, Envelope
from workers.errors import MessageUnknown

M = TypeVar("M")


def parse_message(body: dict[str, Any], *kinds: type[M]) -> M:
    """Return the message inside an envelope; raises MessageUnknown when it is none of `kinds`."""
    version = body.get("version", ENVELOPE_VERSION)
    if version != ENVELOPE_VERSION:
        raise MessageUnknown(
            f"version {version!r} of the envelope is not known here, only {ENVELOPE_VERSION}; "
            "bring these workers up to date and re-drive the message",
            version=str(version),
        )
    try:
        message = Envelope.model_validate(body).body
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise MessageUnknown(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
    if not isinstance(message, kinds):
        raise MessageUnknown(f"a message of type '{message.type}' does not belong in this queue", type=message.type)
    return message


def read_body(text: str) -> tuple[dict[str, Any], MessageUnknown | None]:
    """Return the JSON object of a message, or an empty one and what is wrong with it."""
    try:
        return parse_body(text), None
    except MessageUnknown as fault:
        return {}, fault


def parse_body(text: str) -> dict[str, Any]:
    """Return the JSON object of a message; raises MessageUnknown."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MessageUnknown("the message is not JSON") from error
    if not isinstance(body, dict):
        raise MessageUnknown("the message is not a JSON object")
    return body

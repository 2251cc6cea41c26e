"""From the text of a queue to a typed message."""

from typing import Any, TypeVar

from pydantic import ValidationError

from schema.messages import Envelope
from workers.errors import MessageUnknown

M = TypeVar("M")
VERSION = 1


def parse_message(body: dict[str, Any], *kinds: type[M]) -> M:
    """Return the message inside an envelope; raises MessageUnknown when it is none of `kinds`."""
    version = body.get("version", VERSION)
    if version != VERSION:
        raise MessageUnknown(
            f"version {version!r} of the envelope is not known here, only {VERSION}; bring these workers up to date "
            "and re-drive the message",
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

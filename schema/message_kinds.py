"""What kind of message a text of a queue is, from its outside alone: a few known words, so that figures can be kept by
kind. Checks nothing else of it."""

from typing import Any, Final, get_args

from schema.messages import Message

S3_EVENT: Final = "s3_event"
UNKNOWN: Final = "unknown"
# Message is Annotated[A | B | …, discriminator]; each class has the literal default of its field `type`.
TYPES: Final = frozenset(str(kind.model_fields["type"].default) for kind in get_args(get_args(Message)[0]))
KINDS: Final = TYPES | {S3_EVENT, UNKNOWN}


def kind_of(body: object) -> str:
    """Return the type inside an envelope, `s3_event` for what looks like a bucket's (in any of its three forms), or
    `unknown`."""
    if not isinstance(body, dict):
        return UNKNOWN
    inner: Any = body.get("body")
    if isinstance(inner, dict):
        kind = inner.get("type")
        return kind if isinstance(kind, str) and kind in TYPES else UNKNOWN
    is_event = "Records" in body or body.get("source") == "aws.s3" or body.get("Event") == "s3:TestEvent"
    return S3_EVENT if is_event or body.get("Type") == "Notification" else UNKNOWN

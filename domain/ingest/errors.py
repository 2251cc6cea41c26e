"""Why a picture cannot come in."""

from enum import StrEnum
from typing import ClassVar

from domain.errors import DomainError

ACCEPTED = "JPEG, PNG, WebP, TIFF or BMP"


class Reason(StrEnum):
    """Stable codes; the sentence beside them may change."""

    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    ANIMATED = "animated"
    MANY_PAGES = "many_pages"


class PictureRefused(DomainError):
    """A picture that stays out; the message says why and what to do, in words for the person who brought it."""

    code: ClassVar[str] = "picture_refused"

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, reason=reason.value)
        self.reason = reason


def damaged() -> PictureRefused:
    return PictureRefused(
        Reason.UNREADABLE,
        "The file is damaged or cut short. Export the picture once more and upload it again.",
    )


def animated() -> PictureRefused:
    return PictureRefused(Reason.ANIMATED, "The picture is animated. Upload the frames as single pictures.")


def wrong_type(what: str) -> PictureRefused:
    """Refuse a whole file for what it is; `what` is a sentence without its full stop."""
    return PictureRefused(Reason.WRONG_TYPE, f"{what}. Save it as {ACCEPTED} of 8 or 16 bits and upload that.")

"""Why a picture cannot come in."""

from enum import StrEnum
from typing import ClassVar

from domain.errors import DomainError


class Reason(StrEnum):
    """Stable codes; the sentence beside them may change."""

    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    ANIMATED = "animated"


class PictureRefused(DomainError):
    """A picture that stays out; the message says why and what to do, in words for the person who brought it."""

    code: ClassVar[str] = "picture_refused"

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, reason=reason.value)
        self.reason = reason

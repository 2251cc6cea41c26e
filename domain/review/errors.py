"""What can be wrong with a review."""

from typing import ClassVar

from domain.errors import DomainError


class VerdictMissing(DomainError):
    """A contested object has no verdict."""

    code: ClassVar[str] = "verdict_missing"


class VerdictInvalid(DomainError):
    """A verdict names an object, a version or an author that this task does not have."""

    code: ClassVar[str] = "verdict_invalid"

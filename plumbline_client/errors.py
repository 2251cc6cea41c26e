"""What can go wrong between a program and Plumbline."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    field: str
    problem: str


class PlumblineError(Exception):
    """A refusal of the API. `code` is stable and for programs, `detail` is a sentence for people."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None,
        errors: tuple[FieldProblem, ...] = (),
        facts: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        explained_at: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.errors = errors
        self.facts = dict(facts or {})
        self.request_id = request_id
        self.explained_at = explained_at


class Unreachable(PlumblineError):
    """No answer came, however often it was tried."""

    def __init__(self, detail: str) -> None:
        super().__init__("unreachable", detail, status=None)


class ChecksumWrong(Exception):
    """A file does not have the checksum that the release states."""


class SignatureWrong(Exception):
    """A delivery was not signed with this secret, or not just now."""

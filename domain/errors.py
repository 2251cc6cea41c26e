"""The root of every error of the domain: a stable code, facts, and whether trying again can help.

Errors know nothing of HTTP or queues: `api/problems.py` and `workers/loop.py` map them.
"""

from typing import ClassVar


class DomainError(Exception):
    """An expected failure. `message` is a sentence for people; `facts` are for programs."""

    code: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class NotFound(DomainError):
    """The row does not exist, or lies outside the caller's scope (which must look the same)."""

    code = "not_found"


class Forbidden(DomainError):
    """The member's role does not allow this."""

    code = "forbidden"


class Conflict(DomainError):
    """The row changed since the caller read it, or already exists in another form."""

    code = "conflict"


class Unauthenticated(DomainError):
    """No token, an unknown one, or one that has expired."""

    code = "unauthenticated"


class ScopeMissing(DomainError):
    """The token was made for less than this, whatever its member may do."""

    code = "scope_missing"


class MemberPaused(DomainError):
    """The member's organisation has paused their work."""

    code = "member_paused"


class PreconditionFailed(DomainError):
    """The caller has seen an older state than there is."""

    code = "precondition_failed"


class PreconditionRequired(DomainError):
    """This change needs to be told what the caller has seen."""

    code = "precondition_required"


class BucketRefused(DomainError):
    """A client's bucket does not let us read."""

    code = "bucket_refused"
    retryable = True


class Unavailable(DomainError):
    """A part that this needs does not answer right now."""

    code = "unavailable"
    retryable = True

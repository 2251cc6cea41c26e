"""What can go wrong between a claim and a submit."""

from typing import ClassVar

from domain.errors import DomainError


class SeatReissued(DomainError):
    """Someone else holds the seat by now; the work was kept as a draft."""

    code: ClassVar[str] = "seat_reissued"


class TaskClosed(DomainError):
    """The task takes no answers any more; the work was kept as a draft."""

    code: ClassVar[str] = "task_closed"


class UndoWindowOver(DomainError):
    """The answer is being decided or has been."""

    code: ClassVar[str] = "undo_window_over"


class GuidelinesUnread(DomainError):
    """The project wants its guidelines acknowledged before anybody works by them."""

    code: ClassVar[str] = "guidelines_unread"


class DraftConflict(DomainError):
    """Another page of the same member saved a newer draft."""

    code: ClassVar[str] = "draft_conflict"


class SkipRefused(DomainError):
    """The project's rules do not let this work be skipped like this."""

    code: ClassVar[str] = "skip_refused"

"""What a project refuses."""

from typing import ClassVar

from domain.errors import DomainError


class ProjectArchived(DomainError):
    """An archived project takes no new work."""

    code: ClassVar[str] = "project_archived"


class VersionRefused(DomainError):
    """A body that cannot follow the version before it."""

    code: ClassVar[str] = "version_refused"

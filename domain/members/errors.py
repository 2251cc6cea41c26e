"""What can be refused about people."""

from domain.errors import DomainError


class FileRefused(DomainError):
    """A file of people that cannot be followed; `lines` has each line that is wrong."""

    code = "file_refused"

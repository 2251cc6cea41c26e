"""What can be wrong with a message itself."""

from typing import ClassVar

from domain.errors import DomainError


class MessageUnknown(DomainError):
    """A message of no known form, type or version; it goes to the dead-letter queue, never in circles."""

    code: ClassVar[str] = "message_unknown"

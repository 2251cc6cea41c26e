"""Refusals of webhooks."""

from typing import ClassVar

from domain.errors import DomainError


class WebhookRefused(DomainError):
    """Nothing can be delivered to this address."""

    code: ClassVar[str] = "webhook_refused"

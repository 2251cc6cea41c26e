"""Where Plumbline tells what happened."""

from collections.abc import Iterator, Sequence

from plumbline_client.connection import Connection, parse
from schema.bodies.webhooks import (
    DeliveryBody,
    DeliveryWithEventBody,
    TestedBody,
    WebhookBody,
    WebhookWithSecretBody,
)
from schema.enums import DeliveryState


class Webhooks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Iterator[WebhookBody]:
        return self._connection.pages(WebhookBody, "/v1/webhooks")

    def get(self, webhook_id: int) -> WebhookBody:
        return self._connection.get(WebhookBody, f"/v1/webhooks/{webhook_id}")

    def create(
        self, url: str, *, kinds: Sequence[str] = ("*",), project_id: int | None = None
    ) -> WebhookWithSecretBody:
        """Subscribe; the secret is shown this once, so a broken connection is not tried again."""
        body = {"url": url, "kinds": list(kinds), "project_id": project_id}
        return parse(WebhookWithSecretBody, self._connection.call("POST", "/v1/webhooks", json=body))

    def resume(self, webhook_id: int) -> WebhookBody:
        """Start a webhook again that was stopped."""
        changed = self._connection.call("PATCH", f"/v1/webhooks/{webhook_id}", json={"active": True})
        return parse(WebhookBody, changed)

    def rotate(self, webhook_id: int) -> WebhookWithSecretBody:
        """Replace the secret; the answer shows the new one."""
        return parse(WebhookWithSecretBody, self._connection.call("POST", f"/v1/webhooks/{webhook_id}/secret"))

    def remove(self, webhook_id: int) -> None:
        self._connection.call("DELETE", f"/v1/webhooks/{webhook_id}")

    def test(self, webhook_id: int) -> TestedBody:
        """Have a ping sent now, and return what came of it."""
        return parse(TestedBody, self._connection.call("POST", f"/v1/webhooks/{webhook_id}/test"))

    def deliveries(self, webhook_id: int, *, state: DeliveryState | None = None) -> Iterator[DeliveryBody]:
        """Yield what became of each delivery, the newest first."""
        path = f"/v1/webhooks/{webhook_id}/deliveries"
        return self._connection.pages(DeliveryBody, path, state=state.value if state else None)

    def delivery(self, webhook_id: int, delivery_id: int) -> DeliveryWithEventBody:
        path = f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"
        return self._connection.get(DeliveryWithEventBody, path)

    def redeliver(self, webhook_id: int, delivery_id: int) -> DeliveryBody:
        path = f"/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"
        return parse(DeliveryBody, self._connection.call("POST", path))

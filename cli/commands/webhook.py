"""`plumbline webhook …`: where other systems are told what happened."""

from itertools import islice
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from cli.connection import connect, told
from cli.exits import CommandFailed, Exit
from cli.printing import JsonFlag, print_json, print_rows
from schema.bodies.webhooks import WebhookWithSecretBody
from schema.enums import DeliveryState

app = typer.Typer(no_args_is_help=True, help="Where other systems are told what happened.")

WebhookArgument = Annotated[int, typer.Argument(help="The webhook's id.")]
COLUMNS = {"id": "id", "url": "url", "kinds": "kinds", "project": "project_id", "active": "active"}
DELIVERY_COLUMNS = {
    "id": "id",
    "event": "event_id",
    "kind": "kind",
    "state": "state",
    "attempts": "attempts",
    "status": "status",
    "took ms": "took_ms",
    "next attempt": "next_at",
    "error": "error",
}


@app.command("add")
def add_webhook(
    url: str,
    kind: Annotated[
        list[str] | None, typer.Option(help="What to be told of, such as task.accepted; again for more.")
    ] = None,
    project: Annotated[int | None, typer.Option("--project", help="Only what happens in this project.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Have every event posted to a URL, and print the secret that signs them once."""
    with told():
        made = connect().client.webhooks.create(url, kinds=kind or ["*"], project_id=project)
    _print_secret(made, as_json=as_json)


@app.command("list")
def list_webhooks(as_json: JsonFlag = False) -> None:
    """List your organisation's webhooks."""
    with told():
        rows = [_plain(webhook) for webhook in connect().client.webhooks.list()]
    if not as_json:
        rows = [row | {"kinds": " ".join(row["kinds"])} for row in rows]
    print_rows(rows, COLUMNS, as_json=as_json)


@app.command("show")
def show_webhook(webhook: WebhookArgument) -> None:
    """Show a webhook, and why it was stopped if it was."""
    with told():
        print_json(_plain(connect().client.webhooks.get(webhook)))


@app.command("resume")
def resume_webhook(webhook: WebhookArgument) -> None:
    """Start a webhook again that was stopped; what happened meanwhile is in the log: GET /v1/events."""
    with told():
        connect().client.webhooks.resume(webhook)
    print(f"webhook {webhook} is active")


@app.command("remove")
def remove_webhook(webhook: WebhookArgument) -> None:
    """Remove a webhook; what waits for it is not delivered."""
    with told():
        connect().client.webhooks.remove(webhook)
    print(f"webhook {webhook} is removed")


@app.command("rotate")
def rotate_secret(webhook: WebhookArgument, as_json: JsonFlag = False) -> None:
    """Replace the secret, and print the new one once."""
    with told():
        made = connect().client.webhooks.rotate(webhook)
    _print_secret(made, as_json=as_json)


@app.command("test")
def ping_webhook(webhook: WebhookArgument, as_json: JsonFlag = False) -> None:
    """Send a ping now; exit code 1 when it did not arrive."""
    with told():
        came = connect().client.webhooks.test(webhook)
    if as_json:
        print_json(_plain(came))
    elif came.delivered:
        print(f"delivered: it answered {came.status} after {came.took_ms} ms")
    if not came.delivered:
        raise CommandFailed(f"not delivered: {came.error}", exit_code=Exit.FAILED)


@app.command("deliveries")
def list_deliveries(
    webhook: WebhookArgument,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List what became of each delivery, the newest first."""
    with told():
        found = connect().client.webhooks.deliveries(webhook, state=state)
        rows = [_plain(delivery) for delivery in islice(found, limit)]
    print_rows(rows, DELIVERY_COLUMNS, as_json=as_json)


@app.command("redeliver")
def redeliver(webhook: WebhookArgument, delivery: Annotated[int, typer.Argument(help="The delivery's id.")]) -> None:
    """Deliver once more."""
    with told():
        connect().client.webhooks.redeliver(webhook, delivery)
    print(f"delivery {delivery} is on its way; see: plumbline webhook deliveries {webhook}")


def _print_secret(made: WebhookWithSecretBody, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(made))
    else:
        print(f"webhook {made.id}\nsecret {made.secret}  (shown this once; verify each delivery with it)")


def _plain(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json")

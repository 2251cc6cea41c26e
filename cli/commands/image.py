"""`plumbline image …`: pictures, and those that were set aside."""

from typing import Annotated

import typer

from cli.connection import connect
from cli.printing import JsonFlag, print_json, print_rows
from schema.enums import ImageState

app = typer.Typer(no_args_is_help=True, help="Pictures, and those that were set aside.")

ImageArguments = Annotated[list[int], typer.Argument(help="Ids of images.")]
COLUMNS = {"id": "id", "state": "state", "reason": "reason", "key": "key", "detail": "detail"}


@app.command("list")
def list_images(
    state: Annotated[ImageState | None, typer.Option(help="Only in this state, such as quarantined.")] = None,
    project: Annotated[int | None, typer.Option("--project", help="Only this project's.")] = None,
    source: Annotated[int | None, typer.Option(help="Only this source's.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only with this reason, such as wrong_type.")] = None,
    key: Annotated[str | None, typer.Option(help="Only keys that hold this.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List images."""
    wanted = {"state": state.value if state else None, "project_id": project, "source_id": source}
    rows = connect().list_all("/v1/images", **wanted, reason=reason, key=key)
    print_rows(rows, COLUMNS, as_json=as_json)


@app.command("show")
def show_image(image: Annotated[int, typer.Argument(help="The image's id.")]) -> None:
    """Show an image."""
    print_json(connect().call("GET", f"/v1/images/{image}"))


@app.command("retry")
def retry_images(images: ImageArguments) -> None:
    """Have quarantined or discarded images read again."""
    _act({"action": "retry", "image_ids": images}, "read again")


@app.command("discard")
def discard_images(images: ImageArguments, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Put images out for good; their unfinished tasks are cancelled."""
    _act({"action": "discard", "image_ids": images, "reason": reason}, "discarded")


def _act(body: dict[str, object], what: str) -> None:
    done = connect().call("POST", "/v1/images/actions", json=body)["image_ids"]
    print(f"{len(done)} images {what}: {' '.join(map(str, done))}" if done else "no image was in a state for that")

"""`plumbline work-order …`: from which projects your people are served first."""

from typing import Annotated, Any

import typer

from cli.connection import connect
from cli.printing import JsonFlag, print_rows

app = typer.Typer(no_args_is_help=True, help="From which projects your people are served first.")

COLUMNS = {"position": "position", "project": "project_id", "name": "name"}


@app.command("show")
def show_work_order(as_json: JsonFlag = False) -> None:
    """Show the projects in the order in which your people are served from them."""
    _print(connect().call("GET", "/v1/work-order"), as_json=as_json)


@app.command("set")
def set_work_order(
    projects: Annotated[
        list[int] | None, typer.Argument(help="Project ids, the first one first; none: no order.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Serve these projects first, in this order, and all others after them."""
    _print(connect().call("PUT", "/v1/work-order", json={"project_ids": projects or []}), as_json=as_json)


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    print_rows(answer["projects"], COLUMNS, as_json=as_json)

"""`plumbline token …`: your own API tokens."""

from typing import Annotated

import typer

from cli.connection import connect
from cli.printing import JsonFlag, print_json, print_rows
from schema.enums import TokenScope

app = typer.Typer(no_args_is_help=True, help="Your API tokens.")


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[TokenScope], typer.Option(help="What it may do; give it more than once for more.")],
    days: Annotated[int | None, typer.Option(help="How long it counts; for ever when left out.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a token and print its secret once."""
    body = {"name": name, "scopes": [one.value for one in scope], "expires_in_days": days}
    made = connect().call("POST", "/v1/me/tokens", json=body)
    if as_json:
        print_json(made)
    else:
        print(f"token {made['id']}\nexport PLUMBLINE_TOKEN={made['token']}")


@app.command("list")
def list_tokens(as_json: JsonFlag = False) -> None:
    """List your tokens that still count."""
    columns = {"id": "id", "name": "name", "scopes": "scopes", "expires": "expires_at", "last used": "used_at"}
    print_rows(connect().list_all("/v1/me/tokens"), columns, as_json=as_json)


@app.command("revoke")
def revoke_token(token: int) -> None:
    """Withdraw a token."""
    connect().call("DELETE", f"/v1/me/tokens/{token}")
    print(f"token {token} does not count any more")

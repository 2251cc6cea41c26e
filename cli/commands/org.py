"""`plumbline org …`: organisations. The operator of an installation makes them; their managers see and rename them."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from cli import organisations
from cli.connection import connect, find_api_url, stack_environment
from cli.exits import CommandFailed
from cli.organisations import NewMember
from cli.printing import JsonFlag, print_json, print_rows
from schema.enums import OrganisationKind, Role

app = typer.Typer(no_args_is_help=True, help="Organisations and their members.")

PasswordFlag = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin instead of printing a link to set it.")
]


class Kind(StrEnum):
    CLIENT = OrganisationKind.CLIENT.value
    VENDOR = OrganisationKind.VENDOR.value


@app.command("create")
def create_organisation(
    name: str,
    kind: Annotated[Kind, typer.Option(help="Who they are.")],
    email: Annotated[str, typer.Option(help="Address of its first manager.")] = "manager@localhost",
    password_stdin: PasswordFlag = False,
) -> None:
    """Make an organisation with a manager (as the operator), and print the manager's token and link once."""
    password = read_password() if password_stdin else None
    if password is not None:
        organisations.check_password(password, email)  # before there is an organisation that nobody can enter
    with organisations.open_database(stack_environment()) as database:
        organisation_id = organisations.create_organisation(database, kind=OrganisationKind(kind.value), name=name)
        member = organisations.add_member(
            database, organisation_id=organisation_id, email=email, role=Role.MANAGER, password=password
        )
    print(f"organisation {organisation_id}, {_describe(member)}")


@app.command("add")
def add_member(
    organisation: int,
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    password_stdin: PasswordFlag = False,
) -> None:
    """Add a member to any organisation (as the operator), and print the member's token and link once."""
    password = read_password() if password_stdin else None
    with organisations.open_database(stack_environment()) as database:
        member = organisations.add_member(
            database, organisation_id=organisation, email=email, role=role, password=password
        )
    print(_describe(member))


@app.command("show")
def show_organisation(
    organisation: Annotated[int | None, typer.Argument(help="Yours when left out.")] = None, as_json: JsonFlag = False
) -> None:
    """Show your organisation, or one that you work with."""
    path = "/v1/organisation" if organisation is None else f"/v1/organisations/{organisation}"
    found = connect().call("GET", path)
    print_rows([found], {"id": "id", "kind": "kind", "name": "name", "since": "created_at"}, as_json=as_json)


@app.command("list")
def list_organisations(as_json: JsonFlag = False) -> None:
    """List the organisations that you belong to."""
    rows = connect().call("GET", "/v1/me")["memberships"]
    print_rows(
        rows, {"id": "organisation_id", "kind": "kind", "name": "organisation", "your role": "role"}, as_json=as_json
    )


@app.command("rename")
def rename_organisation(name: str) -> None:
    """Rename your organisation."""
    print_json(connect().call("PATCH", "/v1/organisation", json={"name": name}))


def read_password() -> str:
    """Return the first line of stdin: a password on the command line would be seen in the list of processes."""
    return sys.stdin.readline().rstrip("\n")


def _describe(member: NewMember) -> str:
    lines = [f"member {member.member_id}", f"export PLUMBLINE_TOKEN={member.token}"]
    if member.link is not None:
        lines.append(f"set a password at {_page(member.link)}")
    return "\n".join(lines)


def _page(path: str) -> str:
    """Return the address of a page, or its path where this machine does not know the address."""
    try:
        return f"{find_api_url()}{path}"
    except CommandFailed:
        return path

"""`plumbline member …`: the people of your organisation."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import organisations
from cli.commands import skills
from cli.commands.org import read_password
from cli.connection import connect, find_api_url, stack_environment
from cli.exits import CommandFailed
from cli.printing import JsonFlag, print_json, print_rows, print_table
from schema.enums import Role

app = typer.Typer(no_args_is_help=True, help="People of your organisation.")
app.add_typer(skills.app, name="skills")

COLUMNS = {
    "id": "id",
    "email": "email",
    "name": "name",
    "role": "role",
    "state": "state",
    "site": "site",
    "team": "team",
    "reason": "reason",
}
LanguageOption = Annotated[
    list[str] | None, typer.Option("--language", help="What they speak and read, like sw or pt-br; repeat it.")
]
ReasonOption = Annotated[str, typer.Option(help="Why; the member and the trail of changes show it.")]


@app.command("add")
def add_member(
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    name: Annotated[str | None, typer.Option(help="Their name.")] = None,
    site: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    team: Annotated[str | None, typer.Option(help="With whom they work.")] = None,
    languages: LanguageOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Invite a person, and print the link to hand to them once."""
    body: dict[str, Any] = {"email": email, "role": role.value, "name": name, "site": site, "team": team}
    body |= {"languages": languages} if languages else {}
    invited = connect().call("POST", "/v1/members", json=body)
    _print_link(invited, invited["invitation"], as_json=as_json)


@app.command("list")
def list_members(
    role: Annotated[Role | None, typer.Option(help="Only those of one role.")] = None,
    state: Annotated[str | None, typer.Option(help="active, paused, invited or left.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the people of your organisation."""
    rows = connect().list_all("/v1/members", role=role.value if role else None, state=state)
    print_rows(rows, COLUMNS, as_json=as_json)


@app.command("set")
def change_member(
    member: int,
    role: Annotated[Role | None, typer.Option(help="What they may do.")] = None,
    name: Annotated[str | None, typer.Option(help="Their name.")] = None,
    site: Annotated[str | None, typer.Option(help="Where they work.")] = None,
    team: Annotated[str | None, typer.Option(help="With whom they work.")] = None,
    languages: LanguageOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change a member's role, name, site, team or languages."""
    given: dict[str, Any] = {"role": role.value if role else None, "name": name, "site": site, "team": team}
    given["languages"] = languages or None
    changes = {field: value for field, value in given.items() if value is not None}
    _print_member(connect().call("PATCH", f"/v1/members/{member}", json=changes), as_json=as_json)


@app.command("pause")
def pause_member(member: int, reason: ReasonOption, as_json: JsonFlag = False) -> None:
    """Have a member draw no more work; what they hold is free at once."""
    _print_member(connect().call("POST", f"/v1/members/{member}/pause", json={"reason": reason}), as_json=as_json)


@app.command("resume")
def resume_member(member: int, as_json: JsonFlag = False) -> None:
    """End a member's pause."""
    _print_member(connect().call("POST", f"/v1/members/{member}/resume"), as_json=as_json)


@app.command("deactivate")
def deactivate_member(member: int, reason: ReasonOption, as_json: JsonFlag = False) -> None:
    """Have a member leave: sessions, tokens and leases end, their work stays."""
    path = f"/v1/members/{member}/deactivate"
    _print_member(connect().call("POST", path, json={"reason": reason}), as_json=as_json)


@app.command("reactivate")
def reactivate_member(member: int, as_json: JsonFlag = False) -> None:
    """Invite a member who left, and print the link once."""
    invited = connect().call("POST", f"/v1/members/{member}/reactivate")
    _print_link(invited, invited["invitation"], as_json=as_json)


@app.command("invite")
def renew_invitation(member: int, as_json: JsonFlag = False) -> None:
    """Print a new link to join, or to set a new password; older links stop counting."""
    connection = connect()
    link = connection.call("POST", f"/v1/members/{member}/invitation")
    _print_link(connection.call("GET", f"/v1/members/{member}"), link, as_json=as_json)


@app.command("import")
def import_members(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV: email, role, name, site, team, languages.")
    ],
    partial: Annotated[bool, typer.Option("--partial", help="Invite whom it can, and tell of the rest.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Invite the people of a CSV file, all or none of them, and print their links once."""
    answer = connect().post_csv("/v1/members/import", file.read_bytes(), {"partial": partial})
    if as_json:
        print_json(answer)
    else:
        url = find_api_url()
        rows = [[o["line"], o["email"], f"{url}{o['path']}" if o["path"] else o["problem"]] for o in answer["lines"]]
        print_table(["line", "email", "link"], rows)
    if answer["refused"]:
        raise CommandFailed(f"{answer['invited']} people were invited, {answer['refused']} lines were not followed")


@app.command("reset-password")
def reset_password(
    email: str,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read it from stdin, without asking.")
    ] = False,
) -> None:
    """Set anybody's password (as the operator); all their sessions end."""
    password = (
        read_password()
        if password_stdin
        else str(typer.prompt("New password", hide_input=True, confirmation_prompt=True))
    )
    with organisations.open_database(stack_environment()) as database:
        organisations.reset_password(database, email=email, password=password)
    print(f"{email} has a new password")


def _print_member(member: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(member)
    else:
        print_rows([member], COLUMNS, as_json=False)


def _print_link(member: dict[str, Any], link: dict[str, Any], *, as_json: bool) -> None:
    url = f"{find_api_url()}{link['path']}"
    if as_json:
        print_json({"member_id": member["id"], "email": member["email"], "url": url})
    else:
        print(f"member {member['id']}\nhand this link to {member['email']}: {url}")

"""`plumbline member skills …`: what people were measured in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.connection import connect
from cli.exits import CommandFailed
from cli.printing import JsonFlag, print_json, print_rows

app = typer.Typer(no_args_is_help=True, help="What people were measured in, from 0 to 1.")

COLUMNS = {"skill": "skill", "score": "score", "low": "low", "high": "high", "noted": "noted_at"}


@app.command("list")
def list_skills(member: int, as_json: JsonFlag = False) -> None:
    """List what a member was measured in."""
    _print(connect().call("GET", f"/v1/members/{member}/skills"), as_json=as_json)


@app.command("set")
def replace_skills(
    member: int,
    skills: Annotated[
        list[str] | None, typer.Argument(help="NAME=SCORE:LOW:HIGH, such as polygons=0.71:0.52:0.86; none: forget all.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Replace what a member was measured in; where they may work follows at once."""
    body = {"skills": [_read(skill) for skill in skills or ()]}
    _print(connect().call("PUT", f"/v1/members/{member}/skills", json=body), as_json=as_json)


@app.command("import")
def import_skills(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: email, skill, score, low, high.")],
    as_json: JsonFlag = False,
) -> None:
    """Note the skills of a CSV file, all or none of them; what it does not name stays."""
    noted = connect().post_csv("/v1/members/skills", file.read_bytes())
    if as_json:
        print_json(noted)
    else:
        print(f"{noted['skills']} skills of {noted['members']} people noted")


def _read(written: str) -> dict[str, Any]:
    name, _, figures = written.partition("=")
    try:
        score, low, high = (float(figure) for figure in figures.split(":"))
    except ValueError as error:
        raise CommandFailed(f"{written}: write a skill as NAME=SCORE:LOW:HIGH") from error
    return {"skill": name, "score": score, "low": low, "high": high}


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    print_rows(answer["skills"], COLUMNS, as_json=as_json)

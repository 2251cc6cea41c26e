"""`plumbline release …`: data sets of accepted labels."""

from pathlib import Path
from typing import Annotated

import typer

from cli import downloading
from cli.connection import connect, told
from cli.exits import CommandFailed
from cli.printing import JsonFlag, ProjectOption, print_json, print_rows, print_table

app = typer.Typer(no_args_is_help=True, help="Data sets of accepted labels.")


COLUMNS = {
    "id": "id",
    "state": "state",
    "include": "include",
    "images": "images",
    "objects": "objects",
    "manifest sha256": "manifest_sha256",
}
ReleaseArgument = Annotated[int, typer.Argument(help="The release's id.")]


@app.command("create")
def create_release(
    project: ProjectOption,
    votes: Annotated[bool, typer.Option("--votes", help="Add every answer under a pseudonym.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="End when it is complete; fail when it fails.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Release everything that is accepted by now, as COCO."""
    connection = connect()
    body = {"project_id": project, "include": "votes" if votes else "accepted"}
    release = connection.call("POST", "/v1/releases", json=body, creates=True)
    if wait:
        with told():
            release = connection.client.releases.wait(release["id"]).model_dump(mode="json")
    if as_json:
        print_json(release)
    else:
        print(f"release {release['id']}" + (f": {release['images']} images" if wait else ""))


@app.command("list")
def list_releases(project: ProjectOption, as_json: JsonFlag = False) -> None:
    """List the releases of a project."""
    print_rows(connect().list_all("/v1/releases", project_id=project), COLUMNS, as_json=as_json)


@app.command("show")
def show_release(release: ReleaseArgument, as_json: JsonFlag = False) -> None:
    """Show a release and its files."""
    found = connect().call("GET", f"/v1/releases/{release}")
    if as_json:
        print_json(found)
        return
    print_table(["", ""], [[name, found[field]] for name, field in {**COLUMNS, "why": "reason"}.items()])
    print()
    print_table(["file", "bytes", "sha256"], [[f["name"], f["bytes"], f["sha256"]] for f in found["files"]])


@app.command("download")
def download_release(
    release: ReleaseArgument, folder: Annotated[Path, typer.Argument(file_okay=False)] = Path()
) -> None:
    """Download a release's files and check their checksums."""
    connection = connect()
    found = connection.call("GET", f"/v1/releases/{release}")
    if found["state"] != "complete":
        raise CommandFailed(f"release {release} is {found['state']}, not complete")
    for path in downloading.download_release(connection, found, folder):
        print(path)

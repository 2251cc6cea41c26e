"""The command `plumbline`: three moves each, parse, call, print. Errors are one line with the remedy, exit code 1."""

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import downloading, organisations, uploading
from cli.connection import CommandFailed, connect, find_api_url, stack_environment
from cli.launcher import up as stack
from cli.launcher.state import LauncherError
from runtime.names import check_import_names
from schema.enums import OrganisationKind, Role

app = typer.Typer(no_args_is_help=True, help="Plumbline: buckets of images → labels that a client can trust.")
project_app = typer.Typer(no_args_is_help=True, help="Labelling jobs.")
release_app = typer.Typer(no_args_is_help=True, help="Data sets of accepted labels.")
org_app = typer.Typer(no_args_is_help=True, help="Organisations and their members.")
app.add_typer(project_app, name="project")
app.add_typer(release_app, name="release")
app.add_typer(org_app, name="org")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
ProjectOption = Annotated[int, typer.Option("--project", help="The project's id.")]


class Kind(StrEnum):
    CLIENT = OrganisationKind.CLIENT.value
    VENDOR = OrganisationKind.VENDOR.value


@app.command("up")
def up(detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background.")] = False) -> None:
    """Start the whole stack and keep it running."""
    code = stack.up(detach=detach)
    if detach and code == 0:
        print(f"Plumbline is up: {find_api_url()}  (stop it with: plumbline down)")
    raise typer.Exit(code)


@app.command("down")
def down() -> None:
    """Stop the stack, or what a killed launcher left of it; the data stay."""
    print("stopped" if stack.down() else "nothing was running")


@app.command("status")
def status(as_json: JsonFlag = False) -> None:
    """Show the processes of the stack. Exit code 3 when it is not running."""
    rows = stack.status()
    if as_json:
        _print_json(
            [{"name": r.name, "pid": r.pid, "state": r.state, "restarts": r.restarts, "url": r.url} for r in rows]
        )
    elif not rows:
        print("not running; start it with: plumbline up")
    else:
        _print_table(
            ["process", "pid", "state", "restarts", "url"],
            [[r.name, r.pid or "", r.state, r.restarts, r.url or ""] for r in rows],
        )
    if not any(row.pid for row in rows):
        raise typer.Exit(3)


@app.command("demo")
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the run instead of staying up.")] = False,
) -> None:
    """Start the stack and run the main job on real photographs."""
    from cli.demo.run import run_demo  # noqa: PLC0415 - needs the extra `demo`, which an installation without it does not have

    raise typer.Exit(run_demo(once=once))


@app.command("upload")
def upload(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A folder of JPEG, PNG, WebP, TIFF or BMP files.")
    ],
    project: ProjectOption,
    bucket: Annotated[str, typer.Option(help="Your bucket; the embedded stack makes it when it is not there.")],
    prefix: Annotated[str, typer.Option(help="A prefix for all keys, such as 2026/july/")] = "",
) -> None:
    """Connect a bucket to a project and upload a folder of pictures to it."""
    environment, connection = stack_environment(), connect()
    source = uploading.feed_project(connection, environment, project_id=project, bucket=bucket, prefix=prefix)
    count = uploading.upload(
        environment,
        uploading.read_folder(folder),
        bucket=bucket,
        prefix=prefix,
        on_done=lambda one: print(f"  {one.key}", file=sys.stderr),
    )
    print(
        f"{count} pictures uploaded to s3://{bucket}/{prefix} (source {source}); see: plumbline project show {project}"
    )


@org_app.command("create")
def create_organisation(
    name: str,
    kind: Annotated[Kind, typer.Option(help="Who they are.")],
    email: Annotated[str, typer.Option(help="Address of its first manager.")] = "manager@localhost",
) -> None:
    """Make an organisation with a manager, and print the manager's token once."""
    with organisations.open_database(stack_environment()) as database:
        organisation_id = organisations.create_organisation(database, kind=OrganisationKind(kind.value), name=name)
        member = organisations.add_member(database, organisation_id=organisation_id, email=email, role=Role.MANAGER)
    print(f"organisation {organisation_id}, member {member.member_id}\nexport PLUMBLINE_TOKEN={member.token}")


@org_app.command("add")
def add_member(
    organisation: int,
    email: str,
    role: Annotated[Role, typer.Option(help="What they may do.")],
) -> None:
    """Add a member to an organisation, and print the member's token once."""
    with organisations.open_database(stack_environment()) as database:
        member = organisations.add_member(database, organisation_id=organisation, email=email, role=role)
    print(f"member {member.member_id}\nexport PLUMBLINE_TOKEN={member.token}")


@project_app.command("create")
def create_project(
    name: str,
    ontology: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON: {classes: [{class_id, name}]}")],
    policy: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="JSON of the labelling rules.")
    ] = None,
) -> None:
    """Create a project."""
    body: dict[str, Any] = {"name": name, "ontology": _read_json(ontology)}
    if policy is not None:
        body["policy"] = _read_json(policy)
    project = connect().call("POST", "/v1/projects", json=body)
    print(f"project {project['id']}")


@project_app.command("list")
def list_projects(as_json: JsonFlag = False) -> None:
    """List the projects you can see."""
    items = connect().call("GET", "/v1/projects", params={"limit": 200})["items"]
    if as_json:
        _print_json(items)
    else:
        _print_table(["id", "name", "classes"], [[p["id"], p["name"], len(p["ontology"]["classes"])] for p in items])


@project_app.command("show")
def show_project(project: int, as_json: JsonFlag = False) -> None:
    """Show how far a project is and how well its people agree."""
    connection = connect()
    progress = connection.call("GET", f"/v1/projects/{project}/progress")
    agreement = connection.call("GET", f"/v1/projects/{project}/agreement")
    if as_json:
        _print_json({"progress": progress, "agreement": agreement})
        return
    _print_json(progress)
    for name in ("match_f1", "mean_iou", "alpha"):
        figure = agreement[name]
        value = "—" if figure["value"] is None else f"{figure['value']:.3f}"
        span = "" if figure["low"] is None else f"  [{figure['low']:.3f}, {figure['high']:.3f}]"
        print(f"{name:>10}  {value}{span}")


@project_app.command("engage")
def engage_vendor(project: int, vendor: Annotated[int, typer.Argument(help="The vendor's organisation id.")]) -> None:
    """Give a vendor access to a project (as the client)."""
    connect().call("PUT", f"/v1/projects/{project}/vendors/{vendor}")
    print(f"vendor {vendor} may work on project {project}")


@project_app.command("staff")
def enrol_workforce(project: int) -> None:
    """Let all your annotators and supervisors draw work from a project (as the vendor's manager)."""
    enrolled = connect().call("POST", f"/v1/projects/{project}/workforce", json={})
    print(f"{enrolled['new_rights']} new rights to draw work")


@release_app.command("create")
def create_release(project: ProjectOption) -> None:
    """Release everything that is accepted by now, as COCO."""
    print(f"release {connect().call('POST', '/v1/releases', json={'project_id': project})['id']}")


@release_app.command("list")
def list_releases(project: ProjectOption, as_json: JsonFlag = False) -> None:
    """List the releases of a project."""
    items = connect().call("GET", "/v1/releases", params={"project_id": project, "limit": 200})["items"]
    if as_json:
        _print_json(items)
    else:
        _print_table(
            ["id", "state", "images", "objects", "manifest sha256"],
            [[r["id"], r["state"], r["images"], r["objects"], r["manifest_sha256"] or ""] for r in items],
        )


@release_app.command("download")
def download_release(release: int, folder: Annotated[Path, typer.Argument(file_okay=False)] = Path()) -> None:
    """Download a release's files and check their checksums."""
    connection = connect()
    found = connection.call("GET", f"/v1/releases/{release}")
    if found["state"] != "complete":
        raise CommandFailed(f"release {release} is {found['state']}, not complete")
    for path in downloading.download_release(connection, found, folder):
        print(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise CommandFailed(f"{path} is not JSON: {error}") from error


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _print_table(head: list[str], rows: list[list[Any]]) -> None:
    cells = [head, *([str(c) for c in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def run() -> None:
    """Run a command; expected failures are one line on stderr."""
    check_import_names()
    try:
        app()
    except (CommandFailed, LauncherError) as error:
        print(f"plumbline: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # `plumbline … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)

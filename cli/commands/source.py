"""`plumbline source …`: a client's buckets."""

import time
from typing import Annotated, Any

import typer

from cli.connection import Connection, connect
from cli.exits import CommandFailed
from cli.printing import JsonFlag, ProjectOption, print_json, print_rows, print_table
from schema.enums import SourceEvents

app = typer.Typer(no_args_is_help=True, help="Buckets that images come from.")

WAIT_PAUSE_S = 2.0
SourceArgument = Annotated[int, typer.Argument(help="The source's id.")]
COLUMNS = {
    "id": "id",
    "name": "name",
    "bucket": "bucket",
    "prefix": "prefix",
    "events": "events",
    "verified": "verified_at",
}
FEED_COLUMNS = {
    "project": "project_id",
    "name": "project",
    "since": "created_at",
    "filled": "filled_at",
    "ended": "ended_at",
}


@app.command("add")
def add_source(
    bucket: str,
    prefix: Annotated[str, typer.Option(help="Only keys below this, such as 2026/")] = "",
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's region.")] = None,
    role_arn: Annotated[str | None, typer.Option(help="The role that lets us read.")] = None,
    events: Annotated[SourceEvents, typer.Option(help="How the bucket tells of new objects.")] = SourceEvents.S3,
    as_json: JsonFlag = False,
) -> None:
    """Register a bucket, and say how to prove that it is yours."""
    body = {"bucket": bucket, "prefix": prefix, "name": name, "region": region, "role_arn": role_arn}
    source = connect().call("POST", "/v1/sources", json=body | {"events": events.value}, creates=True)
    if as_json:
        print_json(source)
        return
    print(f"source {source['id']}, external id {source['external_id']}")
    print(f"put the text {source['nonce']} as s3://{bucket}/{source['proof_key']}")
    print(f"then: plumbline source verify {source['id']}  (what to set up: plumbline source setup {source['id']})")


@app.command("list")
def list_sources(as_json: JsonFlag = False) -> None:
    """List your organisation's sources."""
    print_rows(connect().list_all("/v1/sources"), COLUMNS, as_json=as_json)


@app.command("show")
def show_source(source: SourceArgument) -> None:
    """Show a source and how far its images are."""
    print_json(connect().call("GET", f"/v1/sources/{source}"))


@app.command("verify")
def verify_source(source: SourceArgument) -> None:
    """Read the proof from the bucket."""
    connect().call("POST", f"/v1/sources/{source}/verify")
    print(f"source {source} is verified")


@app.command("test")
def check_source(source: SourceArgument, as_json: JsonFlag = False) -> None:
    """Test the connection to the bucket. Exit code 1 when something keeps images out."""
    checks = connect().call("POST", f"/v1/sources/{source}/test")["checks"]
    if as_json:
        print_json(checks)
    else:
        rows = [[c["code"], _verdict(c), c["found"], c["remedy"], c["took_ms"]] for c in checks]
        print_table(["check", "", "found", "remedy", "ms"], rows)
    failed = [c["code"] for c in checks if not c["passed"] and not c["warning"]]
    if failed:
        raise CommandFailed(f"the connection fails: {', '.join(failed)}")


def _verdict(check: dict[str, Any]) -> str:
    return "passed" if check["passed"] else "warning" if check["warning"] else "FAILED"


@app.command("reconcile")
def reconcile_source(
    source: SourceArgument,
    wait: Annotated[
        bool, typer.Option("--wait", help="Return when the bucket was listed from end to end, or failed.")
    ] = False,
) -> None:
    """Hold all that lies in the bucket against what is known: finds old objects, and new ones whose event was lost."""
    connection = connect()
    asked = connection.call("POST", f"/v1/sources/{source}/reconcile")
    if not wait:
        print(f"source {source} is listed next; see: plumbline source show {source}")
        return
    progress = _wait_for_listing(connection, source, failure=asked["progress"]["failure"])
    print(f"source {source} was listed from end to end: {progress['keys']} keys known")


def _wait_for_listing(connection: Connection, source: int, *, failure: dict[str, Any] | None) -> dict[str, Any]:
    """Ask until the listing that was asked for has ended, and say on stderr how far it is.

    Raises CommandFailed at a failure other than the one from before the asking.
    """
    told = None
    while True:
        progress: dict[str, Any] = connection.call("GET", f"/v1/sources/{source}")["progress"]
        if progress["failure"] not in (None, failure):
            raise CommandFailed(f"source {source} was not listed or read: {progress['failure']['error']}")
        if progress["listed_at"] is not None:
            return progress
        listing = progress["listing"]
        state = "waits for its turn" if listing is None else f"is listed after {listing['after'] or 'its beginning'}"
        if state != told:
            typer.echo(f"source {source} {state}", err=True)
            told = state
        time.sleep(WAIT_PAUSE_S)


@app.command("feed")
def connect_feed(source: SourceArgument, project: ProjectOption) -> None:
    """Feed a project from a source."""
    connect().call("PUT", f"/v1/sources/{source}/feeds/{project}")
    print(f"source {source} feeds project {project}")


@app.command("unfeed")
def end_feed(source: SourceArgument, project: ProjectOption) -> None:
    """End a feed: what it brought stays, nothing new comes."""
    connect().call("DELETE", f"/v1/sources/{source}/feeds/{project}")
    print(f"source {source} feeds project {project} no more")


@app.command("feeds")
def list_feeds(source: SourceArgument, as_json: JsonFlag = False) -> None:
    """List the projects that a source feeds, or fed."""
    print_rows(connect().call("GET", f"/v1/sources/{source}/feeds")["items"], FEED_COLUMNS, as_json=as_json)


@app.command("setup")
def show_setup(
    source: SourceArgument,
    terraform: Annotated[bool, typer.Option("--terraform", help="Print the Terraform text only.")] = False,
) -> None:
    """Show what to set up in your own account: role, notifications, Terraform."""
    setup = connect().call("GET", f"/v1/sources/{source}/setup")
    if terraform:
        print(setup["terraform"], end="")
    else:
        print_json(setup)

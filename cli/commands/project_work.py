"""`plumbline project leases` and `plumbline project skips`: who works on what now, and what people would not do."""

from typing import Annotated, Any

import typer

from cli.connection import connect
from cli.printing import JsonFlag, print_rows

LEASES = {
    "lease": "lease_id",
    "who": "who",
    "stage": "stage",
    "task": "task_id",
    "image": "key",
    "claimed": "claimed_at",
    "last seen": "beat_at",
    "active s": "active_s",
    "expires": "expires_at",
    "expired": "expired",
    "draft": "has_draft",
}
SKIPS = {"at": "at", "who": "who", "kind": "kind", "task": "task_id", "image": "key", "reason": "reason"}

ProjectArgument = Annotated[int, typer.Argument(help="The project's id.")]
MemberOption = Annotated[int | None, typer.Option("--member", help="One of your own people, by id.")]


def list_leases(
    project: ProjectArgument,
    stage: Annotated[str | None, typer.Option(help="label or review.")] = None,
    member: MemberOption = None,
    site: Annotated[str | None, typer.Option(help="Only of this site.")] = None,
    team: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    idle: Annotated[float | None, typer.Option(min=0, help="Without a heartbeat for longer than so many s.")] = None,
    expired: Annotated[bool | None, typer.Option("--expired/--running", help="Only what others may take.")] = None,
    sort: Annotated[str | None, typer.Option(help="claimed_at, beat_at or active_s; -claimed_at, … reversed.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List who works on what now."""
    flag = None if expired is None else str(expired).lower()
    wanted = {"stage": stage, "member_id": member, "site": site, "team": team, "idle_s": idle, "expired": flag}
    rows = connect().list_all(f"/v1/projects/{project}/leases", sort=sort, **wanted)
    print_rows(rows if as_json else _named(rows), LEASES, as_json=as_json)


def list_skips(
    project: ProjectArgument,
    kind: Annotated[str | None, typer.Option(help="later, others or unlabelable.")] = None,
    member: MemberOption = None,
    task: Annotated[int | None, typer.Option("--task", help="Only of this task.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time, such as 2026-11-25T00:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    sort: Annotated[str | None, typer.Option(help="-at, the newest first, or at.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List what people skipped, and why."""
    wanted = {"kind": kind, "member_id": member, "task_id": task, "since": since, "until": until, "sort": sort}
    rows = connect().list_all(f"/v1/projects/{project}/skips", **wanted)
    print_rows(rows if as_json else _named(rows), SKIPS, as_json=as_json)


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"who": row["person"]["name"]} for row in rows]

"""`plumbline task …`: how tasks stand, and what is done with them; one by one or all that fit a filter."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

import typer

from cli.connection import Connection, connect
from cli.exits import CommandFailed
from cli.printing import JsonFlag, ProjectOption, print_json, print_rows, print_table

app = typer.Typer(no_args_is_help=True, help="Tasks: how they stand, and what to do with them.")

AT_ONCE = 1_000
COLUMNS = {
    "id": "id",
    "key": "key",
    "state": "state",
    "round": "round",
    "votes": "votes",
    "target": "target",
    "frozen": "frozen",
    "agreement": "agreement",
    "why": "reason",
}
TasksArgument = Annotated[list[int] | None, typer.Argument(help="Tasks by id; none: all that fit the filter.")]
StateOption = Annotated[str | None, typer.Option("--state", help="Only tasks in this state, such as in_review.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only pictures whose key contains this.")]
CauseOption = Annotated[str | None, typer.Option("--cause", help="Only tasks contested for this, such as boundary.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; everybody who works on the task can read it.")]


@app.command("list")
def list_tasks(
    project: ProjectOption,
    state: StateOption = None,
    key: KeyOption = None,
    cause: CauseOption = None,
    frozen: Annotated[bool | None, typer.Option(help="Only frozen tasks, or only others.")] = None,
    sort: Annotated[str, typer.Option(help="id, -id, agreement (the least first) or age (in its state).")] = "id",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List a project's tasks."""
    conditions = {"state": state, "key": key, "cause": cause, "sort": sort}
    found = connect().client.connection.items(
        f"/v1/projects/{project}/tasks", **conditions, frozen=None if frozen is None else str(frozen).lower()
    )
    print_rows(list(islice(found, limit)), COLUMNS, as_json=as_json)


@app.command("show")
def show_task(task: Annotated[int, typer.Argument(help="The task's id.")], as_json: JsonFlag = False) -> None:
    """Show why a task stands where it stands."""
    story = connect().call("GET", f"/v1/tasks/{task}")
    if as_json:
        print_json(story)
        return
    shown = COLUMNS | {"trace": "trace_id"}
    print_table(["", ""], [[name, story["task"][field]] for name, field in shown.items()])
    print()
    print_table(
        ["decided", "rule", "outcome", "reason"],
        [[d["created_at"], d["rule"], d["outcome"], d["reason"]] for d in story["decisions"]],
    )


@app.command("freeze")
def freeze_tasks(
    project: ProjectOption,
    reason: ReasonOption,
    tasks: TasksArgument = None,
    state: StateOption = None,
    key: KeyOption = None,
    cause: CauseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let nobody claim tasks; who holds one may go on."""
    _act(project, "freeze", tasks, {"state": state, "key": key, "cause": cause}, reason, as_json=as_json)


@app.command("unfreeze")
def unfreeze_tasks(
    project: ProjectOption,
    tasks: TasksArgument = None,
    state: StateOption = None,
    key: KeyOption = None,
    cause: CauseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let frozen tasks be claimed again."""
    conditions = {"state": state, "key": key, "cause": cause}
    _act(project, "unfreeze", tasks, conditions | {"frozen": "true"}, None, as_json=as_json)


@app.command("reopen")
def reopen_tasks(
    project: ProjectOption,
    reason: ReasonOption,
    tasks: TasksArgument = None,
    state: StateOption = None,
    key: KeyOption = None,
    cause: CauseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Open finished tasks again as the next round, such as those cancelled because they got stuck."""
    _act(project, "reopen", tasks, {"state": state, "key": key, "cause": cause}, reason, as_json=as_json)


@app.command("cancel")
def cancel_tasks(
    project: ProjectOption,
    reason: ReasonOption,
    tasks: TasksArgument = None,
    state: StateOption = None,
    key: KeyOption = None,
    cause: CauseOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give unfinished tasks up; answers and drafts stay."""
    _act(project, "cancel", tasks, {"state": state, "key": key, "cause": cause}, reason, as_json=as_json)


SeatArgument = Annotated[int, typer.Argument(help="The seat's number; the board shows it with who works there.")]


@app.command("take-back")
def take_seat_back(
    task: Annotated[int, typer.Argument(help="The task's id.")],
    seat: SeatArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the audit trail.")],
    as_json: JsonFlag = False,
) -> None:
    """Take a seat from whoever holds it, at once; what they drew stays as their draft."""
    done = connect().call("POST", f"/v1/tasks/{task}/seats/{seat}/take-back", json={"reason": reason})
    if as_json:
        print_json(done)
    elif done["ended_lease_id"] is None:
        print("nobody held it")
    else:
        print(f"lease {done['ended_lease_id']} is ended, the seat is free")


@app.command("assign")
def assign_seat(
    task: Annotated[int, typer.Argument(help="The task's id.")],
    seat: SeatArgument,
    member: Annotated[int, typer.Argument(help="Whom it is for, by id.")],
    as_json: JsonFlag = False,
) -> None:
    """Have a free seat wait for one member, who is served it next."""
    done = connect().call("POST", f"/v1/tasks/{task}/seats/{seat}/assign", json={"member_id": member})
    if as_json:
        print_json(done)
    else:
        print(f"seat {seat} of task {task} waits for member {member}")


def _act(
    project: int,
    action: str,
    tasks: Sequence[int] | None,
    conditions: dict[str, str | None],
    reason: str | None,
    *,
    as_json: bool,
) -> None:
    """Do the action, a thousand tasks at a time, and print what was refused; fails when anything was."""
    connection = connect()
    given = {name: value for name, value in conditions.items() if value is not None}
    if not tasks and not (given.keys() - {"frozen"}):
        raise CommandFailed("name tasks, or a filter: --state, --key or --cause")
    ids = list(tasks) if tasks else _find(connection, project, given)
    outcomes: list[dict[str, Any]] = []
    for start in range(0, len(ids), AT_ONCE):
        body: dict[str, Any] = {"action": action, "task_ids": ids[start : start + AT_ONCE], "reason": reason}
        path = f"/v1/projects/{project}/tasks/actions"
        outcomes += connection.call("POST", path, json=body, creates=True)["items"]
    changed = sum(o["outcome"] == "changed" for o in outcomes)
    refused = [o for o in outcomes if o["outcome"] == "refused"]
    if as_json:
        print_json(outcomes)
    else:
        print(f"{action}: {changed} of {len(outcomes)} tasks changed")
    if refused:
        raise CommandFailed("\n".join(o["problem"] for o in refused))


def _find(connection: Connection, project: int, conditions: dict[str, str]) -> list[int]:
    return [task["id"] for task in connection.list_all(f"/v1/projects/{project}/tasks", **conditions)]

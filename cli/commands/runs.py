"""`plumbline run …`: a model over what a filter finds in a project, and how its prediction set differs from another."""

from typing import Annotated, Any

import typer

from cli.connection import connect, told
from cli.exits import CommandFailed
from cli.printing import JsonFlag, print_json, print_rows, print_table, show_progress
from plumbline_client import PlumblineError
from schema.bodies.runs import RunBody

app = typer.Typer(no_args_is_help=True, help="Runs of a model over a project.")

SHOWN_PICTURES = 20
COLUMNS = {
    "id": "id",
    "name": "name",
    "model": "model",
    "version": "version",
    "mapping": "mapping_id",
    "state": "state",
    "images": "items",
    "done": "done",
    "failed": "failed",
    "objects": "objects",
    "seconds left": "seconds_left",
}
ProjectArgument = Annotated[int, typer.Argument(help="The project's id.")]
RunArgument = Annotated[int, typer.Argument(help="The run's id.")]
MappingOption = Annotated[int, typer.Option("--mapping", help="The class mapping, and with it the model version.")]
StateOption = Annotated[str | None, typer.Option("--state", help="Only items whose task is in this state.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only pictures whose key contains this.")]
ClassOption = Annotated[int | None, typer.Option("--class", help="Only items that hold this class id.")]
WithoutOption = Annotated[bool, typer.Option("--without-prelabels", help="Only items that no model looked at.")]


@app.command("estimate")
def estimate_run(
    project: ProjectArgument,
    mapping: MappingOption,
    state: StateOption = None,
    key: KeyOption = None,
    class_id: ClassOption = None,
    without_prelabels: WithoutOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Tell what a run would cover and take."""
    body = {"mapping_id": mapping, "filter": _filter(state, key, class_id, without=without_prelabels)}
    found = connect().call("POST", f"/v1/projects/{project}/runs/estimate", json=body)
    if as_json:
        print_json(found)
        return
    least = "" if found["is_exact"] else " at least"
    print(f"{found['items']} images{least}, of which the model has seen {found['known_images']}")
    took = found["seconds"]
    print("how long it takes is not known yet" if took is None else f"about {took:.0f} s on one worker")


@app.command("start")
def start_run(
    project: ProjectArgument,
    mapping: MappingOption,
    state: StateOption = None,
    key: KeyOption = None,
    class_id: ClassOption = None,
    without_prelabels: WithoutOption = False,
    show: Annotated[bool, typer.Option("--show", help="Show what it finds to tasks that nobody has begun.")] = False,
    name: Annotated[str, typer.Option("--name", help="What lists call it.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="End when it is complete; fail when it fails.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run the model of a mapping on what the filter finds."""
    connection = connect()
    wanted = _filter(state, key, class_id, without=without_prelabels)
    body = {"mapping_id": mapping, "filter": wanted, "show": show, "name": name}
    run = connection.call("POST", f"/v1/projects/{project}/runs", json=body, creates=True)
    if wait:
        run = _wait(project, run["id"])
    _print(run, as_json=as_json)
    if run["state"] in {"failed", "cancelled"} or (wait and run["state"] == "paused"):
        raise CommandFailed(f"run {run['id']} {run['state']}: {run['reason'] or 'by somebody'}")


def _wait(project: int, run_id: int) -> dict[str, Any]:
    """Follow a run to its end, whatever that is, with a bar on a terminal."""
    connection, shown = connect(), 0
    with show_progress("images", total=None) as advance:

        def follow(run: RunBody) -> None:
            nonlocal shown
            settled = run.done + run.failed
            advance(settled - shown, total=run.items if run.is_cut else None)
            shown = settled

        with told():
            try:
                connection.client.runs.wait(project, run_id, on_progress=follow)
            except PlumblineError as error:
                if error.status is not None:
                    raise
            return connection.client.runs.get(project, run_id).model_dump(mode="json")


@app.command("list")
def list_runs(
    project: ProjectArgument,
    trials: Annotated[bool, typer.Option("--trials", help="The trials of models instead.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the runs of a project, newest first."""
    purpose = "trial" if trials else "run"
    print_rows(connect().list_all(f"/v1/projects/{project}/runs", purpose=purpose), COLUMNS, as_json=as_json)


@app.command("show")
def show_run(project: ProjectArgument, run: RunArgument, as_json: JsonFlag = False) -> None:
    """Show how far a run is, and what could not be run."""
    _print(connect().call("GET", f"/v1/projects/{project}/runs/{run}"), as_json=as_json)


@app.command("pause")
def pause_run(project: ProjectArgument, run: RunArgument, as_json: JsonFlag = False) -> None:
    """Pause a run."""
    _act(project, run, "pause", as_json=as_json)


@app.command("resume")
def resume_run(project: ProjectArgument, run: RunArgument, as_json: JsonFlag = False) -> None:
    """Let a paused run go on."""
    _act(project, run, "resume", as_json=as_json)


@app.command("cancel")
def cancel_run(project: ProjectArgument, run: RunArgument, as_json: JsonFlag = False) -> None:
    """End a run for good; what it found so far stays."""
    _act(project, run, "cancel", as_json=as_json)


@app.command("compare")
def compare_sets(
    project: ProjectArgument,
    a: Annotated[int, typer.Argument(help="The mapping of one prediction set.")],
    b: Annotated[int | None, typer.Argument(help="That of another; left out: the final labels.")] = None,
    match_iou: Annotated[float, typer.Option(min=0.01, max=1, help="From which IoU on objects match.")] = 0.5,
    as_json: JsonFlag = False,
) -> None:
    """Compare two prediction sets, or one with the final labels, class by class."""
    params = {"a": a, "b": b, "match_iou": match_iou}
    found = connect().call("GET", f"/v1/projects/{project}/prediction-sets/compare", params=params)
    if as_json:
        print_json(found)
        return
    print(f"{found['images']} images" + ("" if found["is_complete"] else ", the first ones only"))
    figures = ("class_id", "objects_a", "objects_b", "matched", "f1", "mean_iou")
    print_table(
        [name.replace("_", " ") for name in figures], [[_short(c[f]) for f in figures] for c in found["classes"]]
    )
    for picture in found["differing"][:SHOWN_PICTURES]:
        differs = ", ".join(f"{name.replace('_', ' ')} {picture[name]}" for name in ("only_a", "only_b", "other_class"))
        print(f"  {picture['key']}: {differs}")


def _filter(state: str | None, key: str | None, class_id: int | None, *, without: bool) -> dict[str, Any]:
    return {"state": state, "key": key, "class_id": class_id, "without_prelabels": without}


def _act(project: int, run: int, verb: str, *, as_json: bool) -> None:
    _print(connect().call("POST", f"/v1/projects/{project}/runs/{run}/{verb}"), as_json=as_json)


def _print(run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(run)
        return
    print_table(["", ""], [[name, _short(run[field])] for name, field in {**COLUMNS, "why": "reason"}.items()])
    for problem in run["problems"]:
        print(f"  image {problem['image_id']}: {problem['problem']}")


def _short(value: object) -> object:
    return f"{value:.3g}" if isinstance(value, float) else value

"""`plumbline project …`: labelling jobs."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.commands import project_work
from cli.connection import connect, told
from cli.printing import JsonFlag, print_json, print_rows, print_table, read_json

app = typer.Typer(no_args_is_help=True, help="Labelling jobs.")
app.command("leases")(project_work.list_leases)
app.command("skips")(project_work.list_skips)


ProjectArgument = Annotated[int, typer.Argument(help="The project's id.")]
VersionOption = Annotated[int | None, typer.Option("--version", help="Show this version instead of the current one.")]
BodyFile = Annotated[
    Path | None, typer.Option("--file", exists=True, dir_okay=False, help="Publish this file as the next version.")
]
WORKER_COLUMNS = {
    "member": "member_id",
    "name": "name",
    "email": "email",
    "role": "role",
    "site": "site",
    "team": "team",
    "active": "active",
    "reason": "reason",
    "capped until": "capped_until",
}
GOLD_COLUMNS = {
    "task": "task_id",
    "item": "item_id",
    "key": "key",
    "active": "active",
    "served": "served",
    "answers": "answers",
}
COLUMNS = {"id": "id", "name": "name", "classes": "classes", "created": "created_at", "archived": "archived_at"}


@app.command("create")
def create_project(
    name: str,
    ontology: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON: {classes: [{class_id, name}]}")],
    policy: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="JSON of the labelling rules.")
    ] = None,
    guidelines: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Markdown that people label by.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a project."""
    body: dict[str, Any] = {"name": name, "ontology": read_json(ontology)}
    if policy is not None:
        body["policy"] = read_json(policy)
    if guidelines is not None:
        body["guidelines"] = {"markdown": guidelines.read_text(encoding="utf-8")}
    project = connect().call("POST", "/v1/projects", json=body, creates=True)
    if as_json:
        print_json(project)
    else:
        print(f"project {project['id']}")


@app.command("list")
def list_projects(
    archived: Annotated[bool, typer.Option("--archived", help="List archived projects too.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """List the projects you can see."""
    projects = connect().list_all("/v1/projects", archived="true" if archived else None)
    if not as_json:
        projects = [p | {"classes": len(p["ontology"]["classes"])} for p in projects]
    print_rows(projects, COLUMNS, as_json=as_json)


@app.command("rename")
def rename_project(project: ProjectArgument, name: str) -> None:
    """Give a project another name."""
    _change("PATCH", f"/v1/projects/{project}", {"name": name}, seen="*")
    print(f"project {project} is called {name}")


@app.command("archive")
def archive_project(project: ProjectArgument) -> None:
    """Put a project away: it takes no new pictures, claims, versions or releases."""
    connect().call("POST", f"/v1/projects/{project}/archive")
    print(f"project {project} is archived; bring it back with: plumbline project unarchive {project}")


@app.command("unarchive")
def unarchive_project(project: ProjectArgument) -> None:
    """Bring an archived project back; what reached its buckets in between comes in now."""
    connect().call("POST", f"/v1/projects/{project}/unarchive")
    print(f"project {project} is active")


@app.command("ontology")
def show_or_publish_ontology(project: ProjectArgument, file: BodyFile = None, version: VersionOption = None) -> None:
    """Show a project's classes as JSON, or publish the next version of them."""
    _show_or_publish(project, "ontology", None if file is None else read_json(file), version)


@app.command("guidelines")
def show_or_publish_guidelines(project: ProjectArgument, file: BodyFile = None, version: VersionOption = None) -> None:
    """Show a project's guidelines, or publish the next version of them from a Markdown file."""
    body = None if file is None else {"markdown": file.read_text(encoding="utf-8")}
    _show_or_publish(project, "guidelines", body, version)


@app.command("policy")
def show_or_publish_policy(project: ProjectArgument, file: BodyFile = None, version: VersionOption = None) -> None:
    """Show a project's labelling rules as JSON, or publish the next version; tasks that are open keep their votes."""
    _show_or_publish(project, "policy", None if file is None else read_json(file), version)


@app.command("policy-preview")
def preview_policy(
    project: ProjectArgument,
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="JSON of the labelling rules to be.")],
    as_json: JsonFlag = False,
) -> None:
    """Say what labelling rules would change if they were published now; nothing is saved."""
    seen = connect().call("POST", f"/v1/projects/{project}/policy/preview", json=read_json(file))
    if as_json:
        print_json(seen)
        return
    for problem in seen["problems"]:
        print(f"would be refused: {problem['field']}: {problem['problem']}")
    rows = [[c["field"], json.dumps(c["before"]), json.dumps(c["after"])] for c in seen["changes"]]
    print_table(["field", "now", "then"], rows) if rows else print("nothing would change")
    print(
        f"{seen['open_tasks_keeping_votes']} open and {seen['waiting_tasks_keeping_votes']} waiting tasks keep their "
        f"votes, {seen['leases_keeping_rules']} leases their rules"
    )
    print(
        f"of your own people {seen['own_members_losing_access']} would lose access and "
        f"{seen['own_members_gaining_access']} gain it; {seen['vendors_concerned']} vendors learn of theirs alone"
    )
    for name, figure in (("gold tasks", seen["gold_tasks_per_day"]), ("audits", seen["audits_per_day"])):
        print(f"{name} a day: {'no pace to tell by yet' if figure is None else f'{figure:.1f}'}")


@app.command("gold")
def make_or_list_gold(
    project: ProjectArgument,
    item: Annotated[int | None, typer.Option(help="Have this accepted item serve as gold first.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the tasks whose answer is known, which are served blind; or make one of an accepted item."""
    path = f"/v1/projects/{project}/gold"
    if item is not None:
        connect().call("POST", path, json={"item_id": item})
    print_rows(connect().list_all(path), GOLD_COLUMNS, as_json=as_json)


@app.command("workers")
def list_workers(
    project: ProjectArgument,
    state: Annotated[str | None, typer.Option(help="active or barred.")] = None,
    role: Annotated[str | None, typer.Option(help="annotator or supervisor.")] = None,
    site: Annotated[str | None, typer.Option(help="Only of this site.")] = None,
    team: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    name: Annotated[str | None, typer.Option(help="Part of a name or an address.")] = None,
    sort: Annotated[str | None, typer.Option(help="id, name, site, team or reason.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List who of your organisation may work on a project, who not, and why."""
    wanted = {"state": state, "role": role, "site": site, "team": team, "name": name, "sort": sort}
    rows = connect().list_all(f"/v1/projects/{project}/workers", **wanted)
    print_rows(rows, WORKER_COLUMNS, as_json=as_json)


@app.command("show")
def show_project(project: int, as_json: JsonFlag = False) -> None:
    """Show how far a project is and how well its people agree."""
    connection = connect()
    progress = connection.call("GET", f"/v1/projects/{project}/progress")
    agreement = connection.call("GET", f"/v1/projects/{project}/agreement")
    if as_json:
        print_json({"progress": progress, "agreement": agreement})
        return
    print_json(progress)
    for name in ("match_f1", "mean_iou", "alpha"):
        figure = agreement[name]
        value = "—" if figure["value"] is None else f"{figure['value']:.3f}"
        span = "" if figure["low"] is None else f"  [{figure['low']:.3f}, {figure['high']:.3f}]"
        print(f"{name:>10}  {value}{span}")


@app.command("engage")
def engage_vendor(project: int, vendor: Annotated[int, typer.Argument(help="The vendor's organisation id.")]) -> None:
    """Give a vendor access to a project (as the client)."""
    connect().call("PUT", f"/v1/projects/{project}/vendors/{vendor}")
    print(f"vendor {vendor} may work on project {project}")


@app.command("staff")
def enrol_workforce(project: int) -> None:
    """Let all your annotators and supervisors draw work from a project (as the vendor's manager)."""
    enrolled = connect().call("POST", f"/v1/projects/{project}/workforce", json={})
    print(f"{enrolled['new_rights']} new rights to draw work")


def _show_or_publish(project: int, kind: str, body: Any, version: int | None) -> None:
    path = f"/v1/projects/{project}/{kind}"
    if body is not None:
        seen = connect().call("GET", path)["version"]
        published = _change("PUT", path, body, seen=f'"{seen}"')
        print(f"{kind} version {published['version']}" + ("" if published["version"] > seen else " (nothing changed)"))
        return
    shown = connect().call("GET", path if version is None else f"{path}/versions/{version}")[kind]
    if kind == "guidelines":
        print(shown["markdown"])
    else:
        print_json(shown)


def _change(method: str, path: str, body: Any, *, seen: str) -> Any:
    with told():
        return connect().client.connection.call(method, path, json=body, headers={"If-Match": seen})

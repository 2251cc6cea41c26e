"""`plumbline model …`: weights and classes that people drop in, their versions, and how their classes become a
project's."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli import mlflow_models
from cli.connection import connect, told
from cli.exits import CommandFailed
from cli.printing import JsonFlag, print_json, print_rows, print_table, show_progress
from schema.models import MappedClass

app = typer.Typer(no_args_is_help=True, help="Models that pre-label: bring them in, name them, map their classes.")

COLUMNS = {
    "id": "id",
    "name": "name",
    "version": "version",
    "state": "state",
    "aliases": "aliases",
    "reason": "reason",
    "licence": "licence",
}
VersionArgument = Annotated[int, typer.Argument(metavar="ID", help="The model version's id.")]
NameArgument = Annotated[str, typer.Argument(help="The model.")]
AliasArgument = Annotated[str, typer.Argument(help="Such as champion or candidate.")]
NameOption = Annotated[str, typer.Option("--name", help="The model; an upload is its next version.")]
VersionOption = Annotated[str | None, typer.Option("--version", help="Instead of counting on.")]
ClassesOption = Annotated[
    Path | None, typer.Option("--classes", exists=True, dir_okay=False, help="Names of classes, one a line.")
]
LicenceOption = Annotated[str, typer.Option("--licence", help="What the weights may be used for.")]
NotesOption = Annotated[str, typer.Option("--notes", help="What to know of it.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="End when it is ready; fail when it is refused.")]


@app.command("upload")
def upload_model(
    path: Annotated[Path, typer.Argument(exists=True, help="A zip, a tar, a single file, or a folder.")],
    name: NameOption,
    version: VersionOption = None,
    classes: ClassesOption = None,
    licence: LicenceOption = "",
    notes: NotesOption = "",
    wait: WaitOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Upload weights with their classes, to become a version of a model."""
    _bring(path, name=name, version=version, classes=classes, licence=licence, notes=notes, wait=wait, as_json=as_json)


@app.command("from-mlflow")
def take_from_mlflow(
    uri: Annotated[str, typer.Argument(metavar="URI", help="models:/name/version or models:/name@alias.")],
    name: Annotated[str | None, typer.Option("--name", help="The model here; MLflow's name unless given.")] = None,
    classes: ClassesOption = None,
    licence: Annotated[str | None, typer.Option("--licence", help="Instead of the version's tag 'license'.")] = None,
    wait: WaitOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring a version of MLflow's registry in (MLFLOW_TRACKING_URI); needs the extra `mlflow`."""
    with tempfile.TemporaryDirectory(prefix="plumbline-mlflow-") as folder:
        found = mlflow_models.fetch(uri, Path(folder))
        _bring(
            found.folder,
            name=name or found.name,
            version=None,
            classes=classes,
            licence=found.licence if licence is None else licence,
            notes=f"From MLflow: {found.name}, version {found.version}.",
            wait=wait,
            as_json=as_json,
        )


def _bring(path: Path, *, classes: Path | None, wait: bool, as_json: bool, **said: Any) -> None:
    models = connect().client.models
    names = None if classes is None else _read_names(classes)
    sent = 0
    with show_progress("bytes", total=None) as advance:

        def follow(done: int, total: int) -> None:
            nonlocal sent
            advance(done - sent, total=total)
            sent = done

        try:
            with told():
                version = models.upload(path, classes=names, on_progress=follow, **said)
        except ValidationError as error:
            wrong = [f"--{' '.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()]
            raise CommandFailed("\n".join(wrong)) from error
    if wait:
        with told():
            version = models.wait(version.id)
    body = version.model_dump(mode="json")
    if as_json:
        print_json(body)
    else:
        print(f"model version {body['id']}: {body['name']} {body['version']} is {body['state']}")


def _read_names(path: Path) -> list[str]:
    """Return a name a line. An empty line stays and is refused: without it the names after it would be others'."""
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{path} is no text in UTF-8: write the names of the classes, one a line") from error
    return [line.strip() for line in lines]


@app.command("list")
def list_models(
    name: Annotated[str | None, typer.Option("--name", help="Only versions of this model.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the versions of your organisation's models, newest first."""
    params = {} if name is None else {"name": name}
    rows = connect().list_all("/v1/models", **params)
    shown = rows if as_json else [row | {"aliases": ", ".join(row["aliases"])} for row in rows]
    print_rows(shown, COLUMNS, as_json=as_json)


@app.command("show")
def show_model(version: VersionArgument, as_json: JsonFlag = False) -> None:
    """Show a version: its card and classes, or why it was refused."""
    found = connect().call("GET", f"/v1/models/{version}")
    if as_json:
        print_json(found)
        return
    print_table(["", ""], [[name, found[field]] for name, field in {**COLUMNS, "remedy": "detail"}.items()])
    if found["card"]:
        card = found["card"]
        print(f"\n{card['family']} ({card['architecture']}), gives {card['task']}")
        print_table(["class", "name"], [[c["index"], c["name"]] for c in found["classes"]])


@app.command("retire")
def retire_model(version: VersionArgument) -> None:
    """Let nothing new use a version; what it said stays."""
    connect().call("POST", f"/v1/models/{version}/retire")
    print(f"model version {version} is retired")


@app.command("restore")
def restore_model(version: VersionArgument) -> None:
    """Let a retired version be used again."""
    connect().call("POST", f"/v1/models/{version}/restore")
    print(f"model version {version} is ready")


@app.command("alias")
def set_alias(name: NameArgument, alias: AliasArgument, version: VersionArgument) -> None:
    """Have an alias stand for a version of a model from now on."""
    connect().call("PUT", f"/v1/models/{name}/aliases/{alias}", json={"model_version_id": version})
    print(f"{alias} of {name} is model version {version}")


@app.command("unalias")
def remove_alias(name: NameArgument, alias: AliasArgument) -> None:
    """Take an alias away."""
    connect().call("DELETE", f"/v1/models/{name}/aliases/{alias}")
    print(f"{name} has no {alias} any more")


@app.command("map")
def map_classes(
    project: Annotated[int, typer.Argument(help="The project's id.")],
    version: VersionArgument,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="INDEX=CLASS_ID", help="One class; repeat it. Wins over suggestions."),
    ] = None,
    suggested: Annotated[bool, typer.Option("--suggested", help="Take the classes of alike names.")] = False,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="The least score of what is shown.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say which classes of a project a model's become; without a choice, print what suggests itself."""
    client = connect().client
    with told():
        suggestions = client.mappings.suggest(project, version)
    chosen = {s.index: s.class_id for s in suggestions if suggested and s.class_id is not None}
    chosen |= dict(_pair(text) for text in classes or ())
    if not chosen and suggested:
        raise CommandFailed("no class of the model has a name like one of the project's: give --class INDEX=CLASS_ID")
    if not chosen and as_json:
        print_json([s.model_dump(mode="json") for s in suggestions])
        return
    if not chosen:
        rows = [[s.index, s.name, s.class_id, f"{s.likeness:.2f}"] for s in suggestions]
        print_table(["class", "name", "suggested", "likeness"], rows)
        return
    lines = [MappedClass(index=i, class_id=class_id, threshold=threshold) for i, class_id in sorted(chosen.items())]
    with told():
        mapping = client.mappings.create(project, version, lines)
    if as_json:
        print_json(mapping.model_dump(mode="json"))
    else:
        print(f"mapping {mapping.id}: {len(lines)} of {len(suggestions)} classes")


def _pair(text: str) -> tuple[int, int]:
    index, found, class_id = text.partition("=")
    if not found or not index.isdecimal() or not class_id.isdecimal():
        raise typer.BadParameter(f"{text}: give the model's class and the project's, as 0=3")
    return int(index), int(class_id)

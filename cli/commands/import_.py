"""`plumbline import …`: labels of other tools into a project."""

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.connection import Connection, connect
from cli.exits import CommandFailed
from cli.printing import JsonFlag, ProjectOption, print_json, print_table, read_json, show_progress
from cli.sending import send_labels
from schema.enums import ImportFormat, ImportMode

app = typer.Typer(no_args_is_help=True, help="Labels that exist already.")

POLL_S = 0.5
SHOWN_PROBLEMS = 20


class As(StrEnum):
    """What imported labels are: shown to annotators, or finished work."""

    PREDICTIONS = ImportMode.PREDICTIONS.value
    ACCEPTED = ImportMode.ACCEPTED.value


AsOption = Annotated[As, typer.Option("--as", help="Shown to annotators, or taken for finished work.")]
ClassMapOption = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="JSON: {name in the file: class id}")
]


@app.command("coco")
def import_coco(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="COCO's JSON of objects.")],
    project: ProjectOption,
    mode: AsOption = As.PREDICTIONS,
    class_map: ClassMapOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Import COCO's boxes, polygons and masks. Exit code 1 when something in the file has a problem."""
    _import(file, ImportFormat.COCO, project=project, mode=mode, class_map=class_map, as_json=as_json)


@app.command("yolo")
def import_yolo(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A zip of label files with classes.txt.")],
    project: ProjectOption,
    mode: AsOption = As.PREDICTIONS,
    class_map: ClassMapOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Import YOLO's boxes and outlines. Exit code 1 when something in the archive has a problem."""
    _import(file, ImportFormat.YOLO, project=project, mode=mode, class_map=class_map, as_json=as_json)


def _import(file: Path, format: ImportFormat, *, project: int, mode: As, class_map: Path | None, as_json: bool) -> None:
    connection = connect()
    with show_progress("uploading", total=file.stat().st_size) as advance:
        upload = send_labels(connection, file, on_bytes=advance)
    body = {"upload_id": upload.id, "format": format.value, "mode": mode.value}
    if class_map is not None:
        body["class_map"] = read_json(class_map)
    begun = connection.call("POST", f"/v1/projects/{project}/imports", json=body, creates=True)
    done = _wait(connection, f"/v1/projects/{project}/imports/{begun['id']}")
    if as_json:
        print_json(done)
    else:
        _print(done)
    if done["state"] == "failed":
        raise CommandFailed(f"import {done['id']} failed: {done['reason']}")
    if done["problems"]:
        raise CommandFailed(f"import {done['id']} is done, with problems")


def _wait(connection: Connection, path: str) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = connection.call("GET", path)
        if found["state"] != "running":
            return found
        time.sleep(POLL_S)


def _print(done: dict[str, Any]) -> None:
    counts = done["counts"]
    unknown = counts.pop("unknown_categories")
    print_table(["count", ""], [[name.replace("_", " "), value] for name, value in counts.items()])
    if unknown:
        print(f"categories that the project does not have: {json.dumps(unknown, ensure_ascii=False)}")
    for problem in done["problems"][:SHOWN_PROBLEMS]:
        print(f"  {problem['where']}: {problem['problem']}")
    if len(done["problems"]) > SHOWN_PROBLEMS:
        print("  …")

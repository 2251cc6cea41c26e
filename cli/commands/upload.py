"""`plumbline upload`: a folder of pictures → a project, through Plumbline itself or through a bucket of one's own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import sending, uploading
from cli.connection import connect, stack_environment
from cli.printing import ProjectOption, show_progress

app = typer.Typer()


@app.command("upload")
def upload(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A folder of JPEG, PNG, WebP, TIFF or BMP files.")
    ],
    project: ProjectOption,
    bucket: Annotated[
        str | None, typer.Option(help="A bucket of yours instead; the embedded stack makes it when it is not there.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="A prefix for all keys, such as 2026/july/")] = "",
) -> None:
    """Upload a folder of pictures to a project; started again it goes on where it broke off."""
    if bucket is None:
        _send(folder, project=project, prefix=prefix)
    else:
        _put(folder, project=project, bucket=bucket, prefix=prefix)


def _send(folder: Path, *, project: int, prefix: str) -> None:
    paths = uploading.list_pictures(folder)
    total = sum(path.stat().st_size for path in paths)
    with show_progress("uploading", total=total) as advance:
        sent = sending.send_pictures(connect(), folder, paths, project_id=project, prefix=prefix, on_bytes=advance)
    there = f", {sent.skipped} were there already" if sent.skipped else ""
    print(f"{sent.uploaded} pictures uploaded{there}; see: plumbline project show {project}")


def _put(folder: Path, *, project: int, bucket: str, prefix: str) -> None:
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

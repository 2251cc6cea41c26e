"""Imports: an uploaded file of labels → its images, a page at a time → predictions or accepted work. A worker that dies
leaves the cursor of the last page; the next one goes on from there."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from domain.errors import NotFound
from domain.imports.coco import read_coco
from domain.imports.labels import ImportRefused, LabelFile
from domain.imports.matching import Picture, PictureIndex
from domain.imports.queries import ImportRow, list_pictures
from domain.imports.service import Classes, Counts, end_import, get_import, match_page, tell_failure, write_page
from domain.imports.yolo import NAME_FILES, YoloFile, read_names
from domain.projects.service import get_project
from schema.enums import ImportFormat, ImportState
from schema.messages import ImportMessage
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()
PAGE = 50
PICTURES = 5_000
MOST_ENTRIES = 200_000
MOST_ENTRY_BYTES = 5_000_000


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, ImportMessage)
    scope = client_scope(message.client_org)
    with work.database.begin(scope) as session:
        row = get_import(session, message.import_id)
        ontology = get_project(session, row.project_id).ontology
        if row.state == ImportState.FAILED:
            tell_failure(session, row)
    if row.state != ImportState.RUNNING:
        return
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        path = Path(folder) / "labels"
        try:
            file = _open(work, row, path)
        except ImportRefused as refusal:
            with work.database.begin(scope) as session:
                end_import(session, row, failure=refusal.message)
            log.info("import_failed", import_id=row.id, reason=refusal.message)
            return
        _import(work, row, file, Classes(ontology, row.class_map))


def _import(work: Work, row: ImportRow, file: LabelFile, classes: Classes) -> None:
    scope = client_scope(row.client_org)
    index = PictureIndex(_iter_pictures(work, row))
    counts, cursor = Counts.of(row.counts), row.cursor
    if cursor == 0 and file.stray:
        counts.refused += file.stray
        counts.add_problem("annotations", f"{file.stray} belong to no image of the file")
    images = file.iter_from(cursor)
    failure: str | None = None
    try:
        while page := list(islice(images, PAGE)):
            labelled = match_page(page, index, classes, counts)
            with work.database.begin(scope) as session:
                written = write_page(session, row, labelled, counts, cursor=cursor, to=cursor + len(page))
            if not written:
                return  # another worker reads this file
            cursor += len(page)
    except ImportRefused as refusal:  # an archive shows what it holds only when its turn comes
        failure = refusal.message
    with work.database.begin(scope) as session:
        end_import(session, row, failure=failure)
    log.info("import_ended", import_id=row.id, images=cursor, objects=counts.objects, refused=counts.refused)


def _iter_pictures(work: Work, row: ImportRow) -> Iterator[Picture]:
    after = 0
    while True:
        with work.database.begin(client_scope(row.client_org)) as session:
            page = list_pictures(session, project_id=row.project_id, after=after, limit=PICTURES)
        yield from page
        if len(page) < PICTURES:
            return
        after = page[-1].item_id


def _open(work: Work, row: ImportRow, path: Path) -> LabelFile:
    limit = work.settings.import_max_bytes
    if row.upload_bytes > limit:
        raise ImportRefused(f"the file has {row.upload_bytes:,} bytes; the limit is {limit:,}")
    try:
        found = work.bucket.open(row.upload_key, byte_range=None, known_etag=None)
    except NotFound as error:
        raise ImportRefused("the uploaded file is not there any more; upload it again") from error
    with path.open("wb") as out:
        for chunk in found.chunks:
            out.write(chunk)
    if row.format == ImportFormat.COCO:
        return read_coco(path.read_bytes())
    return _open_yolo(path, limit_bytes=limit)


def _open_yolo(path: Path, *, limit_bytes: int) -> YoloFile:
    """List an archive's label files; what it says of their sizes is not believed when they are read."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ImportRefused("the file is no zip archive; zip the folder of labels with classes.txt") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES:
        raise ImportRefused(f"the archive holds {len(entries):,} files; the limit is {MOST_ENTRIES:,}")
    left = limit_bytes

    def read(name: str) -> str:
        nonlocal left
        text = _read_entry(archive, name, min(MOST_ENTRY_BYTES, left))
        left -= len(text)
        return text.decode("utf-8", errors="replace")

    named = {e.filename.rsplit("/", 1)[-1]: e.filename for e in entries}
    names: dict[int, str] = {}
    for file in NAME_FILES:
        if file in named:
            names = read_names(file, read(named[file]))
            break
    labels = [e.filename for e in entries if e.filename.endswith(".txt") and _is_label(e.filename)]
    return YoloFile(labels, read, names)


def _is_label(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last not in NAME_FILES and not last.startswith(".") and not name.startswith("__MACOSX/")


def _read_entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    try:
        with archive.open(name) as entry:
            text = entry.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ImportRefused(f"{name} in the archive cannot be read: {error}") from error
    if len(text) > limit:
        raise ImportRefused(f"{name} in the archive unpacks to more than {limit:,} bytes")
    return text

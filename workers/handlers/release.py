"""Releases: accepted work, page by page → COCO streamed to our bucket → a manifest with its SHA-256."""

import hashlib
import struct
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO, Any

import structlog

from domain.ingest.keys import release_prefix
from domain.projects.service import get_project
from domain.releases.coco import coco_annotation, coco_categories, coco_image, stream_coco
from domain.releases.queries import ReleasedImage, ReleaseRow
from domain.releases.service import (
    PAGE,
    File,
    complete_release,
    get_release,
    list_shapes,
    list_tagged,
    manifest_of,
)
from schema.enums import ReleaseState
from schema.messages import ReleaseMessage
from schema.objects import LabelObject, canonical_json
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()
ANNOTATIONS, MANIFEST = "annotations.json", "manifest.json"
_NOTE = struct.Struct("<5q")  # image, decision, height, width, submits


class _Snapshot:
    """The images of a release, then the objects of exactly those images; counts both.

    Work is accepted, replaced and cancelled while a release is written. So the first pass notes in `notes` which
    decision it found for each image, and the second reads those decisions, which never change.
    """

    def __init__(self, work: Work, release: ReleaseRow, notes: IO[bytes]) -> None:
        self._work = work
        self._release = release
        self._notes = notes
        self._scope = client_scope(release.client_org)
        self.images = 0
        self.objects = 0

    def iter_images(self) -> Iterator[dict[str, Any]]:
        after = 0
        while page := self._read_page(after):
            for image, tags in page:
                self.images += 1
                self._notes.write(
                    _NOTE.pack(image.image_id, image.decision_id, image.height, image.width, image.submits)
                )
                yield coco_image(
                    image_id=image.image_id,
                    file_name=image.key,
                    height=image.height,
                    width=image.width,
                    sha256=image.sha256,
                    tags=tags,
                )
            after = page[-1][0].item_id

    def iter_annotations(self) -> Iterator[dict[str, Any]]:
        self._notes.seek(0)
        while noted := list(_NOTE.iter_unpack(self._notes.read(PAGE * _NOTE.size))):
            with self._work.database.begin(self._scope) as session:
                found = list_shapes(session, self._release, [decision_id for _, decision_id, *_ in noted])
            for (image_id, _, height, width, submits), objects in zip(noted, found, strict=True):
                for item in objects:
                    self.objects += 1
                    yield coco_annotation(
                        item,
                        annotation_id=self.objects,
                        image_id=image_id,
                        height=height,
                        width=width,
                        revision=submits,
                    )

    def _read_page(self, after: int) -> list[tuple[ReleasedImage, tuple[LabelObject, ...]]]:
        with self._work.database.begin(self._scope) as session:
            return list_tagged(session, self._release, after=after)


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, ReleaseMessage)
    with work.database.begin(client_scope(message.client_org)) as session:
        release = get_release(session, message.release_id)
        project = get_project(session, release.project_id)
    if release.state != ReleaseState.RUNNING:
        return
    prefix = release_prefix(client_org=release.client_org, release_id=release.id, attempt=uuid.uuid4().hex)
    header = {
        "info": {"description": project.name, "project": project.id, "up_to_decision": release.up_to_decision_id},
        "categories": coco_categories(project.ontology),
    }
    with tempfile.TemporaryFile(prefix="plumbline-") as notes:
        snapshot = _Snapshot(work, release, notes)
        chunks = stream_coco(header, snapshot.iter_images, snapshot.iter_annotations)
        stored = work.bucket.put_stream(prefix + ANNOTATIONS, chunks, content_type="application/json")
    files = [File(ANNOTATIONS, stored.sha256, stored.bytes)]
    manifest = canonical_json(manifest_of(release, files=files, images=snapshot.images, objects=snapshot.objects))
    work.bucket.put_bytes(prefix + MANIFEST, manifest, content_type="application/json")
    manifest_sha256 = hashlib.sha256(manifest).hexdigest()
    with work.database.begin(client_scope(message.client_org)) as session:
        complete_release(
            session,
            release,
            prefix=prefix,
            manifest_sha256=manifest_sha256,
            files=files,
            images=snapshot.images,
            objects=snapshot.objects,
        )
    log.info("release_complete", release_id=release.id, images=snapshot.images, objects=snapshot.objects)

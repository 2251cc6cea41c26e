"""Releases: accepted work, page by page → COCO streamed to our bucket → a manifest with its SHA-256."""

import hashlib
from collections.abc import Iterator
from typing import Any

import structlog

from domain.ingest.keys import release_prefix
from domain.projects.service import get_project
from domain.releases.coco import coco_annotation, coco_categories, coco_image, stream_coco
from domain.releases.queries import ReleasedImage, ReleaseRow
from domain.releases.service import File, complete_release, get_release, list_labelled, manifest_of
from schema.enums import ReleaseState
from schema.messages import ReleaseMessage
from schema.objects import LabelObject, canonical_json
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()
ANNOTATIONS, MANIFEST = "annotations.json", "manifest.json"


class _Snapshot:
    """The images and objects of a release as two passes over pages; counts what the second pass yields."""

    def __init__(self, work: Work, release: ReleaseRow) -> None:
        self._work = work
        self._release = release
        self._scope = client_scope(release.client_org)
        self.images = 0
        self.objects = 0

    def iter_images(self) -> Iterator[dict[str, Any]]:
        for image, objects in self._labelled():
            self.images += 1
            yield coco_image(
                image_id=image.image_id,
                file_name=image.key,
                height=image.height,
                width=image.width,
                sha256=image.sha256,
                tags=[o for o in objects if o.shape.type == "tag"],
            )

    def iter_annotations(self) -> Iterator[dict[str, Any]]:
        for image, objects in self._labelled():
            for item in objects:
                if item.shape.type == "tag":
                    continue
                self.objects += 1
                yield coco_annotation(
                    item,
                    annotation_id=self.objects,
                    image_id=image.image_id,
                    height=image.height,
                    width=image.width,
                    revision=image.submits,
                )

    def _labelled(self) -> Iterator[tuple[ReleasedImage, tuple[LabelObject, ...]]]:
        after = 0
        while True:
            with self._work.database.begin(self._scope) as session:
                page = list_labelled(session, self._release, after=after)
            yield from page
            if not page:
                return
            after = page[-1][0].item_id


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, ReleaseMessage)
    with work.database.begin(client_scope(message.client_org)) as session:
        release = get_release(session, message.release_id)
        project = get_project(session, release.project_id)
    if release.state != ReleaseState.RUNNING:
        return
    prefix = release_prefix(client_org=release.client_org, release_id=release.id)
    snapshot = _Snapshot(work, release)
    header = {
        "info": {"description": project.name, "project": project.id, "up_to_decision": release.up_to_decision_id},
        "categories": coco_categories(project.ontology),
    }
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

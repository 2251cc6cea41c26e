"""Releases: accepted work, page by page → COCO (and the votes) streamed to our bucket → a manifest with its SHA-256."""

import hashlib
import tempfile
import uuid
from typing import Any

import structlog

from domain.ingest.keys import release_folder, release_prefix
from domain.projects.service import get_project
from domain.releases.coco import coco_categories, stream_coco
from domain.releases.queries import ReleaseRow
from domain.releases.service import File, complete_release, get_release, manifest_of, tell_failure
from runtime.aws import AWS_ERRORS
from schema.enums import ReleaseContent, ReleaseState
from schema.messages import ReleaseMessage
from schema.objects import canonical_json
from workers.envelope import parse_message
from workers.snapshot import Snapshot
from workers.work import Work, client_scope

log = structlog.get_logger()
ANNOTATIONS, VOTES, MANIFEST = "annotations.json", "votes.jsonl", "manifest.json"


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, ReleaseMessage)
    scope = client_scope(message.client_org)
    with work.database.begin(scope) as session:
        release = get_release(session, message.release_id)
        project = get_project(session, release.project_id)
        if release.state == ReleaseState.FAILED:
            tell_failure(session, release)
    if release.state != ReleaseState.RUNNING:
        _clear_up(work, release)
        return
    prefix = release_prefix(client_org=release.client_org, release_id=release.id, attempt=uuid.uuid4().hex)
    header = {
        "info": {"description": project.name, "project": project.id, "up_to_decision": release.up_to_decision_id},
        "categories": coco_categories(project.ontology),
    }
    with tempfile.TemporaryFile(prefix="plumbline-") as notes:
        snapshot = Snapshot(work, release, notes)
        chunks = stream_coco(header, snapshot.iter_images, snapshot.iter_annotations)
        stored = work.bucket.put_stream(prefix + ANNOTATIONS, chunks, content_type="application/json")
        files = [File(ANNOTATIONS, stored.sha256, stored.bytes)]
        if release.content == ReleaseContent.VOTES:
            stored = work.bucket.put_stream(prefix + VOTES, snapshot.iter_votes(), content_type="application/x-ndjson")
            files.append(File(VOTES, stored.sha256, stored.bytes))
    manifest = canonical_json(manifest_of(release, files=files, images=snapshot.images, objects=snapshot.objects))
    work.bucket.put_bytes(prefix + MANIFEST, manifest, content_type="application/json")
    with work.database.begin(scope) as session:
        complete_release(
            session,
            release,
            prefix=prefix,
            manifest_sha256=hashlib.sha256(manifest).hexdigest(),
            files=files,
            images=snapshot.images,
            objects=snapshot.objects,
        )
        release = get_release(session, release.id)
    log.info("release_complete", release_id=release.id, images=snapshot.images, objects=snapshot.objects)
    _clear_up(work, release)


def _clear_up(work: Work, release: ReleaseRow) -> None:
    """Delete what other attempts at a release that is over have left: workers that died, or were slower."""
    folder = release_folder(client_org=release.client_org, release_id=release.id)
    if release.state == ReleaseState.COMPLETE and not (release.prefix or "").startswith(folder):
        return  # not written here: nothing says which files are its own
    try:
        deleted = work.bucket.delete_below(folder, keep=release.prefix)
    except AWS_ERRORS as error:  # the release is over, whatever lies beside it
        log.warning("release_not_cleared_up", release_id=release.id, error=repr(error))
        return
    if deleted:
        log.info("release_cleared_up", release_id=release.id, objects=deleted)

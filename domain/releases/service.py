"""Use cases of releases: ask for one, read it page by page, and close it with its manifest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from domain.errors import Forbidden, NotFound
from domain.outbox.queries import insert_message
from domain.projects.service import get_project
from domain.releases import queries
from domain.releases.queries import ReleasedImage, ReleaseRow
from domain.scope import Actor
from schema.enums import Role, Topic
from schema.messages import ReleaseMessage
from schema.objects import OBJECTS, LabelObject

PAGE = 500


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release."""

    name: str
    sha256: str
    bytes: int


def request_release(session: Session, actor: Actor, *, project_id: int) -> int:
    """Fix the snapshot (everything accepted by now) and announce the work; return the release's id."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can release it")
    release_id = queries.insert_release(
        session, client_org=project.client_org, project_id=project_id, format="coco", member=actor.member_id
    )
    message = ReleaseMessage(client_org=project.client_org, release_id=release_id)
    insert_message(session, Topic.RELEASE, release_id, message)
    return release_id


def get_release(session: Session, release_id: int) -> ReleaseRow:
    row = queries.find_release(session, release_id)
    if row is None:
        raise NotFound(f"there is no release {release_id}", release_id=release_id)
    return row


def list_releases(session: Session, *, project_id: int, after: int, limit: int) -> list[ReleaseRow]:
    return queries.list_releases(session, project_id=project_id, after=after, limit=limit)


def list_tagged(
    session: Session, release: ReleaseRow, *, after: int
) -> list[tuple[ReleasedImage, tuple[LabelObject, ...]]]:
    """List a page of the snapshot's images with their tags; what is accepted changes from page to page.

    Also keeps the state sweep from taking a release that is being written for a stuck one.
    """
    queries.touch_release(session, release.id)
    images = queries.list_released_images(session, release, after=after, limit=PAGE)
    tags = queries.list_objects_of(session, [i.decision_id for i in images], tags=True)
    return [(i, OBJECTS.validate_python(tags[i.decision_id])) for i in images]


def list_shapes(session: Session, release: ReleaseRow, decisions: Sequence[int]) -> list[tuple[LabelObject, ...]]:
    """List the final objects of decisions, each without its tags; a decision never changes."""
    queries.touch_release(session, release.id)
    shapes = queries.list_objects_of(session, decisions, tags=False)
    return [OBJECTS.validate_python(shapes[d]) for d in decisions]


def manifest_of(release: ReleaseRow, *, files: list[File], images: int, objects: int) -> dict[str, Any]:
    """Return what a release says of itself; equal snapshots give equal manifests."""
    return {
        "project": release.project_id,
        "format": release.format,
        "up_to_decision": release.up_to_decision_id,
        "images": images,
        "objects": objects,
        "files": [{"name": f.name, "sha256": f.sha256, "bytes": f.bytes} for f in files],
    }


def complete_release(
    session: Session,
    release: ReleaseRow,
    *,
    prefix: str,
    manifest_sha256: str,
    files: list[File],
    images: int,
    objects: int,
) -> None:
    """Close a running release; a second completion changes nothing."""
    done = queries.complete_release(
        session, release_id=release.id, manifest_sha256=manifest_sha256, prefix=prefix, images=images, objects=objects
    )
    for number, file in enumerate(files if done else []):
        queries.insert_shard(
            session,
            release_id=release.id,
            number=number,
            client_org=release.client_org,
            name=file.name,
            sha256=file.sha256,
            size=file.bytes,
        )


def list_files(session: Session, release: ReleaseRow) -> list[File]:
    """List the files of a release in their order; none before it is complete."""
    return [File(s.name, s.sha256, s.bytes) for s in queries.list_shards(session, release.id)]

"""Use cases of releases: ask for one, read it page by page, and close it with its manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Forbidden, NotFound
from domain.events.service import emit
from domain.notifications.service import notify
from domain.outbox.queries import insert_message
from domain.projects.service import get_project, require_active
from domain.releases import queries
from domain.releases.queries import DecisionOfTask, ReleasedImage, ReleasedObject, ReleaseRow, VoteRow
from domain.scope import Actor
from schema.enums import EventKind, NotificationKind, ReleaseContent, ReleaseState, Role, Topic
from schema.messages import ReleaseMessage
from schema.objects import OBJECTS, LabelObject

READERS = (Role.CLIENT, Role.SUPERVISOR, Role.MANAGER)
PAGE = 500
# Whole answers are larger than final objects.
VOTES_PAGE = 50
NOTHING = "nothing was accepted when it was asked for"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A final object that is no tag; `measured` is what a release with votes says beside it."""

    item: LabelObject
    measured: Mapping[str, float | None]


def request_release(session: Session, actor: Actor, *, project_id: int, content: ReleaseContent) -> int:
    """Fix the snapshot (everything accepted by now) and announce the work; return the release's id."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can release it")
    require_active(project)
    release_id = queries.insert_release(
        session,
        client_org=project.client_org,
        project_id=project_id,
        format="coco",
        content=content.value,
        member=actor.member_id,
    )
    subject = f"release:{release_id}"
    record(session, actor, "release_requested", subject, project_id=project_id, content=content.value)
    message = ReleaseMessage(client_org=project.client_org, release_id=release_id)
    insert_message(session, Topic.RELEASE, release_id, message)
    return release_id


def get_release(session: Session, release_id: int) -> ReleaseRow:
    row = queries.find_release(session, release_id)
    if row is None:
        raise NotFound(f"there is no release {release_id}", release_id=release_id)
    return row


def show_release(session: Session, actor: Actor, release_id: int) -> ReleaseRow:
    """Return a release to somebody who may know how others answered; raises NotFound."""
    actor.require(*READERS)
    return get_release(session, release_id)


def list_releases(
    session: Session,
    actor: Actor,
    *,
    project_id: int,
    state: ReleaseState | None,
    content: ReleaseContent | None,
    after: int,
    limit: int,
) -> list[ReleaseRow]:
    actor.require(*READERS)
    return queries.list_releases(
        session,
        project_id=project_id,
        state=state.value if state else None,
        content=content.value if content else None,
        after=after,
        limit=limit,
    )


def list_tagged(
    session: Session, release: ReleaseRow, *, after: int
) -> list[tuple[ReleasedImage, tuple[LabelObject, ...]]]:
    """List a page of the snapshot's images with their tags; what is accepted changes from page to page.

    Also keeps the state sweep from taking a release that is being written for a stuck one.
    """
    queries.touch_release(session, release.id)
    images = queries.list_released_images(session, release, after=after, limit=PAGE)
    tags = queries.list_objects_of(session, [i.decision_id for i in images], tags=True)
    return [(i, OBJECTS.validate_python([t.object for t in tags[i.decision_id]])) for i in images]


def list_shapes(session: Session, release: ReleaseRow, decisions: Sequence[int]) -> list[tuple[Shape, ...]]:
    """List the final objects of decisions, each without its tags; a decision never changes."""
    queries.touch_release(session, release.id)
    shapes = queries.list_objects_of(session, decisions, tags=False)
    return [tuple(_shape(found, release) for found in shapes[d]) for d in decisions]


def list_votes(
    session: Session, release: ReleaseRow, tasks: Sequence[int]
) -> dict[int, tuple[list[DecisionOfTask], list[VoteRow]]]:
    """Return the decisions and the answers of tasks; an accepted task gets no new ones."""
    queries.touch_release(session, release.id)
    found: dict[int, tuple[list[DecisionOfTask], list[VoteRow]]] = {task: ([], []) for task in tasks}
    for decision in queries.list_decisions_of(session, tasks):
        found[decision.task_id][0].append(decision)
    for vote in queries.list_votes_of(session, tasks):
        found[vote.task_id][1].append(vote)
    return found


def _shape(found: ReleasedObject, release: ReleaseRow) -> Shape:
    item = LabelObject.model_validate(found.object)
    if release.content != ReleaseContent.VOTES:
        return Shape(item, {})
    return Shape(
        item,
        {
            "vote_share": found.vote_share,
            "class_share": found.class_share,
            "agreement_iou": found.agreement_iou,
        },
    )


def manifest_of(release: ReleaseRow, *, files: list[File], images: int, objects: int) -> dict[str, Any]:
    """Return what a release says of itself; equal snapshots give equal manifests."""
    return {
        "project": release.project_id,
        "format": release.format,
        "content": release.content,
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
    """Close a running release and tell of it; a second completion changes nothing."""
    done = queries.complete_release(
        session,
        release_id=release.id,
        manifest_sha256=manifest_sha256,
        prefix=prefix,
        images=images,
        objects=objects,
        reason=None if images else NOTHING,
    )
    if done:
        facts = {"images": images, "objects": objects, "manifest_sha256": manifest_sha256}
        _tell(session, release, EventKind.RELEASE_COMPLETE, NotificationKind.RELEASE_READY, facts)
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


def tell_failure(session: Session, release: ReleaseRow) -> None:
    """Tell of a release that was given up; a repeat tells nobody again."""
    if queries.note_failure_told(session, release.id):
        _tell(
            session,
            release,
            EventKind.RELEASE_FAILED,
            NotificationKind.RELEASE_FAILED,
            {"reason": release.reason},
        )


def _tell(
    session: Session, release: ReleaseRow, kind: EventKind, line: NotificationKind, facts: Mapping[str, Any]
) -> None:
    """Tell other systems, and whoever asked for the release."""
    emit(
        session,
        kind,
        client_org=release.client_org,
        project_id=release.project_id,
        aggregate_id=release.id,
        **facts,
    )
    notify(
        session,
        organisation_id=release.client_org,
        member_id=release.requested_by,
        kind=line,
        project_id=release.project_id,
        release_id=release.id,
        **facts,
    )

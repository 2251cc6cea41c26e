"""Use cases of uploads. S3 is called between them, never inside: each says what is to be done and keeps what was."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit import service as audit
from domain.errors import Conflict, Forbidden, NotFound
from domain.feeds.service import connect
from domain.projects.service import get_project
from domain.scope import Actor
from domain.sources.service import ensure_hosted_source
from domain.uploads import queries
from domain.uploads.errors import PartWrongSize, UploadIncomplete, UploadNameRefused, UploadTooLarge
from domain.uploads.queries import NewUpload, UploadRow
from domain.uploads.rules import bytes_of_part, clean_name, count_parts, part_bytes_for
from schema.enums import Role, UploadPurpose, UploadState

# S3 is told to throw unfinished uploads away after as many days; a little earlier we say so ourselves.
LIFE_S = 6.5 * 86_400


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file will lie; a picture's source feeds its project."""

    bucket: str
    key: str
    source_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a member says of a file before sending it."""

    purpose: UploadPurpose
    name: str
    bytes: int
    content_type: str
    project_id: int | None


@dataclass(frozen=True, slots=True)
class Upload:
    row: UploadRow
    received: tuple[int, ...]

    @property
    def parts(self) -> int:
        return count_parts(self.row.bytes, self.row.part_bytes)

    @property
    def missing(self) -> list[int]:
        return sorted(set(range(1, self.parts + 1)) - set(self.received))


def find_place(
    session: Session, actor: Actor, announced: Announced, *, own_bucket: str, upload_bucket: str, max_bytes: int
) -> Place:
    """Return where a file goes. For a project's first picture, make the source that holds its uploads."""
    actor.require(Role.CLIENT, Role.MANAGER)
    actor.require_client("uploads")
    if announced.bytes > max_bytes:
        raise UploadTooLarge(
            f"the file has {announced.bytes:,} bytes; the limit is {max_bytes:,}", limit_bytes=max_bytes
        )
    try:
        name = clean_name(announced.name)
    except ValueError as error:
        raise UploadNameRefused(str(error)) from error
    if announced.purpose is not UploadPurpose.PICTURE:
        return Place(own_bucket, f"org/{actor.organisation_id}/uploads/{uuid.uuid4().hex}/{name}", None)
    project = get_project(session, announced.project_id or 0)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can upload pictures to it")
    prefix = f"org/{project.client_org}/project/{project.id}/"
    source = ensure_hosted_source(
        session, actor, bucket=upload_bucket, prefix=prefix, name=f"Uploads to {project.name}"[:120]
    )
    connect(session, source, project_id=project.id)
    return Place(upload_bucket, prefix + name, source.id)


def begin_upload(session: Session, actor: Actor, announced: Announced, place: Place, *, storage_id: str) -> Upload:
    """Keep what was announced, once S3 has given the upload an id."""
    upload_id = queries.insert_upload(
        session,
        NewUpload(
            organisation_id=actor.organisation_id,
            member_id=actor.member_id,
            purpose=announced.purpose.value,
            name=announced.name,
            content_type=announced.content_type,
            bytes=announced.bytes,
            part_bytes=part_bytes_for(announced.bytes),
            bucket=place.bucket,
            key=place.key,
            storage_id=storage_id,
            source_id=place.source_id,
        ),
    )
    audit.record(
        session,
        actor,
        "upload_begun",
        f"upload:{upload_id}",
        project_id=announced.project_id,
        name=announced.name,
        bytes=announced.bytes,
    )
    return get_upload(session, actor, upload_id)


def get_upload(session: Session, actor: Actor, upload_id: int) -> Upload:
    actor.require(Role.CLIENT, Role.MANAGER)
    row = queries.find_upload(session, upload_id, life_s=LIFE_S)
    if row is None:
        raise NotFound(f"there is no upload {upload_id}", upload_id=upload_id)
    return Upload(row, tuple(queries.list_received(session, [row.id]).get(row.id, ())))


def list_uploads(session: Session, actor: Actor, *, state: UploadState | None, after: int, limit: int) -> list[Upload]:
    actor.require(Role.CLIENT, Role.MANAGER)
    rows = queries.list_uploads(
        session,
        organisation_id=actor.organisation_id,
        state=state.value if state else None,
        after=after,
        limit=limit,
        life_s=LIFE_S,
    )
    received = queries.list_received(session, [row.id for row in rows])
    return [Upload(row, tuple(received.get(row.id, ()))) for row in rows]


def expect_part(upload: Upload, number: int, *, size: int) -> None:
    """Raise unless a part of this number and size is wanted: NotFound, PartWrongSize, or Conflict when it is over."""
    check_open(upload)
    if not 1 <= number <= upload.parts:
        raise NotFound(f"this upload has the parts 1 to {upload.parts}", part=number)
    wanted = bytes_of_part(number, size=upload.row.bytes, part_bytes=upload.row.part_bytes)
    if size != wanted:
        raise PartWrongSize(f"part {number} must have {wanted} bytes; it has {size}", part=number, bytes=wanted)


def keep_part(session: Session, actor: Actor, upload: Upload, number: int, *, etag: str, size: int) -> None:
    queries.write_part(
        session,
        upload_id=upload.row.id,
        organisation_id=actor.organisation_id,
        number=number,
        etag=etag,
        size=size,
    )


def expect_whole(upload: Upload) -> None:
    """Raise UploadIncomplete, naming what is missing, or Conflict when the upload was aborted."""
    check_open(upload)
    if missing := upload.missing:
        shown = ", ".join(map(str, missing[:20])) + (" …" if len(missing) > 20 else "")
        raise UploadIncomplete(f"{len(missing)} of {upload.parts} parts are missing: {shown}", missing=missing[:1000])


def complete_upload(session: Session, actor: Actor, upload: Upload) -> Upload:
    """Close an upload whose parts S3 has put together; a second completion changes nothing."""
    if queries.close_upload(session, upload.row.id, state=UploadState.COMPLETE.value):
        audit.record(session, actor, "upload_completed", f"upload:{upload.row.id}")
    return get_upload(session, actor, upload.row.id)


def abort_upload(session: Session, actor: Actor, upload_id: int) -> Upload:
    """Give an upload up; raises Conflict when it is complete."""
    upload = get_upload(session, actor, upload_id)
    if upload.row.state == UploadState.COMPLETE:
        raise Conflict("this upload is complete; discard its image instead", state=upload.row.state)
    if queries.close_upload(session, upload_id, state=UploadState.ABORTED.value):
        audit.record(session, actor, "upload_aborted", f"upload:{upload_id}")
    return upload


def check_open(upload: Upload) -> None:
    if upload.row.state != UploadState.OPEN:
        raise Conflict(f"this upload is {upload.row.state}; begin a new one", state=upload.row.state)

"""Use cases of sources. A source is believed only after a nonce that we made was read from it."""

import secrets
from typing import ClassVar

from sqlalchemy.orm import Session

from domain.errors import Conflict, DomainError, NotFound
from domain.outbox.queries import insert_message
from domain.projects import service as projects
from domain.scope import Actor
from domain.sources import queries
from domain.sources.queries import BucketSource, SourceRow
from schema.enums import Role, Topic
from schema.messages import FeedMessage

PROOF_NAME = ".plumbline-proof"
_MARKERS = (PROOF_NAME, "/")


class SourceRefused(DomainError):
    """This bucket cannot be a source."""

    code: ClassVar[str] = "source_refused"


class SourceUnproven(DomainError):
    """The proof object is missing or says something else."""

    code: ClassVar[str] = "source_unproven"


def create_source(session: Session, actor: Actor, *, bucket: str, prefix: str, own_bucket: str) -> SourceRow:
    """Register a bucket; it carries no images before `verify_source`."""
    actor.require(Role.CLIENT, Role.MANAGER)
    if bucket == own_bucket:
        raise SourceRefused("this is Plumbline's own bucket; a source must be a bucket of yours", bucket=bucket)
    source_id = queries.insert_source(
        session,
        client_org=actor.organisation_id,
        bucket=bucket,
        prefix=prefix,
        external_id=secrets.token_hex(16),
        nonce=secrets.token_hex(16),
    )
    if source_id is None:
        found = queries.find_source_at(session, bucket=bucket, prefix=prefix)
        raise Conflict(
            f"bucket {bucket} with prefix '{prefix}' is registered already", source_id=found.id if found else None
        )
    return get_source(session, source_id)


def show_source(session: Session, actor: Actor, source_id: int) -> SourceRow:
    """Return a source to somebody who manages it; its nonce is nobody else's business."""
    actor.require(Role.CLIENT, Role.MANAGER)
    return get_source(session, source_id)


def get_source(session: Session, source_id: int) -> SourceRow:
    row = queries.find_source(session, source_id)
    if row is None:
        raise NotFound(f"there is no source {source_id}", source_id=source_id)
    return row


def list_sources(
    session: Session, actor: Actor, *, bucket: str | None, prefix: str | None, after: int, limit: int
) -> list[SourceRow]:
    actor.require(Role.CLIENT, Role.MANAGER)
    return queries.list_sources(session, bucket=bucket, prefix=prefix, after=after, limit=limit)


def proof_key(source: SourceRow) -> str:
    """Where the client puts the nonce."""
    return f"{source.prefix}{PROOF_NAME}"


def verify_source(session: Session, source: SourceRow, *, found: bytes | None) -> None:
    """Compare what lies at the proof key with the nonce; raises SourceUnproven."""
    if found is None or found.strip() != source.nonce.encode():
        problem = "is missing" if found is None else "holds another text"
        raise SourceUnproven(
            f"s3://{source.bucket}/{proof_key(source)} {problem}; put the nonce there and verify again",
            key=proof_key(source),
        )
    queries.mark_verified(session, source.id)


def connect_feed(session: Session, actor: Actor, *, source_id: int, project_id: int) -> None:
    """Feed a project from a source; images that are ready already get their items too."""
    actor.require(Role.CLIENT, Role.MANAGER)
    source = get_source(session, source_id)
    project = projects.get_project(session, project_id)
    queries.lock_source(session, source.id)
    feed_id = queries.insert_feed(session, source_id=source.id, project_id=project.id, client_org=source.client_org)
    if feed_id is not None:
        message = FeedMessage(client_org=source.client_org, feed_id=feed_id)
        insert_message(session, Topic.IMAGES, feed_id, message)


def is_image_key(key: str) -> bool:
    """Tell whether a key may hold an image: folders' markers and our proofs do not."""
    return not key.endswith(_MARKERS)


def find_sources_of(session: Session, *, bucket: str, key: str) -> list[BucketSource]:
    """List the sources that a key belongs to."""
    if not is_image_key(key):
        return []
    return [s for s in queries.list_bucket_sources(session, bucket) if key.startswith(s.prefix)]

"""Use cases of sources. A source is believed only after a nonce that we made was read from it."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from domain.audit import service as audit
from domain.errors import Conflict, DomainError, NotFound
from domain.scope import Actor
from domain.sources import queries
from domain.sources.checks import Check, dump_checks
from domain.sources.queries import BucketSource, NewSource, SourceCounts, SourceRow
from schema.enums import Role, SourceKind

PROOF_NAME = ".plumbline-proof"
WRITE_TEST_NAME = ".plumbline-write-test"
_MARKERS = (PROOF_NAME, WRITE_TEST_NAME, "/")


class SourceRefused(DomainError):
    """This bucket cannot be a source."""

    code: ClassVar[str] = "source_refused"


class SourceUnproven(DomainError):
    """The proof object is missing or says something else."""

    code: ClassVar[str] = "source_unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a client says of a bucket."""

    bucket: str
    prefix: str = ""
    name: str | None = None
    region: str | None = None
    account: str | None = None
    role_arn: str | None = None
    events: str = "s3"


def create_source(
    session: Session, actor: Actor, description: Description, *, own_buckets: Collection[str]
) -> SourceRow:
    """Register a bucket; it carries no images before `verify_source`."""
    actor.require(Role.CLIENT, Role.MANAGER)
    actor.require_client("sources")
    bucket, prefix = description.bucket, description.prefix
    if bucket in own_buckets:
        raise SourceRefused("this is Plumbline's own bucket; a source must be a bucket of yours", bucket=bucket)
    facts = {name: getattr(description, name) for name in Description.__slots__}
    source_id = queries.insert_source(
        session,
        NewSource(
            client_org=actor.organisation_id,
            external_id=secrets.token_hex(16),
            nonce=secrets.token_hex(16),
            **facts,
        ),
    )
    if source_id is None:
        found = queries.find_source_at(session, bucket=bucket, prefix=prefix)
        raise Conflict(
            f"bucket {bucket} with prefix '{prefix}' is registered already", source_id=found.id if found else None
        )
    audit.record(session, actor, "source_created", f"source:{source_id}", after=facts)
    return get_source(session, source_id)


def ensure_hosted_source(session: Session, actor: Actor, *, bucket: str, prefix: str, name: str) -> SourceRow:
    """Return the source that a prefix of our own bucket for uploads is, making it at its first use."""
    new = NewSource(
        client_org=actor.organisation_id,
        bucket=bucket,
        prefix=prefix,
        external_id=secrets.token_hex(16),
        nonce=secrets.token_hex(16),
        name=name,
        is_hosted=True,
    )
    source_id = queries.insert_source(session, new)
    if source_id is not None:
        audit.record(session, actor, "source_created", f"source:{source_id}", after={"name": name, "kind": "hosted"})
    found = queries.find_source_at(session, bucket=bucket, prefix=prefix)
    assert found is not None
    return found


def show_source(session: Session, actor: Actor, source_id: int) -> SourceRow:
    """Return a source to somebody who manages it; its nonce is nobody else's business."""
    actor.require(Role.CLIENT, Role.MANAGER)
    return get_source(session, source_id)


def lock_source(session: Session, actor: Actor, source_id: int) -> SourceRow:
    """Return a source that nobody else changes until this transaction ends."""
    actor.require(Role.CLIENT, Role.MANAGER)
    queries.lock_source(session, source_id)
    return get_source(session, source_id)


def get_client_source(session: Session, actor: Actor, source_id: int) -> SourceRow:
    """Return a source whose bucket is the client's; raises SourceRefused for one that we keep for uploads."""
    source = show_source(session, actor, source_id)
    if source.kind == SourceKind.HOSTED:
        raise SourceRefused("Plumbline keeps this source for uploads; there is nothing to set up or to test")
    return source


def get_source(session: Session, source_id: int) -> SourceRow:
    row = queries.find_source(session, source_id)
    if row is None:
        raise NotFound(f"there is no source {source_id}", source_id=source_id)
    return row


def count_source(session: Session, source: SourceRow) -> SourceCounts:
    return queries.count_source(session, source.id)


def list_sources(
    session: Session, actor: Actor, *, bucket: str | None, prefix: str | None, after: int, limit: int
) -> list[SourceRow]:
    actor.require(Role.CLIENT, Role.MANAGER)
    return queries.list_sources(session, bucket=bucket, prefix=prefix, after=after, limit=limit)


def change_source(session: Session, actor: Actor, source: SourceRow, values: dict[str, Any]) -> SourceRow:
    """Change what a client says of a bucket; which bucket and prefix it is never changes."""
    if source.kind == SourceKind.HOSTED and values.keys() - {"name"}:
        raise SourceRefused("Plumbline keeps this source for uploads; only its name can be changed")
    queries.change_source(session, source.id, values)
    before = {name: getattr(source, name) for name in values}
    audit.record(session, actor, "source_changed", f"source:{source.id}", before=before, after=values)
    return get_source(session, source.id)


def keep_checks(session: Session, actor: Actor, source: SourceRow, checks: Sequence[Check]) -> SourceRow:
    """Keep what a connection test found."""
    queries.keep_checks(session, source.id, dump_checks(checks))
    failed = [c.code for c in checks if not c.passed and not c.warning]
    audit.record(session, actor, "source_tested", f"source:{source.id}", failed=failed)
    return get_source(session, source.id)


def ask_for_listing(session: Session, actor: Actor, source_id: int) -> SourceRow:
    """Have the bucket held against our rows from end to end; raises SourceUnproven before the source is verified."""
    source = show_source(session, actor, source_id)
    if source.verified_at is None:
        raise SourceUnproven("verify the source first; nothing is listed before", key=proof_key(source))
    queries.ask_for_listing(session, source.id)
    audit.record(session, actor, "source_listing_asked", f"source:{source.id}")
    return get_source(session, source.id)


def proof_key(source: SourceRow) -> str:
    """Where the client puts the nonce."""
    return f"{source.prefix}{PROOF_NAME}"


def verify_source(session: Session, actor: Actor, source: SourceRow, *, found: bytes | None) -> None:
    """Compare what lies at the proof key with the nonce; raises SourceUnproven."""
    if found is None or found.strip() != source.nonce.encode():
        problem = "is missing" if found is None else "holds another text"
        raise SourceUnproven(
            f"s3://{source.bucket}/{proof_key(source)} {problem}; put the nonce there and verify again",
            key=proof_key(source),
        )
    queries.mark_verified(session, source.id)
    audit.record(session, actor, "source_verified", f"source:{source.id}")


def is_image_key(key: str) -> bool:
    """Tell whether a key may hold an image: folders' markers and our proofs do not."""
    return not key.endswith(_MARKERS)


def find_sources_of(session: Session, *, bucket: str, key: str) -> list[BucketSource]:
    """List the sources that a key belongs to."""
    if not is_image_key(key):
        return []
    return [s for s in queries.list_bucket_sources(session, bucket) if key.startswith(s.prefix)]

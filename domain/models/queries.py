"""SQL of model versions, their aliases, and class mappings."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from schema.models import MAX_VERSION_DIGITS


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: int
    client_org: int
    name: str
    version: str
    origin: str
    state: str
    reason: str | None
    detail: str | None
    card: dict[str, Any]
    aliases: list[str]
    licence: str
    notes: str
    sha256: str | None
    bytes: int | None
    requested_by: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UploadedRow:
    """A version with what its worker needs: the upload that it comes from, and what was said of it."""

    id: int
    client_org: int
    name: str
    version: str
    state: str
    reason: str | None
    detail: str | None
    requested_by: int
    overrides: dict[str, Any]
    upload_sha256: str | None
    upload_name: str
    upload_bytes: int
    upload_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    client_org: int
    name: str
    version: str | None
    upload_id: int
    upload_sha256: str | None
    overrides: dict[str, Any]
    licence: str
    notes: str
    requested_by: int


@dataclass(frozen=True, slots=True)
class UploadState:
    """The state of an upload, and which version it became."""

    state: str
    model_version_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasKey:
    """What names an alias: it is one of a model of an organisation."""

    client_org: int
    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class MappingRow:
    id: int
    project_id: int
    model_version_id: int
    model: str
    version: str
    body: dict[str, Any]
    created_at: datetime
    created_by: int


# As many may ask for the next number of a model at the same moment.
_MOST_TRIES = 32
# Versions that stand for imported labels, and ours, are in the same table and in no list of models.
_SELECT = (
    "SELECT v.id, v.client_org, v.name, v.version, v.origin, v.state, v.reason, v.detail, v.card, "
    "  (SELECT coalesce(array_agg(a.alias ORDER BY a.alias), '{}') FROM model_alias a "
    "   WHERE a.client_org = v.client_org AND a.name = v.name AND a.model_version_id = v.id) AS aliases, "
    "  v.licence, v.notes, v.sha256, v.bytes, v.requested_by, v.created_at "
    "FROM model_version v WHERE v.client_org = :client_org AND v.origin = 'upload' "
)
_SELECT_MAPPING = (
    "SELECT m.id, m.project_id, m.model_version_id, v.name AS model, v.version, m.body, m.created_at, m.created_by "
    "FROM class_mapping m JOIN model_version v ON v.id = m.model_version_id WHERE m.project_id = :project "
)


def lock_upload(session: Session, upload_id: int, *, organisation_id: int) -> UploadState | None:
    """Find an upload of a model, and let nobody else take it in until this transaction ends."""
    locked = session.execute(
        text(
            "SELECT state FROM upload WHERE id = :id AND organisation_id = :organisation AND purpose = 'model' "
            "FOR NO KEY UPDATE"
        ),
        {"id": upload_id, "organisation": organisation_id},
    ).scalar()
    if locked is None:
        return None
    taken = session.execute(text("SELECT id FROM model_version WHERE upload_id = :id"), {"id": upload_id}).scalar()
    return UploadState(str(locked), taken)


def insert_version(session: Session, new: NewVersion) -> int | None:
    """Write a version whose model is looked at; without a number it gets the next one. None when it is there already.

    A number that somebody else takes at the same moment is counted past, a few times; None when none was free then.
    """
    statement = text(
        "INSERT INTO model_version (client_org, name, version, card, origin, state, upload_id, upload_sha256, "
        "  overrides, licence, notes, requested_by) "
        "SELECT :client_org, :name, coalesce(:version, (SELECT CAST(coalesce(max(CAST(v.version AS bigint)), 0) + 1 "
        "    AS text) FROM model_version v WHERE coalesce(v.client_org, 0) = :client_org AND v.name = :name "
        "    AND v.version ~ :number)), "
        "  '{}', 'upload', 'validating', :upload_id, :upload_sha256, :overrides, :licence, :notes, :requested_by "
        "ON CONFLICT (coalesce(client_org, 0), name, version) DO NOTHING RETURNING id"
    ).bindparams(bindparam("overrides", type_=JSONB))
    for _ in range(1 if new.version is not None else _MOST_TRIES):
        made = session.execute(statement, asdict(new) | {"number": f"^[0-9]{{1,{MAX_VERSION_DIGITS}}}$"}).scalar()
        if made is not None:
            return int(made)
    return None


def find_version(session: Session, model_version_id: int, *, client_org: int) -> VersionRow | None:
    values = {"id": model_version_id, "client_org": client_org}
    row = session.execute(text(_SELECT + "AND v.id = :id"), values).mappings().first()
    return VersionRow(**row) if row else None


def list_versions(
    session: Session, *, client_org: int, name: str | None, state: str | None, before: int, limit: int
) -> list[VersionRow]:
    chosen = ("AND v.name = :name " if name is not None else "") + ("AND v.state = :state " if state else "")
    rows = session.execute(
        text(f"{_SELECT}{chosen}AND v.id < :before ORDER BY v.id DESC LIMIT :limit"),
        {"client_org": client_org, "name": name, "state": state, "before": before, "limit": limit},
    ).mappings()
    return [VersionRow(**r) for r in rows]


def change_version(session: Session, model_version_id: int, *, licence: str, notes: str) -> None:
    session.execute(
        text("UPDATE model_version SET licence = :licence, notes = :notes WHERE id = :id"),
        {"id": model_version_id, "licence": licence, "notes": notes},
    )


def move_version(session: Session, model_version_id: int, *, of: str, to: str) -> bool:
    """Move a version from one state to another; False when it is in none such."""
    row = session.execute(
        text("UPDATE model_version SET state = :to, state_since = now() WHERE id = :id AND state = :of RETURNING 1"),
        {"id": model_version_id, "of": of, "to": to},
    )
    return row.first() is not None


def hold_version(
    session: Session, model_version_id: int, *, held_until: datetime | None, for_s: float
) -> datetime | None:
    """Keep a version that is looked at for one worker, `for_s` from now, and return until when.

    Whoever holds it says until when it was theirs, and renews or (0 s) ends that; None asks for one that is free. None
    when it is not, or not theirs any more. The state sweep passes over what is held: it waits since a time to come.
    """
    mine = "state_since <= now()" if held_until is None else "state_since = :held_until"
    held: datetime | None = session.execute(
        text(
            "UPDATE model_version SET state_since = now() + make_interval(secs => :for_s) "
            f"WHERE id = :id AND state = 'validating' AND {mine} RETURNING state_since"
        ),
        {"id": model_version_id, "for_s": for_s, "held_until": held_until},
    ).scalar()
    return held


def find_uploaded(session: Session, model_version_id: int) -> UploadedRow | None:
    row = (
        session.execute(
            text(
                "SELECT v.id, v.client_org, v.name, v.version, v.state, v.reason, v.detail, v.requested_by, "
                "  v.overrides, v.upload_sha256, u.name AS upload_name, u.bytes AS upload_bytes, u.key AS upload_key "
                "FROM model_version v JOIN upload u ON u.id = v.upload_id WHERE v.id = :id"
            ),
            {"id": model_version_id},
        )
        .mappings()
        .first()
    )
    return UploadedRow(**row) if row else None


def accept_version(
    session: Session, model_version_id: int, *, card: dict[str, Any], prefix: str, sha256: str, size: int, licence: str
) -> bool:
    """Make a validated version ready; what was said of its licence counts more than what its files say."""
    statement = text(
        "UPDATE model_version SET state = 'ready', card = :card, prefix = :prefix, sha256 = :sha256, bytes = :bytes, "
        "  licence = CASE licence WHEN '' THEN :licence ELSE licence END, state_since = now(), resent = 0 "
        "WHERE id = :id AND state = 'validating' RETURNING 1"
    ).bindparams(bindparam("card", type_=JSONB))
    values = {
        "id": model_version_id,
        "card": card,
        "prefix": prefix,
        "sha256": sha256,
        "bytes": size,
        "licence": licence,
    }
    return session.execute(statement, values).first() is not None


def refuse_version(session: Session, model_version_id: int, *, reason: str, detail: str) -> bool:
    row = session.execute(
        text(
            "UPDATE model_version SET state = 'refused', reason = :reason, detail = :detail, state_since = now(), "
            "  resent = 0 WHERE id = :id AND state = 'validating' RETURNING 1"
        ),
        {"id": model_version_id, "reason": reason, "detail": detail},
    )
    return row.first() is not None


def note_failure_told(session: Session, model_version_id: int) -> bool:
    """Say that a version which was given up was told of; False when it was not, or was told of before."""
    row = session.execute(
        text("UPDATE model_version SET resent = 0 WHERE id = :id AND state = 'refused' AND resent > 0 RETURNING 1"),
        {"id": model_version_id},
    )
    return row.first() is not None


def write_alias(session: Session, key: AliasKey, *, model_version_id: int) -> None:
    session.execute(
        text(
            "INSERT INTO model_alias (client_org, name, alias, model_version_id) "
            "VALUES (:client_org, :name, :alias, :version) "
            "ON CONFLICT (client_org, name, alias) DO UPDATE SET model_version_id = excluded.model_version_id"
        ),
        asdict(key) | {"version": model_version_id},
    )


def lock_alias(session: Session, key: AliasKey) -> int | None:
    """Return the version that an alias stands for, and keep it so until this transaction ends."""
    found = session.execute(
        text(
            "SELECT model_version_id FROM model_alias "
            "WHERE client_org = :client_org AND name = :name AND alias = :alias FOR NO KEY UPDATE"
        ),
        asdict(key),
    ).scalar()
    return None if found is None else int(found)


def clear_alias(session: Session, key: AliasKey) -> None:
    session.execute(
        text(
            "UPDATE model_alias SET model_version_id = NULL "
            "WHERE client_org = :client_org AND name = :name AND alias = :alias"
        ),
        asdict(key),
    )


def ensure_mapping(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    model_version_id: int,
    digest: str,
    body: dict[str, Any],
    member: int,
) -> tuple[int, bool]:
    """Return the mapping of a digest, and whether it is new."""
    statement = text(
        "INSERT INTO class_mapping (client_org, project_id, model_version_id, digest, body, created_by) "
        "VALUES (:client_org, :project, :version, :digest, :body, :member) ON CONFLICT DO NOTHING RETURNING id"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {
        "client_org": client_org,
        "project": project_id,
        "version": model_version_id,
        "digest": digest,
        "body": body,
        "member": member,
    }
    made = session.execute(statement, values).scalar()
    if made is not None:
        return int(made), True
    found = text(
        "SELECT id FROM class_mapping WHERE project_id = :project AND model_version_id = :version AND digest = :digest"
    )
    return int(session.execute(found, values).scalar_one()), False


def find_mapping(session: Session, mapping_id: int, *, project_id: int) -> MappingRow | None:
    values = {"id": mapping_id, "project": project_id}
    row = session.execute(text(_SELECT_MAPPING + "AND m.id = :id"), values).mappings().first()
    return MappingRow(**row) if row else None


def list_mappings(session: Session, *, project_id: int, after: int, limit: int) -> list[MappingRow]:
    rows = session.execute(
        text(_SELECT_MAPPING + "AND m.id > :after ORDER BY m.id LIMIT :limit"),
        {"project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [MappingRow(**r) for r in rows]

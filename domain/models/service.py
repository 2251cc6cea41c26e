"""Use cases of the registry: bring a version in, look at it, say more of it, retire it, give it an alias; and what its
worker does with it. A name and a version name one row of an organisation, for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import Conflict, NotFound
from domain.imports.queries import IMPORT_MODEL
from domain.models import queries
from domain.models.queries import AliasKey, NewVersion, UploadedRow, VersionRow
from domain.notifications.service import notify
from domain.outbox.queries import insert_message
from domain.scope import Actor
from schema.enums import ModelState, NotificationKind, Role, Topic, UploadState
from schema.messages import ModelMessage
from schema.models import CardOverrides, ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModel:
    """What somebody says of an upload that is to become a version; of `overrides` what was set counts."""

    upload_id: int
    name: str
    version: str | None
    licence: str
    notes: str
    classes: tuple[str, ...] | None
    overrides: CardOverrides | None
    sha256: str | None


def request_version(session: Session, actor: Actor, new: NewModel) -> VersionRow:
    """Have a complete upload looked at, to become a version of a model of the actor's organisation."""
    _require(actor)
    _take_upload(session, actor, new.upload_id)
    if new.name == IMPORT_MODEL:
        raise Conflict(f"'{IMPORT_MODEL}' stands for labels that were imported; choose another name", name=new.name)
    version_id = queries.insert_version(
        session,
        NewVersion(
            client_org=actor.organisation_id,
            name=new.name,
            version=new.version,
            upload_id=new.upload_id,
            upload_sha256=new.sha256,
            overrides=_said(new),
            licence=new.licence,
            notes=new.notes,
            requested_by=actor.member_id,
        ),
    )
    if version_id is None:
        problem = (
            f"the versions of {new.name} cannot be counted on; name one of your own"
            if new.version is None
            else f"version {new.version} of {new.name} exists already; leave the version out to count on, or choose "
            "another"
        )
        raise Conflict(problem, name=new.name, version=new.version)
    message = ModelMessage(client_org=actor.organisation_id, model_version_id=version_id)
    insert_message(session, Topic.MODEL, version_id, message)
    row = get_version(session, actor, version_id)
    record(session, actor, "model_requested", _subject(row), name=row.name, version=row.version)
    return row


def _take_upload(session: Session, actor: Actor, upload_id: int) -> None:
    upload = queries.lock_upload(session, upload_id, organisation_id=actor.organisation_id)
    if upload is None:
        raise NotFound(f"there is no upload {upload_id} of a model", upload_id=upload_id)
    if upload.state != UploadState.COMPLETE:
        raise Conflict(f"upload {upload_id} is not complete; complete it first", upload_id=upload_id)
    if upload.model_version_id is not None:
        raise Conflict(
            f"upload {upload_id} became model version {upload.model_version_id}; upload the file again for another",
            upload_id=upload_id,
            model_version_id=upload.model_version_id,
        )


def _said(new: NewModel) -> dict[str, Any]:
    """Return the keys of `plumbline.json` that were said with the request."""
    said = {} if new.overrides is None else new.overrides.model_dump(mode="json", exclude_unset=True)
    if new.classes and "classes" not in said:
        said["classes"] = list(new.classes)
    return said


def get_version(session: Session, actor: Actor, model_version_id: int) -> VersionRow:
    """Return a version that the actor's organisation brought in; raises NotFound."""
    _require(actor)
    row = queries.find_version(session, model_version_id, client_org=actor.organisation_id)
    if row is None:
        raise NotFound(f"there is no model version {model_version_id}", model_version_id=model_version_id)
    return row


def list_versions(
    session: Session, actor: Actor, *, name: str | None, state: ModelState | None, before: int, limit: int
) -> list[VersionRow]:
    """List what the actor's organisation brought in, newest first."""
    _require(actor)
    return queries.list_versions(
        session,
        client_org=actor.organisation_id,
        name=name,
        state=state.value if state else None,
        before=before,
        limit=limit,
    )


def change_version(
    session: Session, actor: Actor, model_version_id: int, *, licence: str | None, notes: str | None
) -> VersionRow:
    """Say anew what a version's licence is, or what to know of it; None leaves it as it is."""
    before = get_version(session, actor, model_version_id)
    queries.change_version(
        session,
        before.id,
        licence=before.licence if licence is None else licence,
        notes=before.notes if notes is None else notes,
    )
    after = get_version(session, actor, model_version_id)
    if before != after:
        record(session, actor, "model_changed", _subject(after), before=_told(before), after=_told(after))
    return after


def _told(row: VersionRow) -> dict[str, Any]:
    return {"licence": row.licence, "notes": row.notes}


def retire_version(session: Session, actor: Actor, model_version_id: int) -> VersionRow:
    """Let no new run, mapping or policy use a version; what it said stays. Done before, it changes nothing."""
    return _move(session, actor, model_version_id, of=ModelState.READY, to=ModelState.RETIRED, done="retired")


def restore_version(session: Session, actor: Actor, model_version_id: int) -> VersionRow:
    """Let a retired version be used again. Done before, it changes nothing."""
    return _move(session, actor, model_version_id, of=ModelState.RETIRED, to=ModelState.READY, done="restored")


def _move(
    session: Session, actor: Actor, model_version_id: int, *, of: ModelState, to: ModelState, done: str
) -> VersionRow:
    get_version(session, actor, model_version_id)
    moved = queries.move_version(session, model_version_id, of=of.value, to=to.value)
    row = get_version(session, actor, model_version_id)
    if moved:
        record(session, actor, f"model_{done}", _subject(row), name=row.name, version=row.version)
    elif row.state != to:
        raise Conflict(
            f"model version {row.id} is {row.state}; only one that is {of.value} can be {done}",
            model_version_id=row.id,
            state=row.state,
        )
    return row


def set_alias(session: Session, actor: Actor, *, name: str, alias: str, model_version_id: int) -> VersionRow:
    """Have an alias of a model stand for one of its versions from now on."""
    row = get_version(session, actor, model_version_id)
    if row.name != name:
        raise Conflict(
            f"model version {row.id} is one of {row.name}, not of {name}; an alias stands for a version of its model",
            model_version_id=row.id,
            name=row.name,
        )
    require_ready(row)
    key = AliasKey(client_org=actor.organisation_id, name=name, alias=alias)
    before = queries.lock_alias(session, key)
    if before != row.id:
        queries.write_alias(session, key, model_version_id=row.id)
        record(
            session,
            actor,
            "model_alias_set",
            f"model:{name}",
            before={"model_version_id": before},
            after={"model_version_id": row.id},
            alias=alias,
        )
    return get_version(session, actor, model_version_id)


def remove_alias(session: Session, actor: Actor, *, name: str, alias: str) -> None:
    """Take an alias of a model away; raises NotFound when it stands for nothing."""
    _require(actor)
    key = AliasKey(client_org=actor.organisation_id, name=name, alias=alias)
    before = queries.lock_alias(session, key)
    if before is None:
        raise NotFound(f"the model {name} has no alias {alias}", name=name, alias=alias)
    queries.clear_alias(session, key)
    record(session, actor, "model_alias_removed", f"model:{name}", alias=alias, model_version_id=before)


def require_ready(row: VersionRow) -> None:
    """Raise Conflict unless a version can be used."""
    if row.state == ModelState.READY:
        return
    remedies = {
        ModelState.VALIDATING: "wait until it is ready",
        ModelState.REFUSED: "choose another",
        ModelState.RETIRED: "restore it first",
    }
    raise Conflict(
        f"model version {row.id} is {row.state}; {remedies[ModelState(row.state)]}",
        model_version_id=row.id,
        state=row.state,
    )


def find_uploaded(session: Session, model_version_id: int) -> UploadedRow | None:
    """Find a version that was brought in, whatever its state, with its upload and what was said of it."""
    return queries.find_uploaded(session, model_version_id)


def claim_version(session: Session, row: UploadedRow, *, for_s: float) -> datetime | None:
    """Keep a version from all other workers, `for_s` from now; return until when, None when another worker has it."""
    return queries.hold_version(session, row.id, held_until=None, for_s=for_s)


def extend_claim(session: Session, row: UploadedRow, *, held_until: datetime, for_s: float) -> datetime | None:
    """Keep a claimed version for longer; None when it is not held any more. With 0 s it is anybody's at once."""
    return queries.hold_version(session, row.id, held_until=held_until, for_s=for_s)


def mark_ready(session: Session, row: UploadedRow, card: ModelCard, *, prefix: str, sha256: str, size: int) -> bool:
    """Make a version ready and tell who brought it; False when it is not looked at any more."""
    body = card.model_dump(mode="json")
    if not queries.accept_version(
        session, row.id, card=body, prefix=prefix, sha256=sha256, size=size, licence=card.licence
    ):
        return False
    _notify(session, row, NotificationKind.MODEL_READY)
    return True


def mark_refused(session: Session, row: UploadedRow, *, reason: str, detail: str) -> bool:
    """Refuse a version and tell who brought it why; False when it is not looked at any more."""
    if not queries.refuse_version(session, row.id, reason=reason, detail=detail):
        return False
    _notify(session, row, NotificationKind.MODEL_REFUSED, reason=reason, detail=detail)
    return True


def tell_failure(session: Session, row: UploadedRow) -> None:
    """Tell of a version that was given up; a repeat tells nobody again."""
    if queries.note_failure_told(session, row.id):
        _notify(session, row, NotificationKind.MODEL_REFUSED, reason=row.reason, detail=row.detail)


def _notify(session: Session, row: UploadedRow, kind: NotificationKind, **more: Any) -> None:
    notify(
        session,
        organisation_id=row.client_org,
        member_id=row.requested_by,
        kind=kind,
        model_version_id=row.id,
        name=row.name,
        version=row.version,
        **more,
    )


def _require(actor: Actor) -> None:
    actor.require(Role.CLIENT, Role.MANAGER)
    actor.require_client("models")


def _subject(row: VersionRow) -> str:
    return f"model_version:{row.id}"

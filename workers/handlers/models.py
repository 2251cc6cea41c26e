"""Models: an uploaded archive → a checked folder in our own bucket and a card, or a refusal with its remedy."""

import hashlib
from pathlib import Path, PurePosixPath
from typing import Any

import structlog

from domain.errors import NotFound
from domain.models.keys import model_prefix
from domain.models.queries import UploadedRow
from domain.models.rules import digest_files
from domain.models.service import find_uploaded, mark_ready, mark_refused, tell_failure
from runtime.spans import span
from schema.enums import ModelState
from schema.messages import ModelMessage
from workers.envelope import parse_message
from workers.handlers.held_model import held
from workers.models.intake.refusals import ModelRefused, Reason
from workers.models.sandbox import Limits
from workers.models.validation import validate_archive
from workers.scratch import ScratchFolder
from workers.work import Work, client_scope

log = structlog.get_logger()


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, ModelMessage)
    row = _find(work, message)
    if row is not None and row.state == ModelState.VALIDATING:
        with held(work, row) as is_held:
            if not is_held:
                log.info("model_looked_at_elsewhere", model_version_id=row.id)
                return
            try:
                with ScratchFolder("model") as folder:
                    _take_in(work, row, folder)
            except ModelRefused as refusal:
                _refuse(work, row, refusal)
        row = _find(work, message)  # another worker may have been faster, or the sweep
    if row is None:
        return
    if row.state == ModelState.REFUSED:
        with work.database.begin(client_scope(row.client_org)) as session:
            tell_failure(session, row)
        work.bucket.delete_below(_prefix(row), keep=None)  # what a worker that died, or came too late, had stored
    # Only what was told apart in its files is kept. A worker that died before this comes here again.
    work.bucket.delete_below(str(PurePosixPath(row.upload_key).parent) + "/", keep=None)


def _find(work: Work, message: ModelMessage) -> UploadedRow | None:
    with work.database.begin(client_scope(message.client_org)) as session:
        return find_uploaded(session, message.model_version_id)


def _take_in(work: Work, row: UploadedRow, folder: Path) -> None:
    """Fetch the upload, have it looked at, and store what stays. Raises ModelRefused."""
    archive, files = folder / "upload", folder / "files"
    files.mkdir()
    _fetch(work, row, archive)
    settings = work.settings
    with span("validate_model", model_version_id=row.id, bytes=row.upload_bytes):
        card = validate_archive(
            archive,
            name_hint=row.upload_name,
            overrides=row.overrides,
            out_dir=files,
            limits=Limits(
                memory_bytes=settings.model_memory_bytes,
                cpu_s=int(settings.model_timeout_s * work.engine.threads),
                file_bytes=settings.model_max_bytes,
            ),
            timeout_s=settings.model_timeout_s,
            threads=work.engine.threads,
        )
    prefix = _prefix(row)
    for file in card.files:
        work.bucket.put_file(prefix + file.name, files / file.name, content_type="application/octet-stream")
    with work.database.begin(client_scope(row.client_org)) as session:
        is_ready = mark_ready(
            session,
            row,
            card,
            prefix=prefix,
            sha256=digest_files(card.files),
            size=sum(file.bytes for file in card.files),
        )
    if is_ready:
        log.info("model_ready", model_version_id=row.id, family=card.family, files=len(card.files))


def _fetch(work: Work, row: UploadedRow, path: Path) -> None:
    digest = hashlib.sha256()
    try:
        with path.open("wb") as out:
            for chunk in work.bucket.open(row.upload_key, byte_range=None, known_etag=None).chunks:
                digest.update(chunk)
                out.write(chunk)
    except NotFound as error:
        raise ModelRefused(Reason.UPLOAD_LOST, "The uploaded file is not stored any more. Upload it again.") from error
    if row.upload_sha256 not in (None, digest.hexdigest()):
        raise ModelRefused(
            Reason.SHA256_DIFFERS,
            f"{row.upload_name} has the SHA-256 {digest.hexdigest()}, not {row.upload_sha256} as was said. It was "
            "changed on its way, or another file was meant: upload it again.",
        )


def _refuse(work: Work, row: UploadedRow, refusal: ModelRefused) -> None:
    with work.database.begin(client_scope(row.client_org)) as session:
        is_refused = mark_refused(session, row, reason=refusal.reason.value, detail=refusal.message)
    if is_refused:
        log.info("model_refused", model_version_id=row.id, reason=refusal.reason.value)


def _prefix(row: UploadedRow) -> str:
    return model_prefix(client_org=row.client_org, model_version_id=row.id)

"""SQL of runs. A run's row is locked before its chunks, by whoever changes either: the last one to settle sees all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

# The pace of a run is that of its newest chunks: workers come and go, and a pause is soon forgotten.
PACE_CHUNKS = 20


@dataclass(frozen=True, slots=True)
class RunRow:
    id: int
    client_org: int
    project_id: int
    mapping_id: int
    model_version_id: int
    model: str
    version: str
    purpose: str
    name: str
    filter: dict[str, Any]
    show: bool
    state: str
    reason: str | None
    cursor: int
    is_cut: bool
    items: int
    chunks: int
    requested_by: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the chunks of a run came to. `failed` counts the images of chunks that were given up too."""

    done: int = 0
    failed: int = 0
    objects: int = 0


_SELECT = (
    "SELECT r.id, r.client_org, r.project_id, r.mapping_id, r.model_version_id, v.name AS model, v.version, r.purpose, "
    "r.name, r.filter, r.show, r.state, r.reason, r.cursor, r.is_cut, r.items, r.chunks, r.requested_by, r.created_at, "
    "r.finished_at FROM model_run r JOIN model_version v ON v.id = r.model_version_id "
)


def insert_run(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    model_version_id: int,
    mapping_id: int,
    purpose: str,
    name: str,
    filter: dict[str, Any],
    show: bool,
    member: int,
) -> int:
    statement = text(
        "INSERT INTO model_run (client_org, project_id, model_version_id, mapping_id, purpose, name, filter, show, "
        "  requested_by) "
        "VALUES (:client_org, :project, :model, :mapping, :purpose, :name, :filter, :show, :member) RETURNING id"
    ).bindparams(bindparam("filter", type_=JSONB))
    values = {
        "client_org": client_org,
        "project": project_id,
        "model": model_version_id,
        "mapping": mapping_id,
        "purpose": purpose,
        "name": name,
        "filter": filter,
        "show": show,
        "member": member,
    }
    return int(session.execute(statement, values).scalar_one())


def find_run(session: Session, run_id: int) -> RunRow | None:
    row = session.execute(text(_SELECT + "WHERE r.id = :id"), {"id": run_id}).mappings().first()
    return RunRow(**row) if row else None


def lock_run(session: Session, run_id: int) -> RunRow | None:
    """Find a run that nobody else changes, nor a chunk of it, until the transaction ends."""
    row = session.execute(text(_SELECT + "WHERE r.id = :id FOR NO KEY UPDATE OF r"), {"id": run_id}).mappings().first()
    return RunRow(**row) if row else None


def list_runs(session: Session, *, project_id: int, purpose: str | None, before: int, limit: int) -> list[RunRow]:
    """List the runs of a project below an id, newest first."""
    of_purpose = "AND r.purpose = :purpose " if purpose else ""
    rows = session.execute(
        text(f"{_SELECT}WHERE r.project_id = :project AND r.id < :before {of_purpose}ORDER BY r.id DESC LIMIT :limit"),
        {"project": project_id, "before": before, "limit": limit} | ({"purpose": purpose} if purpose else {}),
    ).mappings()
    return [RunRow(**r) for r in rows]


def sum_chunks(session: Session, runs: Sequence[int]) -> dict[int, Progress]:
    """Sum up the chunks of each run; a run without any has no entry."""
    rows = session.execute(
        text(
            "SELECT run_id, sum(done) AS done, sum(objects) AS objects, "
            "  sum(CASE WHEN state = 'failed' THEN cardinality(items) - done ELSE failed END) AS failed "
            "FROM model_run_chunk WHERE run_id = ANY (:runs) GROUP BY run_id"
        ),
        {"runs": list(runs)},
    )
    return {r.run_id: Progress(int(r.done), int(r.failed), int(r.objects)) for r in rows}


def find_pace(session: Session, run_id: int) -> float | None:
    """Return the seconds an image takes of late: from the settling of one chunk to the next, over the newest.

    So it is the pace of all workers together. Of a single chunk its own time counts; None while none is done.
    """
    row = session.execute(
        text(
            "SELECT count(*) AS chunks, sum(done + failed) AS images, sum(took_s) AS took_s, "
            "  extract(epoch FROM max(state_since) - min(state_since)) AS span_s, "
            "  sum(done + failed) FILTER (WHERE nth < chunks) AS after_first "
            "FROM (SELECT state_since, done, failed, took_s, row_number() OVER (ORDER BY state_since DESC) AS nth, "
            "             count(*) OVER () AS chunks "
            "      FROM (SELECT state_since, done, failed, took_s FROM model_run_chunk "
            "            WHERE run_id = :run AND state = 'done' ORDER BY state_since DESC LIMIT :newest) k) n"
        ),
        {"run": run_id, "newest": PACE_CHUNKS},
    ).one()
    if row.chunks > 1 and row.span_s and row.after_first:
        return float(row.span_s) / int(row.after_first)
    return float(row.took_s) / int(row.images) if row.took_s and row.images else None


def set_state(session: Session, run_id: int, *, state: str, reason: str | None = None) -> None:
    """Write a state that does not end a run which `lock_run` holds, and why it is in it."""
    session.execute(
        text("UPDATE model_run SET state = :state, reason = :reason, state_since = now(), resent = 0 WHERE id = :id"),
        {"id": run_id, "state": state, "reason": reason},
    )


def end_run(session: Session, run_id: int, *, state: str, reason: str | None, items: int) -> None:
    """Write the end of a run which `lock_run` holds."""
    session.execute(
        text(
            "UPDATE model_run SET state = :state, reason = :reason, items = :items, finished_at = now(), "
            "state_since = now(), resent = 0 WHERE id = :id"
        ),
        {"id": run_id, "state": state, "reason": reason, "items": items},
    )


def advance(session: Session, run_id: int, *, cursor: int, is_cut: bool, items: int, chunks: int) -> None:
    """Note how far a run which `lock_run` holds is cut, `items` and `chunks` more than before."""
    session.execute(
        text(
            "UPDATE model_run SET cursor = :cursor, is_cut = :is_cut, items = items + :items, "
            "chunks = chunks + :chunks, state_since = now(), resent = 0 WHERE id = :id"
        ),
        {"id": run_id, "cursor": cursor, "is_cut": is_cut, "items": items, "chunks": chunks},
    )

"""SQL of the chunks of runs, and of the items in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger

# What a person reads of a run; whoever has more problems has one cause.
MOST_PROBLEMS = 100
GIVEN_UP = "given up: its chunk was announced several times and never ended; see the dead-letter queue run-dead"


@dataclass(frozen=True, slots=True)
class ChunkRow:
    id: int
    run_id: int
    client_org: int
    project_id: int
    mapping_id: int
    model_version_id: int
    show: bool
    items: list[int]


@dataclass(frozen=True, slots=True)
class ChunkItemRow:
    """An item of a chunk whose image is ready."""

    item_id: int
    image_id: int
    sha256: str
    width: int
    height: int
    output: list[dict[str, Any]] | None
    has_prediction: bool


@dataclass(frozen=True, slots=True)
class RunProblem:
    """Why an image of a run has no objects."""

    image_id: int
    problem: str


def list_ready_items(session: Session, ids: Sequence[int]) -> list[int]:
    """Return those items whose images can be run, in their order."""
    rows = session.execute(
        text(
            "SELECT it.id FROM item it JOIN image i ON i.id = it.image_id "
            "WHERE it.id = ANY (:ids) AND i.state = 'ready' AND i.width IS NOT NULL ORDER BY it.id"
        ),
        {"ids": list(ids)},
    )
    return list(rows.scalars().all())


def insert_chunk(session: Session, *, run_id: int, client_org: int, number: int, items: Sequence[int]) -> int:
    statement = text(
        "INSERT INTO model_run_chunk (run_id, client_org, number, items) "
        "VALUES (:run, :client_org, :number, :items) RETURNING id"
    ).bindparams(bindparam("items", type_=ARRAY(BigInteger)))
    values = {"run": run_id, "client_org": client_org, "number": number, "items": list(items)}
    return int(session.execute(statement, values).scalar_one())


def find_waiting_chunk(session: Session, chunk_id: int) -> ChunkRow | None:
    """Find a chunk that waits, of a run that goes on."""
    row = (
        session.execute(
            text(
                "SELECT c.id, c.run_id, c.client_org, r.project_id, r.mapping_id, r.model_version_id, r.show, c.items "
                "FROM model_run_chunk c JOIN model_run r ON r.id = c.run_id "
                "WHERE c.id = :id AND c.state = 'waiting' AND r.state = 'running'"
            ),
            {"id": chunk_id},
        )
        .mappings()
        .first()
    )
    return ChunkRow(**row) if row else None


def is_waiting(session: Session, chunk_id: int) -> bool:
    """Tell whether a chunk waits; then its run goes on."""
    row = session.execute(text("SELECT 1 FROM model_run_chunk WHERE id = :id AND state = 'waiting'"), {"id": chunk_id})
    return row.first() is not None


def hold_chunk(
    session: Session, chunk_id: int, *, held_until: datetime | None, for_s: float, has_progressed: bool
) -> datetime | None:
    """Keep a chunk that waits for one worker, `for_s` from now, and return until when.

    Whoever holds it says until when it was theirs, and renews or (0 s) ends that; None asks for one that is free. None
    when it is not, or not theirs any more. The state sweep passes over what is held: it waits since a time to come.
    """
    mine = "state_since <= now()" if held_until is None else "state_since = :held_until"
    held: datetime | None = session.execute(
        text(
            "UPDATE model_run_chunk SET state_since = now() + make_interval(secs => :for_s), "
            "resent = CASE WHEN :progressed THEN 0 ELSE resent END "
            f"WHERE id = :id AND state = 'waiting' AND {mine} RETURNING state_since"
        ),
        {"id": chunk_id, "for_s": for_s, "progressed": has_progressed, "held_until": held_until},
    ).scalar()
    return held


def list_chunk_items(session: Session, chunk: ChunkRow) -> list[ChunkItemRow]:
    """List the items of a chunk whose images are still ready, with what the model said of them before."""
    rows = session.execute(
        text(
            "SELECT it.id AS item_id, i.id AS image_id, i.sha256, i.width, i.height, o.objects AS output, "
            "  EXISTS (SELECT FROM prediction p WHERE p.image_id = i.id AND p.project_id = it.project_id "
            "          AND p.model_version_id = :model AND p.mapping_id = :mapping) AS has_prediction "
            "FROM item it JOIN image i ON i.id = it.image_id "
            "LEFT JOIN model_output o ON o.image_id = i.id AND o.model_version_id = :model "
            "WHERE it.id = ANY (:ids) AND i.state = 'ready' AND i.width IS NOT NULL ORDER BY it.id"
        ),
        {"ids": list(chunk.items), "model": chunk.model_version_id, "mapping": chunk.mapping_id},
    ).mappings()
    return [ChunkItemRow(**r) for r in rows]


def end_chunk(
    session: Session,
    chunk_id: int,
    *,
    done: int,
    failed: int,
    objects: int,
    problems: list[dict[str, Any]],
    took_s: float,
    is_whole: bool,
) -> bool:
    """Settle a waiting chunk, if it `is_whole`; False when it is not, or does not wait any more.

    What a worker had in hand of a chunk that was cancelled is noted, once.
    """
    statement = text(
        "UPDATE model_run_chunk SET state = CASE state WHEN 'waiting' THEN 'done' ELSE state END, done = :done, "
        "failed = :failed, objects = :objects, problems = :problems, took_s = :took_s, state_since = now(), resent = 0 "
        "WHERE id = :id AND ((state = 'waiting' AND :whole) OR (state = 'cancelled' AND took_s IS NULL)) "
        "RETURNING state"
    ).bindparams(bindparam("problems", type_=JSONB(none_as_null=True)))
    values = {
        "id": chunk_id,
        "done": done,
        "failed": failed,
        "objects": objects,
        "problems": problems or None,
        "took_s": took_s,
        "whole": is_whole,
    }
    return session.execute(statement, values).scalar() == "done"


def has_unsettled_chunk(session: Session, run_id: int) -> bool:
    """Tell whether a chunk of a run waits or is paused, looking from the last one: the first ones settle first."""
    row = session.execute(
        text(
            "SELECT 1 FROM model_run_chunk WHERE run_id = :run AND state IN ('waiting', 'paused') "
            "ORDER BY number DESC LIMIT 1"
        ),
        {"run": run_id},
    )
    return row.first() is not None


def set_chunk_states(session: Session, run_id: int, *, of: Sequence[str], to: str) -> None:
    """Move the chunks of a run that `lock_run` holds from some states to another."""
    session.execute(
        text(
            "UPDATE model_run_chunk SET state = :to, state_since = now(), resent = 0 "
            "WHERE run_id = :run AND state = ANY (:of)"
        ),
        {"run": run_id, "of": list(of), "to": to},
    )


def release_chunks(session: Session, run_id: int, *, limit: int) -> list[int]:
    """Have paused chunks of a run that `lock_run` holds wait again, the first ones first; return them."""
    rows = session.execute(
        text(
            "WITH paused AS (SELECT id FROM model_run_chunk WHERE run_id = :run AND state = 'paused' "
            "                ORDER BY number LIMIT :limit) "
            "UPDATE model_run_chunk c SET state = 'waiting', state_since = now(), resent = 0 "
            "FROM paused WHERE c.id = paused.id RETURNING c.id"
        ),
        {"run": run_id, "limit": limit},
    )
    return sorted(rows.scalars().all())


def list_problems(session: Session, run_id: int) -> list[RunProblem]:
    """List what kept images of a run from having objects, by chunk, `MOST_PROBLEMS` at most.

    Each chunk that is picked has a problem or more: as many chunks as problems are enough.
    """
    rows = session.execute(
        text(
            "WITH picked AS MATERIALIZED ("
            "  SELECT c.number, c.state, c.items, c.problems FROM model_run_chunk c "
            "  WHERE c.run_id = :run AND (c.problems IS NOT NULL OR c.state = 'failed') "
            "  ORDER BY c.number LIMIT :limit) "
            "SELECT CAST(p.image_id AS bigint) AS image_id, p.problem FROM ("
            "  SELECT c.number, n.place, n.told->>'image_id' AS image_id, n.told->>'problem' AS problem "
            "  FROM picked c CROSS JOIN jsonb_array_elements(c.problems) WITH ORDINALITY AS n (told, place) "
            "  UNION ALL "
            "  SELECT c.number, it.id, CAST(it.image_id AS text), :given_up FROM picked c "
            "  JOIN item it ON it.id = ANY (c.items) WHERE c.state = 'failed' "
            ") p ORDER BY p.number, p.place LIMIT :limit"
        ),
        {"run": run_id, "given_up": GIVEN_UP, "limit": MOST_PROBLEMS},
    )
    return [RunProblem(r.image_id, r.problem) for r in rows]

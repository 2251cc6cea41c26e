"""SQL of pre-labelling."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits for its pre-labels. `prediction_id` is there when an earlier try stored one."""

    task_id: int
    client_org: int
    project_id: int
    image_id: int
    sha256: str
    policy: dict[str, Any]
    model_version_id: int
    prediction_id: int | None


def find_waiting_task(session: Session, *, task_id: int, model: str) -> WaitingTask | None:
    row = (
        session.execute(
            text(
                "SELECT t.id AS task_id, t.client_org, t.project_id, i.id AS image_id, i.sha256, y.body AS policy, "
                "  v.id AS model_version_id, p.id AS prediction_id "
                "FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
                "JOIN project j ON j.id = t.project_id "
                "JOIN policy_version y ON y.project_id = j.id AND y.version = j.policy_version "
                "JOIN model_version v ON v.client_org IS NULL AND v.name = :model "
                "LEFT JOIN prediction p ON p.image_id = i.id AND p.model_version_id = v.id "
                "  AND p.project_id = t.project_id AND p.mapping_id IS NULL "
                "WHERE t.id = :task AND t.state = 0"
            ),
            {"task": task_id, "model": model},
        )
        .mappings()
        .first()
    )
    return WaitingTask(**row) if row else None


def insert_prediction(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    image_id: int,
    model_version_id: int,
    mapping_id: int | None,
    objects: list[dict[str, Any]],
) -> int:
    """Store what a model version says of an image in a project's classes, or meet what it said before; return its id.

    `mapping_id` is None for imports and the built-in proposer, whose objects have the project's classes anyway.
    """
    values = {
        "client_org": client_org,
        "project": project_id,
        "image": image_id,
        "model": model_version_id,
        "mapping": mapping_id,
        "objects": objects,
    }
    inserted = session.execute(
        text(
            "INSERT INTO prediction (client_org, project_id, image_id, model_version_id, mapping_id, objects) "
            "VALUES (:client_org, :project, :image, :model, :mapping, :objects) ON CONFLICT DO NOTHING RETURNING id"
        ).bindparams(bindparam("objects", type_=JSONB)),
        values,
    ).scalar()
    if inserted is not None:
        return int(inserted)
    found = session.execute(
        text(
            "SELECT id FROM prediction WHERE image_id = :image AND project_id = :project "
            "AND model_version_id = :model AND mapping_id IS NOT DISTINCT FROM :mapping"
        ),
        values,
    )
    return int(found.scalar_one())


def open_task(session: Session, *, task_id: int, prediction_id: int | None) -> bool:
    """Open a waiting task with its first seat in the fresh lane; False when it is not waiting."""
    row = session.execute(
        text(
            # Labels that were imported while it waited are shown rather than a model's.
            "WITH opened AS (UPDATE task SET state = 1, seats = 1, "
            "    shown_prediction_id = coalesce(shown_prediction_id, :prediction), "
            "    state_since = now(), resent = 0 WHERE id = :task AND state = 0 "
            "  RETURNING id, client_org, project_id, stage) "
            "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
            "SELECT o.id, 1, o.client_org, o.project_id, l.id, nextval('queue_key') FROM opened o "
            "JOIN lane l ON l.project_id = o.project_id AND l.stage = o.stage AND l.kind = 'fresh' "
            "  AND l.requirement_key = '' AND l.urgency = 0 RETURNING 1"
        ),
        {"task": task_id, "prediction": prediction_id},
    )
    return row.first() is not None

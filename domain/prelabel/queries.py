"""SQL of pre-labelling."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A task that waits for its pre-labels, its image, and the policy that it opens by."""

    task_id: int
    client_org: int
    project_id: int
    image_id: int
    sha256: str
    width: int
    height: int
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The model version of a mapping, and the mapping."""

    model_version_id: int
    mapping_id: int
    prefix: str | None
    card: dict[str, Any]
    state: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnbegunTask:
    """A label task that nobody has begun; its seats and itself are locked."""

    id: int
    submits: int
    policy_version: int
    hidden_arm: bool


def find_waiting_task(session: Session, *, task_id: int) -> WaitingRow | None:
    row = (
        session.execute(
            text(
                "SELECT t.id AS task_id, t.client_org, t.project_id, i.id AS image_id, i.sha256, i.width, i.height, "
                "  y.body AS policy FROM task t JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id "
                "JOIN project j ON j.id = t.project_id "
                "JOIN policy_version y ON y.project_id = j.id AND y.version = j.policy_version "
                "WHERE t.id = :task AND t.state = 0"
            ),
            {"task": task_id},
        )
        .mappings()
        .first()
    )
    return WaitingRow(**row) if row else None


def get_built_in(session: Session, name: str) -> int:
    """Return the id of a model version of ours."""
    found = session.execute(
        text("SELECT id FROM model_version WHERE client_org IS NULL AND name = :name ORDER BY id DESC LIMIT 1"),
        {"name": name},
    )
    return int(found.scalar_one())


def find_model(session: Session, *, project_id: int, mapping_id: int) -> ModelRow | None:
    """Find a mapping of a project with its model."""
    row = (
        session.execute(
            text(
                "SELECT v.id AS model_version_id, m.id AS mapping_id, v.prefix, v.card, v.state, m.body "
                "FROM class_mapping m JOIN model_version v ON v.id = m.model_version_id "
                "WHERE m.id = :mapping AND m.project_id = :project"
            ),
            {"mapping": mapping_id, "project": project_id},
        )
        .mappings()
        .first()
    )
    return ModelRow(**row) if row else None


def insert_output(
    session: Session,
    *,
    client_org: int,
    image_id: int,
    model_version_id: int,
    objects: list[dict[str, Any]],
    took_ms: float | None,
) -> bool:
    """Keep what a model says of an image in its own classes; False when it is kept already."""
    row = session.execute(
        text(
            "INSERT INTO model_output (client_org, image_id, model_version_id, objects, took_ms) "
            "VALUES (:client_org, :image, :model, :objects, :took_ms) ON CONFLICT DO NOTHING RETURNING 1"
        ).bindparams(bindparam("objects", type_=JSONB)),
        {
            "client_org": client_org,
            "image": image_id,
            "model": model_version_id,
            "objects": objects,
            "took_ms": took_ms,
        },
    )
    return row.first() is not None


def find_output(session: Session, *, image_id: int, model_version_id: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] | None = session.execute(
        text("SELECT objects FROM model_output WHERE image_id = :image AND model_version_id = :model"),
        {"image": image_id, "model": model_version_id},
    ).scalar()
    return found


def find_prediction(
    session: Session, *, image_id: int, project_id: int, model_version_id: int, mapping_id: int | None
) -> int | None:
    found: int | None = session.execute(
        text(
            "SELECT id FROM prediction WHERE image_id = :image AND project_id = :project "
            "AND model_version_id = :model AND mapping_id IS NOT DISTINCT FROM CAST(:mapping AS bigint)"
        ),
        {"image": image_id, "project": project_id, "model": model_version_id, "mapping": mapping_id},
    ).scalar()
    return found


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
    found = find_prediction(
        session, image_id=image_id, project_id=project_id, model_version_id=model_version_id, mapping_id=mapping_id
    )
    assert found is not None, "what stood in the way of the insert is there"
    return found


def open_task(session: Session, *, task_id: int, prediction_id: int | None, is_hidden: bool) -> bool:
    """Open a waiting task with its first seat in the fresh lane; False when it is not waiting.

    The first round of an item decides on its arm: people who saw pre-labels cannot unsee them in a later one.
    """
    row = session.execute(
        text(
            # Labels that were imported while it waited are shown rather than a model's.
            "WITH opened AS (UPDATE task SET state = 1, seats = 1, state_since = now(), resent = 0, "
            "    hidden_arm = CASE WHEN round = 1 THEN :hidden ELSE hidden_arm END, "
            "    shown_prediction_id = CASE WHEN NOT CASE WHEN round = 1 THEN :hidden ELSE hidden_arm END "
            "                          THEN coalesce(shown_prediction_id, :prediction) END "
            "  WHERE id = :task AND state = 0 RETURNING id, client_org, project_id, stage) "
            "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
            "SELECT o.id, 1, o.client_org, o.project_id, l.id, nextval('queue_key') FROM opened o "
            "JOIN lane l ON l.project_id = o.project_id AND l.stage = o.stage AND l.kind = 'fresh' "
            "  AND l.requirement_key = '' AND l.urgency = 0 RETURNING 1"
        ),
        {"task": task_id, "prediction": prediction_id, "hidden": is_hidden},
    )
    return row.first() is not None


def lock_unbegun(session: Session, item_id: int) -> UnbegunTask | None:
    """Lock the newest label task of an item if nobody has ever held a seat of it; None when somebody has.

    Seats first, then their task, as a claim and a submit lock them.
    """
    values = {"item": item_id}
    session.execute(
        text(
            "SELECT 1 FROM seat s JOIN task t ON t.id = s.task_id WHERE t.item_id = :item AND t.stage = 'label' "
            "AND t.state IN (0, 1) ORDER BY s.task_id, s.seat_no FOR UPDATE OF s"
        ),
        values,
    )
    row = (
        session.execute(
            text(
                "SELECT t.id, t.submits, p.policy_version, t.hidden_arm FROM task t "
                "JOIN project p ON p.id = t.project_id WHERE t.item_id = :item AND t.stage = 'label' "
                "AND t.state IN (0, 1) AND t.votes = 0 AND t.submits = 0 "
                "AND NOT t.frozen AND NOT EXISTS (SELECT FROM lease l WHERE l.task_id = t.id) "
                "ORDER BY t.round DESC LIMIT 1 FOR NO KEY UPDATE OF t"
            ),
            values,
        )
        .mappings()
        .first()
    )
    return UnbegunTask(**row) if row else None


def show_prediction(session: Session, *, task_id: int, prediction_id: int) -> None:
    """Show a prediction to whoever begins the task; one of the hidden arm shows none."""
    session.execute(
        text("UPDATE task SET shown_prediction_id = :prediction WHERE id = :task AND NOT hidden_arm"),
        {"task": task_id, "prediction": prediction_id},
    )

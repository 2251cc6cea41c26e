"""SQL of prediction sets: what all predictions of one mapping say. Writes nothing but what tasks show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class SetRow:
    """A mapping with predictions; its counts are of its first images alone where they are not complete."""

    mapping_id: int
    model_version_id: int
    model: str
    version: str
    images: int
    objects: int
    is_complete: bool
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class SetPicture:
    """A picture with what a set says of it; no prediction: it says nothing yet."""

    image_id: int
    item_id: int
    client_org: int
    key: str
    width: int | None
    height: int | None
    sha256: str | None
    prediction_id: int | None
    objects: list[dict[str, Any]] | None


def list_sets(session: Session, *, project_id: int, after: int, limit: int, counted: int) -> list[SetRow]:
    """List the mappings of a project that have predictions, by id; counts end at `counted` images."""
    rows = session.execute(
        text(
            "SELECT m.id AS mapping_id, m.model_version_id, v.name AS model, v.version, n.images, n.objects, "
            "  n.is_complete, w.created_at AS newest_at FROM (SELECT x.id, x.model_version_id FROM class_mapping x "
            "      WHERE x.project_id = :project AND x.id > :after AND EXISTS (SELECT FROM prediction p "
            "      WHERE p.mapping_id = x.id) ORDER BY x.id LIMIT :limit) m "
            "JOIN model_version v ON v.id = m.model_version_id "
            "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE q.nth <= :counted) AS images, "
            "    coalesce(sum(q.object_count) FILTER (WHERE q.nth <= :counted), 0) AS objects, "
            "    count(*) <= :counted AS is_complete "
            "  FROM (SELECT p.object_count, row_number() OVER (ORDER BY p.image_id) AS nth FROM prediction p "
            "        WHERE p.mapping_id = m.id ORDER BY p.image_id LIMIT :counted + 1) q) n "
            "CROSS JOIN LATERAL (SELECT p.created_at FROM prediction p WHERE p.mapping_id = m.id "
            "                    ORDER BY p.created_at DESC LIMIT 1) w ORDER BY m.id"
        ),
        {"project": project_id, "after": after, "limit": limit, "counted": counted},
    ).mappings()
    return [SetRow(**r) for r in rows]


def list_set_pictures(
    session: Session, *, project_id: int, mapping_id: int, after: int, limit: int
) -> list[SetPicture]:
    """List the pictures of a set beyond an image."""
    rows = session.execute(
        text(
            "SELECT p.image_id, it.id AS item_id, p.client_org, i.key, i.width, i.height, i.sha256, "
            "  p.id AS prediction_id, p.objects FROM prediction p JOIN image i ON i.id = p.image_id "
            "JOIN item it ON it.image_id = p.image_id AND it.project_id = p.project_id AND it.part_key = '' "
            "WHERE p.mapping_id = :mapping AND p.project_id = :project AND p.image_id > :after "
            "ORDER BY p.image_id LIMIT :limit"
        ),
        {"mapping": mapping_id, "project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [SetPicture(**r) for r in rows]


def list_run_pictures(session: Session, *, run_id: int, after: int, limit: int) -> list[SetPicture]:
    """List the pictures of a run's chunks beyond an item, with what its mapping's set says of them.

    Chunks are cut by item, so that their order is that of the items in them.
    """
    rows = session.execute(
        text(
            "SELECT it.image_id, it.id AS item_id, it.client_org, i.key, i.width, i.height, i.sha256, "
            "  p.id AS prediction_id, p.objects FROM ("
            "    SELECT n.item_id, r.mapping_id, r.model_version_id FROM model_run_chunk c "
            "    JOIN model_run r ON r.id = c.run_id CROSS JOIN unnest(c.items) AS n (item_id) "
            "    WHERE c.run_id = :run AND c.items[cardinality(c.items)] > :after AND n.item_id > :after "
            "    ORDER BY c.number, n.item_id LIMIT :limit) w "
            "JOIN item it ON it.id = w.item_id JOIN image i ON i.id = it.image_id "
            "LEFT JOIN prediction p ON p.image_id = it.image_id AND p.project_id = it.project_id "
            "  AND p.model_version_id = w.model_version_id AND p.mapping_id = w.mapping_id ORDER BY it.id"
        ),
        {"run": run_id, "after": after, "limit": limit},
    ).mappings()
    return [SetPicture(**r) for r in rows]


@dataclass(frozen=True, slots=True)
class Offered:
    """An item's prediction in a set that is to be shown."""

    image_id: int
    item_id: int
    prediction_id: int


def list_offered(session: Session, *, project_id: int, mapping_id: int, after: int, limit: int) -> list[Offered]:
    """List what a set has to show, by image beyond `after`."""
    rows = session.execute(
        text(
            "SELECT p.image_id, it.id AS item_id, p.id AS prediction_id FROM prediction p "
            "JOIN item it ON it.image_id = p.image_id AND it.project_id = p.project_id "
            "WHERE p.mapping_id = :mapping AND p.project_id = :project AND p.image_id > :after "
            "ORDER BY p.image_id LIMIT :limit"
        ),
        {"mapping": mapping_id, "project": project_id, "after": after, "limit": limit},
    ).mappings()
    return [Offered(**r) for r in rows]


def show_offered(session: Session, offered: Sequence[Offered]) -> tuple[int, int]:
    """Show predictions to the unfinished label tasks of their items; return how many tasks show another one now, and
    how many people have begun. Those of the hidden arm show none.

    Seats first, then their tasks, by id, as a claim and a submit lock them.
    """
    values = {"items": [o.item_id for o in offered], "predictions": [o.prediction_id for o in offered]}
    session.execute(
        text(
            "SELECT 1 FROM seat s JOIN task t ON t.id = s.task_id WHERE t.item_id = ANY (:items) AND t.stage = 'label' "
            "AND t.state IN (0, 1) ORDER BY s.task_id, s.seat_no FOR UPDATE OF s"
        ),
        {"items": values["items"]},
    )
    row = session.execute(
        text(
            "WITH held AS (SELECT t.id, t.item_id, t.hidden_arm, t.shown_prediction_id, "
            "    t.votes > 0 OR t.submits > 0 OR t.frozen OR EXISTS (SELECT FROM lease l WHERE l.task_id = t.id) "
            "      AS begun FROM task t WHERE t.item_id = ANY (:items) AND t.stage = 'label' AND t.state IN (0, 1) "
            "    AND t.purpose <> 'gold' "
            "    ORDER BY t.id FOR NO KEY UPDATE OF t), "
            "offered AS (SELECT * FROM unnest(CAST(:items AS bigint[]), CAST(:predictions AS bigint[])) "
            "            AS o (item_id, prediction_id)), "
            "changed AS (UPDATE task t SET shown_prediction_id = o.prediction_id FROM held h JOIN offered o "
            "    USING (item_id) WHERE t.id = h.id AND NOT h.begun AND NOT h.hidden_arm "
            "    AND t.shown_prediction_id IS DISTINCT FROM o.prediction_id RETURNING 1) "
            "SELECT (SELECT count(*) FROM changed) AS changed, (SELECT count(*) FROM held WHERE begun) AS begun"
        ),
        values,
    ).one()
    return row.changed, row.begun

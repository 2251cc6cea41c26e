"""SQL of what a run would cost: which images a model has seen, and how long it took of late."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

NEWEST_OUTPUTS = 200


@dataclass(frozen=True, slots=True)
class Covered:
    """How many images a run can take, and of how many of them the model has an output."""

    images: int
    known: int


def count_covered(session: Session, items: Sequence[int], *, model_version_id: int) -> Covered:
    row = session.execute(
        text(
            "SELECT count(*) AS images, count(o.image_id) AS known FROM item it JOIN image i ON i.id = it.image_id "
            "LEFT JOIN model_output o ON o.image_id = i.id AND o.model_version_id = :model "
            "WHERE it.id = ANY (:ids) AND i.state = 'ready' AND i.width IS NOT NULL"
        ),
        {"ids": list(items), "model": model_version_id},
    ).one()
    return Covered(row.images, row.known)


def find_seconds_per_image(session: Session, model_version_id: int) -> float | None:
    """Return the mean time of a model's newest outputs; None while it has none."""
    mean: float | None = session.execute(
        text(
            "SELECT avg(took_ms) / 1000 FROM (SELECT took_ms FROM model_output WHERE model_version_id = :model "
            "AND took_ms IS NOT NULL ORDER BY created_at DESC LIMIT :newest) newest"
        ),
        {"model": model_version_id, "newest": NEWEST_OUTPUTS},
    ).scalar()
    return mean


def list_missing_images(session: Session, project_id: int, images: Sequence[int]) -> list[int]:
    """Return those images that are no ready picture of a project."""
    rows = session.execute(
        text(
            "SELECT w.id FROM unnest(CAST(:images AS bigint[])) AS w (id) WHERE NOT EXISTS ("
            "  SELECT FROM item it JOIN image i ON i.id = it.image_id WHERE it.image_id = w.id "
            "  AND it.project_id = :project AND i.state = 'ready' AND i.width IS NOT NULL) ORDER BY w.id"
        ),
        {"project": project_id, "images": list(images)},
    )
    return list(rows.scalars().all())

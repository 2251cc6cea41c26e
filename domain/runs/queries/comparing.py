"""SQL of what is compared with a prediction set: another set, the final labels, answers to what it showed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PairRow:
    """A picture with what set `a` says of it, and set `b` or the accepted labels."""

    image_id: int
    item_id: int
    client_org: int
    key: str
    sha256: str | None
    width: int
    height: int
    a: list[dict[str, Any]]
    b: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What was shown, and what was made of it."""

    shown: list[dict[str, Any]]
    answer: list[dict[str, Any]]


_OTHER_SET = "JOIN prediction o ON o.mapping_id = :b AND o.image_id = a.image_id AND o.project_id = :project"
_FINAL = (
    "JOIN LATERAL (SELECT t.state, t.decision_id FROM task t WHERE t.item_id = it.id AND t.stage = 'label' "
    "              ORDER BY t.round DESC LIMIT 1) t ON t.state = 4 "
    "CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(c.object ORDER BY c.position), '[]') AS objects "
    "                    FROM consensus_object c WHERE c.decision_id = t.decision_id) o"
)


def list_set_images(session: Session, *, project_id: int, mapping_id: int, limit: int) -> list[int]:
    """List the first images of a set."""
    rows = session.execute(
        text(
            "SELECT image_id FROM prediction WHERE mapping_id = :mapping AND project_id = :project "
            "ORDER BY image_id LIMIT :limit"
        ),
        {"mapping": mapping_id, "project": project_id, "limit": limit},
    )
    return list(rows.scalars().all())


def list_pairs(
    session: Session, images: list[int], *, project_id: int, a: int, b: int | None, limit: int
) -> list[PairRow]:
    """List those images of set `a` that set `b` has too, or that have final labels where `b` is None, by id."""
    rows = session.execute(
        text(
            "SELECT a.image_id, it.id AS item_id, a.client_org, i.key, i.sha256, i.width, i.height, a.objects AS a, "
            "  o.objects AS b FROM prediction a JOIN image i ON i.id = a.image_id AND i.width IS NOT NULL "
            "JOIN item it ON it.image_id = a.image_id AND it.project_id = a.project_id AND it.part_key = '' "
            f"{_FINAL if b is None else _OTHER_SET} "
            "WHERE a.mapping_id = :a AND a.project_id = :project AND a.image_id = ANY (:images) "
            "ORDER BY a.image_id LIMIT :limit"
        ),
        {"project": project_id, "a": a, "images": images, "limit": limit} | ({} if b is None else {"b": b}),
    ).mappings()
    return [PairRow(**r) for r in rows]


def list_shown_answers(session: Session, images: list[int], *, project_id: int, mapping_id: int) -> list[AnswerRow]:
    """List the answers that count, of those whose leases showed a set's prediction of some images."""
    rows = session.execute(
        text(
            "SELECT p.objects AS shown, a.objects AS answer FROM prediction p "
            "JOIN item it ON it.image_id = p.image_id AND it.project_id = p.project_id "
            "JOIN task t ON t.item_id = it.id AND t.stage = 'label' "
            "JOIN annotation a ON a.task_id = t.id "
            "JOIN seat s ON s.task_id = a.task_id AND s.seat_no = a.seat_no AND s.lease_id = a.lease_id "
            "  AND s.state = 2 "
            "JOIN lease l ON l.id = a.lease_id AND l.shown_prediction_id = p.id "
            "WHERE p.mapping_id = :mapping AND p.project_id = :project AND p.image_id = ANY (:images)"
        ),
        {"mapping": mapping_id, "project": project_id, "images": images},
    ).mappings()
    return [AnswerRow(**r) for r in rows]

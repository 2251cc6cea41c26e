"""SQL of what is compared with a prediction set: another set, the final labels, answers to what it showed.

What is beyond a bound is cut off where it lies: its documents are never read.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Bounded(Generic[Row]):
    """The first rows of what was asked for; not complete where more may follow."""

    rows: tuple[Row, ...]
    is_complete: bool


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


def _first(found: str, *, by: str, objects: str) -> str:
    """Return the query of `found`'s first rows: `:limit` of them, with `:most_objects` together, but one at least.

    `objects` says how many a row `f` has. `found` of each row counts them all, one beyond the limit at most.
    """
    return (
        "SELECT * FROM ("
        f"  SELECT f.*, row_number() OVER w AS nth, sum({objects}) OVER w AS so_far, count(*) OVER () AS found "
        f"  FROM ({found} ORDER BY {by} LIMIT :limit + 1) f WINDOW w AS (ORDER BY {by} ROWS UNBOUNDED PRECEDING)"
        ") s WHERE s.nth <= :limit AND (s.nth = 1 OR s.so_far <= :most_objects)"
    )


_PICTURE = "a.image_id, it.id AS item_id, a.client_org, i.key, i.sha256, i.width, i.height, a.objects AS a"
_OF_SET = (
    "FROM prediction a JOIN image i ON i.id = a.image_id AND i.width IS NOT NULL "
    "JOIN item it ON it.image_id = a.image_id AND it.project_id = a.project_id AND it.part_key = ''"
)
_OF_IMAGES = "WHERE a.mapping_id = :a AND a.project_id = :project AND a.image_id = ANY (:images)"
_WITH_OTHER_SET = _first(
    f"SELECT {_PICTURE}, o.objects AS b, a.object_count + o.object_count AS objects {_OF_SET} "
    "JOIN prediction o ON o.mapping_id = :b AND o.image_id = a.image_id AND o.project_id = :project "
    f"{_OF_IMAGES}",
    by="image_id",
    objects="f.objects",
)
_WITH_FINAL = (
    "SELECT k.*, o.objects AS b FROM ("
    + _first(
        f"SELECT {_PICTURE}, t.decision_id, a.object_count {_OF_SET} "
        "JOIN LATERAL (SELECT t.state, t.decision_id FROM task t WHERE t.item_id = it.id AND t.stage = 'label' "
        "              ORDER BY t.round DESC LIMIT 1) t ON t.state = 4 "
        f"{_OF_IMAGES}",
        by="image_id",
        objects="f.object_count + (SELECT count(*) FROM consensus_object c WHERE c.decision_id = f.decision_id)",
    )
    + ") k CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(c.object ORDER BY c.position), '[]') AS objects "
    "                          FROM consensus_object c WHERE c.decision_id = k.decision_id) o"
)
_SHOWN_ANSWERS = _first(
    "SELECT p.image_id, a.lease_id, p.object_count, p.objects AS shown, a.objects AS answer FROM prediction p "
    "JOIN item it ON it.image_id = p.image_id AND it.project_id = p.project_id "
    "JOIN task t ON t.item_id = it.id AND t.stage = 'label' AND t.purpose <> 'gold' "
    "JOIN annotation a ON a.task_id = t.id "
    "JOIN seat s ON s.task_id = a.task_id AND s.seat_no = a.seat_no AND s.lease_id = a.lease_id AND s.state = 2 "
    "JOIN lease l ON l.id = a.lease_id AND l.shown_prediction_id = p.id "
    "WHERE p.mapping_id = :mapping AND p.project_id = :project AND p.image_id = ANY (:images)",
    by="image_id, lease_id",
    objects="f.object_count + jsonb_array_length(f.answer)",
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
    session: Session, images: list[int], *, project_id: int, a: int, b: int | None, limit: int, most_objects: int
) -> Bounded[PairRow]:
    """List those images of set `a` that set `b` has too, or that have final labels where `b` is None, by id."""
    values = {"project": project_id, "a": a, "images": images, "limit": limit, "most_objects": most_objects}
    rows = session.execute(
        text(f"SELECT * FROM ({_WITH_FINAL if b is None else _WITH_OTHER_SET}) p ORDER BY image_id"),
        values | ({} if b is None else {"b": b}),
    ).all()
    pairs = tuple(
        PairRow(r.image_id, r.item_id, r.client_org, r.key, r.sha256, r.width, r.height, r.a, r.b) for r in rows
    )
    return Bounded(pairs, not rows or rows[0].found == len(rows))


def list_shown_answers(
    session: Session, images: list[int], *, project_id: int, mapping_id: int, limit: int, most_objects: int
) -> Bounded[AnswerRow]:
    """List the answers that count, of those whose leases showed a set's prediction of some images, by image."""
    values = {"mapping": mapping_id, "project": project_id, "images": images}
    rows = session.execute(
        text(f"SELECT shown, answer, found FROM ({_SHOWN_ANSWERS}) p ORDER BY image_id, lease_id"),
        values | {"limit": limit, "most_objects": most_objects},
    ).all()
    return Bounded(tuple(AnswerRow(r.shown, r.answer) for r in rows), not rows or rows[0].found == len(rows))

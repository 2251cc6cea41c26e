"""Use cases of prediction sets: what they are, what they say, how they differ, what people make of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import NotFound
from domain.prelabel.queries import find_model
from domain.prelabel.rules import tell_outcomes
from domain.projects.service import require_active
from domain.runs.comparison import ClassFigures, ComparisonSums, match_picture
from domain.runs.queries import comparing, sets
from domain.runs.queries.comparing import Bounded, PairRow
from domain.runs.queries.sets import SetPicture, SetRow
from domain.runs.requesting import get_client_project, get_run
from domain.scope import Actor
from schema.objects import OBJECTS

# Counts of a set look no further than this.
MOST_COUNTED = 10_000
# A comparison and an acceptance look at no more, so that they answer in seconds; what is compared: pictures or answers.
MOST_LOOKED_AT = 10_000
MOST_COMPARED = 2_000
MOST_OBJECTS = 20_000
MOST_DIFFERING = 100
# How many pictures' tasks one request changes.
SHOWN_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class PictureDifference:
    """How two sets differ on a picture: objects of one only, pairs in place but not in class, and pairs."""

    row: PairRow
    only_a: int
    only_b: int
    other_class: int
    matched: int

    @property
    def size(self) -> int:
        return self.only_a + self.only_b + self.other_class


@dataclass(frozen=True, slots=True)
class SetComparison:
    classes: tuple[ClassFigures, ...]
    differing: tuple[PictureDifference, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What showing a part of a set changed, and the image to go on after; None when all was shown."""

    tasks_changed: int
    tasks_begun: int
    next: int | None


@dataclass(frozen=True, slots=True)
class ClassAcceptance:
    """What people made of a set's pre-labels of one class."""

    class_id: int
    accepted: int
    edited: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What people made of a set's pre-labels, over `answers` label answers: the first ones where not complete."""

    answers: int
    is_complete: bool
    classes: tuple[ClassAcceptance, ...]


def list_sets(session: Session, actor: Actor, project_id: int, *, after: int, limit: int) -> list[SetRow]:
    project = get_client_project(session, actor, project_id)
    return sets.list_sets(session, project_id=project.id, after=after, limit=limit, counted=MOST_COUNTED)


def list_set_pictures(
    session: Session, actor: Actor, project_id: int, mapping_id: int, *, after: int, limit: int
) -> list[SetPicture]:
    _check_set(session, actor, project_id, mapping_id)
    return sets.list_set_pictures(session, project_id=project_id, mapping_id=mapping_id, after=after, limit=limit)


def list_run_pictures(
    session: Session, actor: Actor, project_id: int, run_id: int, *, after: int, limit: int
) -> list[SetPicture]:
    """List the pictures that a run has cut so far, with what its model says of them."""
    run = get_run(session, actor, project_id, run_id)
    return sets.list_run_pictures(session, run_id=run.row.id, after=after, limit=limit)


def show_set(session: Session, actor: Actor, project_id: int, mapping_id: int, *, after: int) -> Shown:
    """Show a set's pre-labels to the tasks of its next `SHOWN_AT_ONCE` images that nobody has begun."""
    _check_set(session, actor, project_id, mapping_id)
    require_active(get_client_project(session, actor, project_id))
    offered = sets.list_offered(
        session, project_id=project_id, mapping_id=mapping_id, after=after, limit=SHOWN_AT_ONCE + 1
    )
    changed, begun = sets.show_offered(session, offered[:SHOWN_AT_ONCE])
    record(
        session,
        actor,
        "prediction_set_shown",
        f"mapping:{mapping_id}",
        project_id=project_id,
        beyond_image=after,
        tasks_changed=changed,
    )
    return Shown(changed, begun, offered[SHOWN_AT_ONCE - 1].image_id if len(offered) > SHOWN_AT_ONCE else None)


def read_pairs(session: Session, actor: Actor, project_id: int, *, a: int, b: int | None) -> Bounded[PairRow]:
    """Read the first pictures that two sets share, or a set and the final labels; they are compared afterwards."""
    _check_set(session, actor, project_id, a)
    if b is not None:
        _check_set(session, actor, project_id, b)
    images = comparing.list_set_images(session, project_id=project_id, mapping_id=a, limit=MOST_LOOKED_AT + 1)
    pairs = comparing.list_pairs(
        session,
        images[:MOST_LOOKED_AT],
        project_id=project_id,
        a=a,
        b=b,
        limit=MOST_COMPARED,
        most_objects=MOST_OBJECTS,
    )
    return Bounded(pairs.rows, pairs.is_complete and len(images) <= MOST_LOOKED_AT)


def compare_sets(rows: Sequence[PairRow], *, match_iou: float) -> SetComparison:
    """Compare what two sets say of each picture. Pure; needs no transaction, and should run in none."""
    sums = ComparisonSums()
    differing = []
    for row in rows:
        a, b = OBJECTS.validate_python(row.a), OBJECTS.validate_python(row.b)
        matches = match_picture(a, b, height=row.height, width=row.width, match_iou=match_iou)
        sums.add(a, b, matches)
        matched, other_class = len(matches.same_class), len(matches.other_class)
        paired = matched + other_class
        difference = PictureDifference(row, len(a) - paired, len(b) - paired, other_class, matched)
        if difference.size:
            differing.append(difference)
    differing.sort(key=lambda d: (-d.size, d.row.image_id))
    return SetComparison(sums.figures(), tuple(differing[:MOST_DIFFERING]))


def sum_acceptance(session: Session, actor: Actor, project_id: int, mapping_id: int) -> Acceptance:
    """Sum up what people made of a set's pre-labels, over the first answers that count."""
    _check_set(session, actor, project_id, mapping_id)
    images = comparing.list_set_images(session, project_id=project_id, mapping_id=mapping_id, limit=MOST_LOOKED_AT + 1)
    answers = comparing.list_shown_answers(
        session,
        images[:MOST_LOOKED_AT],
        project_id=project_id,
        mapping_id=mapping_id,
        limit=MOST_COMPARED,
        most_objects=MOST_OBJECTS,
    )
    counts: dict[str, Counter[int]] = {name: Counter() for name in ("accepted", "edited", "deleted")}
    for row in answers.rows:
        shown = OBJECTS.validate_python(row.shown)
        outcomes = tell_outcomes(shown, OBJECTS.validate_python(row.answer))
        classes = {s.id: s.class_id for s in shown}
        for name, counted in counts.items():
            counted.update(classes[i] for i in getattr(outcomes, name))
    found = sorted({c for counted in counts.values() for c in counted})
    return Acceptance(
        len(answers.rows),
        answers.is_complete and len(images) <= MOST_LOOKED_AT,
        tuple(ClassAcceptance(c, *(counts[name][c] for name in ("accepted", "edited", "deleted"))) for c in found),
    )


def _check_set(session: Session, actor: Actor, project_id: int, mapping_id: int) -> None:
    """Raise NotFound unless a mapping is the project's, and what else `get_client_project` raises."""
    project = get_client_project(session, actor, project_id)
    if find_model(session, project_id=project.id, mapping_id=mapping_id) is None:
        raise NotFound(f"project {project_id} has no class mapping {mapping_id}", mapping_id=mapping_id)

"""Simulated annotators at work, from points or from pre-labels to an answer. Pure and seeded; sends nothing.

The same person, picture, object and seed always give the same work; another seed gives another steady hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from cli.demo.personality import Personality
from cli.demo.truth import ExtremePoints, TruthObject, TruthPicture
from cli.demo.wobble import generator_for, move_outwards, redraw, widen
from domain.geometry.overlap import iou_matrix
from schema.enums import Origin
from schema.geometry import Polygon, bounds, iter_points
from schema.objects import LabelObject

SAME_THING_IOU = 0.3
_OUTWARDS = ((-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """What somebody is about to mark: four extreme points (left, top, right, bottom) for the segment route."""

    truth: TruthObject
    class_id: int
    extreme_points: ExtremePoints


def plan_photograph(personality: Personality, picture: TruthPicture, *, seed: int = 0) -> tuple[PlannedObject, ...]:
    """Return the objects that this person sees, with the points they click, inside the picture."""
    return tuple(
        PlannedObject(item, _class_of(personality, item), _click(personality, item, picture, seed))
        for item in picture.objects
        if not personality.slip_on(item.key).missed
    )


def finish_object(
    personality: Personality, planned: PlannedObject, answer: Polygon | None, *, height: int, width: int, seed: int = 0
) -> LabelObject:
    """Return the object as submitted, given what the segment route answered (None: no answer came).

    A mask that is good enough for this person is taken (`assisted`); otherwise they draw the outline (`drawn`).
    """
    shape = answer if answer is not None and _is_kept(personality, answer, planned.truth, height, width) else None
    return LabelObject(
        id=_object_id(personality, planned.truth.key, seed),
        class_id=planned.class_id,
        shape=shape or _draw(personality, planned.truth, height=height, width=width, seed=seed),
        origin=Origin.ASSISTED if shape else Origin.DRAWN,
    )


def edit_prelabels(
    personality: Personality,
    prelabels: Sequence[LabelObject],
    truth_objects: Sequence[TruthObject],
    *,
    height: int,
    width: int,
    seed: int = 0,
) -> tuple[LabelObject, ...]:
    """Return this person's answer to a picture that came with pre-labels, in the order of the truth.

    Proposals that match no object (IoU below 0.3) are deleted, objects without a proposal drawn. An accepted or edited
    proposal keeps its id: it is the same object at a later stage.
    """
    proposal_of = match_to_truth(prelabels, truth_objects, height=height, width=width)
    seen = [(k, item) for k, item in enumerate(truth_objects) if not personality.slip_on(item.key).missed]
    return tuple(
        _answer_proposal(personality, item, prelabels[proposal_of[k]], height=height, width=width, seed=seed)
        if k in proposal_of
        else LabelObject(
            id=_object_id(personality, item.key, seed),
            class_id=_class_of(personality, item),
            shape=_draw(personality, item, height=height, width=width, seed=seed),
            origin=Origin.DRAWN,
        )
        for k, item in seen
    )


def match_to_truth(
    found: Sequence[LabelObject], truth_objects: Sequence[TruthObject], *, height: int, width: int
) -> dict[int, int]:
    """Return which object answers which truth: index of the truth to index of the object, best IoU first.

    Pairs below an IoU of 0.3 are none, and everything is matched at most once.
    """
    iou = iou_matrix(
        [item.polygon for item in truth_objects], [item.shape for item in found], height=height, width=width
    )
    matched: dict[int, int] = {}
    for flat in np.argsort(-iou, axis=None, kind="stable"):
        k, j = (int(index) for index in np.unravel_index(flat, iou.shape))
        if iou[k, j] < SAME_THING_IOU:
            break
        if k not in matched and j not in matched.values():
            matched[k] = j
    return matched


def _answer_proposal(
    personality: Personality, item: TruthObject, proposal: LabelObject, *, height: int, width: int, seed: int
) -> LabelObject:
    class_id = _class_of(personality, item)
    loose_px = _looseness_px(personality, item)
    kept = isinstance(proposal.shape, Polygon) and _is_kept(personality, proposal.shape, item, height, width)
    if kept and isinstance(proposal.shape, Polygon):
        shape = widen(proposal.shape, loose_px, height=height, width=width) if loose_px else proposal.shape
    else:
        shape = _draw(personality, item, height=height, width=width, seed=seed)
    untouched = kept and not loose_px and class_id == proposal.class_id
    return LabelObject(
        id=proposal.id,
        class_id=class_id,
        shape=shape,
        origin=Origin.PRELABEL_ACCEPTED if untouched else Origin.PRELABEL_EDITED,
    )


def _class_of(personality: Personality, item: TruthObject) -> int:
    return personality.slip_on(item.key).class_id or item.class_id


def _looseness_px(personality: Personality, item: TruthObject) -> float:
    x0, y0, x1, y1 = bounds(iter_points(item.polygon))
    return personality.looseness_px(item.key, extent_px=min(x1 - x0, y1 - y0))


def _is_kept(personality: Personality, shape: Polygon, item: TruthObject, height: int, width: int) -> bool:
    iou = iou_matrix([shape], [item.polygon], height=height, width=width)[0, 0]
    return bool(iou >= personality.keeps_from_iou)


def _click(personality: Personality, item: TruthObject, picture: TruthPicture, seed: int) -> ExtremePoints:
    random = generator_for("click", seed, personality.name, item.key)
    loose = move_outwards(item.extreme_points, _OUTWARDS, _looseness_px(personality, item))
    moved = np.asarray(loose) + random.normal(0, personality.jitter_px, (4, 2))
    inside = np.clip(moved, 0, (picture.width, picture.height)).round(2)
    left, top, right, bottom = ((float(x), float(y)) for x, y in inside)
    return left, top, right, bottom


def _draw(personality: Personality, item: TruthObject, *, height: int, width: int, seed: int) -> Polygon:
    random = generator_for("draw", seed, personality.name, item.key)
    drawn = redraw(item.polygon, random, jitter_px=personality.jitter_px, height=height, width=width)
    loose_px = _looseness_px(personality, item)
    return widen(drawn, loose_px, height=height, width=width) if loose_px else drawn


def _object_id(personality: Personality, key: str, seed: int) -> UUID:
    value = int.from_bytes(generator_for("id", seed, personality.name, key).bytes(16), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))

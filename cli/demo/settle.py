"""The simulated supervisor: what to do with a contested object, knowing the truth. Pure; writes no verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.demo.simulate import SAME_THING_IOU
from cli.demo.truth import TruthObject
from domain.geometry.overlap import iou_matrix
from schema.enums import Choice
from schema.geometry import Polygon
from schema.objects import LabelObject

GOOD_IOU = 0.9


@dataclass(frozen=True, slots=True)
class Settlement:
    """A supervisor's answer about one object; `version` an index into the versions, `shape` and `class_id` a fix."""

    choice: Choice
    note: str
    version: int | None = None
    shape: Polygon | None = None
    class_id: int | None = None


def settle(
    merged: LabelObject,
    versions: Sequence[LabelObject],
    truth_objects: Sequence[TruthObject],
    *,
    height: int,
    width: int,
) -> Settlement:
    """Return the choice about a merged object and the annotators' versions of it.

    Remove what matches no truth (IoU below 0.3). Keep the merged object, else the best version, when its class is right
    and its IoU 0.9 or more. Else fix.
    """
    candidates = (merged, *versions)
    iou = iou_matrix(
        [item.shape for item in candidates], [item.polygon for item in truth_objects], height=height, width=width
    )
    if iou.size == 0 or iou.max() < SAME_THING_IOU:
        return Settlement(Choice.REMOVE, "nothing of a class we label is here")
    k = int(iou.max(axis=0).argmax())
    truth, of_truth = truth_objects[k], [float(value) for value in iou[:, k]]
    good = [j for j, item in enumerate(candidates) if item.class_id == truth.class_id and of_truth[j] >= GOOD_IOU]
    if 0 in good:
        return Settlement(Choice.MERGED, "the merged object is right")
    if good:
        best = max(good, key=lambda j: of_truth[j])
        return Settlement(Choice.VERSION, "one version is right", version=best - 1)
    return Settlement(Choice.FIX, f"drawn again: {truth.name}", shape=truth.polygon, class_id=truth.class_id)

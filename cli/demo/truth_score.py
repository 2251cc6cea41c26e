"""How close final labels come to the hand-made truth. Measures only."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.demo.simulate import match_to_truth
from cli.demo.truth import TruthObject
from domain.geometry.overlap import iou_matrix
from schema.objects import LabelObject


@dataclass(frozen=True, slots=True)
class TruthScore:
    """Counts of truth objects found, of those with the right class, missed, and of objects that match none.

    `iou_sum` adds the IoU of each found object with its truth; a missed one adds 0.
    """

    found: int = 0
    right_class: int = 0
    missed: int = 0
    extra: int = 0
    iou_sum: float = 0.0

    @property
    def mean_iou(self) -> float | None:
        """Return the mean IoU over the truth, in [0, 1]; None where there is nothing to find."""
        total = self.found + self.missed
        return self.iou_sum / total if total else None

    def __add__(self, other: "TruthScore") -> "TruthScore":
        return TruthScore(
            self.found + other.found,
            self.right_class + other.right_class,
            self.missed + other.missed,
            self.extra + other.extra,
            self.iou_sum + other.iou_sum,
        )


def score_to_truth(
    objects: Sequence[LabelObject], truth_objects: Sequence[TruthObject], *, height: int, width: int
) -> TruthScore:
    """Return the score of one picture; scores of pictures add up."""
    matched = match_to_truth(objects, truth_objects, height=height, width=width)
    iou = iou_matrix(
        [item.polygon for item in truth_objects], [item.shape for item in objects], height=height, width=width
    )
    return TruthScore(
        found=len(matched),
        right_class=sum(objects[j].class_id == truth_objects[k].class_id for k, j in matched.items()),
        missed=len(truth_objects) - len(matched),
        extra=len(objects) - len(matched),
        iou_sum=float(sum(iou[k, j] for k, j in matched.items())),
    )

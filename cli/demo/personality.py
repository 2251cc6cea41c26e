"""Who the simulated annotators are and in what they differ. Says what goes wrong where, never draws.

Slips are placed by name, so that the demonstration shows every way through the system. Of three votes, one that misses
an object or names it otherwise is outvoted; where one misses and another misnames the same object, or one is far too
loose on a small one, three votes do not settle it and a supervisor decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slip:
    """What somebody does wrong with one object: overlooks it, calls it `class_id`, or draws it `loose_px` too wide."""

    missed: bool = False
    class_id: int | None = None
    loose_px: float | None = None


@dataclass(frozen=True, slots=True)
class Personality:
    """A simulated annotator.

    `jitter_px` is the standard deviation of every placed point. Borders are drawn `loose_px` outside the object, but
    never more than `loose_share` of its smaller extent. A proposed shape is taken as it is from `keeps_from_iou` with
    the truth. `slips` are by `TruthObject.key`.
    """

    name: str
    jitter_px: float = 1.0
    loose_px: float = 0.0
    loose_share: float = 0.05
    keeps_from_iou: float = 0.85
    slips: Mapping[str, Slip] = field(default_factory=dict)

    def slip_on(self, key: str) -> Slip:
        return self.slips.get(key, Slip())

    def looseness_px(self, key: str, *, extent_px: float) -> float:
        """Return how far outside an object's border this person draws; `extent_px` is its smaller extent."""
        special_px = self.slip_on(key).loose_px
        return special_px if special_px is not None else min(self.loose_px, self.loose_share * extent_px)


_MISSED = Slip(missed=True)

ANNOTATORS = (
    Personality(
        name="Ada overlooks",
        slips={
            "astronaut.png/mission patch": _MISSED,
            "rocket.jpg/launch table": _MISSED,
            "motorcycle_left.png/cardboard box": _MISSED,
            "flower.jpg/bud": _MISSED,
            "coins.png/coin 9": _MISSED,
            "coins-north-east.png/coin 5": _MISSED,
        },
    ),
    Personality(
        name="Ben misnames",
        jitter_px=1.2,
        slips={
            "coffee.png/spoon bowl": Slip(class_id=7),
            "rocket.jpg/launch table": Slip(class_id=7),
            "flower.jpg/bud": Slip(class_id=4),
            "camera.png/tower": Slip(class_id=7),
            "coins.png/coin 9": Slip(class_id=3),
            "coins.png/coin 18": Slip(class_id=3),
            "coins-third-row.png/coin 18": Slip(class_id=3),
        },
    ),
    Personality(
        name="Cleo draws loosely",
        loose_px=6.0,
        slips={
            "coins-fourth-row.png/coin 20": Slip(loose_px=8.0),
            "chelsea.png/nose": Slip(loose_px=3.0),
        },
    ),
)
"""The three of the demonstration; whichever two come first, no third vote is asked for another reason than a slip."""

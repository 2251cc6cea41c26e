"""How simulated people behave: what they do with a lease, and what they draw. Pure and seeded."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final
from uuid import UUID

from schema.enums import Origin
from schema.geometry import Box
from schema.objects import LabelObject

CLASSES: Final = (1, 2)


class Deed(StrEnum):
    """What somebody does with a lease."""

    SUBMIT = "submit"
    DRAFT_THEN_SUBMIT = "draft_then_submit"
    SUBMIT_TWICE = "submit_twice"
    SEGMENT_THEN_SUBMIT = "segment_then_submit"
    UNDO_THEN_SUBMIT = "undo_then_submit"
    GIVE_BACK = "give_back"
    SUBMIT_LATE = "submit_late"
    VANISH = "vanish"


# Of 100 leases.
DEEDS: Final = {
    Deed.SUBMIT: 56,
    Deed.DRAFT_THEN_SUBMIT: 22,
    Deed.SUBMIT_TWICE: 7,
    Deed.SEGMENT_THEN_SUBMIT: 4,
    Deed.UNDO_THEN_SUBMIT: 3,
    Deed.GIVE_BACK: 2,
    Deed.SUBMIT_LATE: 3,
    Deed.VANISH: 3,
}
# Of 100 answers: one that differs so much that it is contested.
ODD: Final = 6


@dataclass(slots=True)
class Habits:
    """The seeded choices of one person."""

    random: Random

    def next_deed(self) -> Deed:
        return self.random.choices(list(DEEDS), weights=list(DEEDS.values()))[0]

    def answer(self, *, key: str, width: int, height: int) -> list[dict[str, Any]]:
        """Return the boxes of one answer; most people see the same in a picture, give or take half a pixel."""
        boxes = list(_truth(key, width=width, height=height))
        if self.random.randrange(100) < ODD:
            boxes = [self._oddity(box, class_id) for box, class_id in boxes]
        else:
            boxes = [(self._shaken(box, width=width, height=height), class_id) for box, class_id in boxes]
        return [_object(box, class_id, self.random) for box, class_id in boxes]

    def _shaken(self, box: Box, *, width: int, height: int) -> Box:
        def move(value: float, most: int) -> float:
            return round(min(max(value + self.random.uniform(-0.5, 0.5), 0.0), float(most)), 2)

        return Box(x0=move(box.x0, width), y0=move(box.y0, height), x1=move(box.x1, width), y1=move(box.y1, height))

    def _oddity(self, box: Box, class_id: int) -> tuple[Box, int]:
        """Take it for something else, or draw only a part of it."""
        if self.random.random() < 0.5:
            return box, CLASSES[0] if class_id == CLASSES[1] else CLASSES[1]
        return Box(x0=box.x0, y0=box.y0, x1=box.x0 + (box.x1 - box.x0) * 0.55, y1=box.y1), class_id


def _truth(key: str, *, width: int, height: int) -> list[tuple[Box, int]]:
    """Return what there is to see under a key: one or two boxes of 20 px and more, apart from each other."""
    digest = hashlib.sha256(f"{key}/{width}x{height}".encode()).digest()
    count = 1 + digest[0] % 2
    found = []
    for i in range(count):
        left, right = width * i / count + 3, width * (i + 1) / count - 3
        top = 4 + digest[1 + i] % 20
        found.append((Box(x0=left, y0=float(top), x1=right, y1=float(height - 5)), CLASSES[digest[3 + i] % 2]))
    return found


def _object(box: Box, class_id: int, random: Random) -> dict[str, Any]:
    value = random.getrandbits(128) & ~(0xF << 76) | (0x7 << 76)
    drawn = LabelObject(
        id=UUID(int=value & ~(0x3 << 62) | (0x2 << 62)), class_id=class_id, shape=box, origin=Origin.DRAWN
    )
    return drawn.model_dump(mode="json", exclude_none=True)

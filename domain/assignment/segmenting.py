"""What the interactive segmenter is asked: the picture of a lease and places in it. Knows no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.orm import Session

from domain.assignment.errors import SeatReissued
from domain.assignment.service import get_leased_task
from domain.errors import DomainError
from domain.scope import Actor

Point = tuple[float, float]


class PointsOutside(DomainError):
    """A point lies outside the picture."""

    code: ClassVar[str] = "points_outside"


@dataclass(frozen=True, slots=True)
class SegmentedPicture:
    """Whose picture it is, and which bytes."""

    client_org: int
    image_id: int
    image_sha256: str


def get_segmented_picture(
    session: Session, actor: Actor, lease_id: int, *, points: Sequence[Point]
) -> SegmentedPicture:
    """Return the picture that a held lease shows; raises PointsOutside for a point that is not on it.

    Points (px) may lie on the border: 0 <= x <= width, 0 <= y <= height.
    """
    leased = get_leased_task(session, actor, lease_id)
    if not leased.holds_seat:
        raise SeatReissued("this lease ended; claim again, your draft is kept", lease_id=lease_id)
    outside = [p for p in points if not (0 <= p[0] <= leased.width and 0 <= p[1] <= leased.height)]
    if outside:
        raise PointsOutside(
            f"{outside[0]} lies outside the picture of {leased.width} x {leased.height} px",
            points=outside,
            width=leased.width,
            height=leased.height,
        )
    return SegmentedPicture(leased.client_org, leased.image_id, leased.sha256)

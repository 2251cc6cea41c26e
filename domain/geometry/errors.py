"""What can be wrong with shapes. Knows nothing of HTTP."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

from domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it stands (`objects[3].shape.parts[0]`), what is wrong and what would make it right."""

    path: str
    problem: str
    remedy: str


class InvalidObjects(DomainError):
    """Objects that cannot stand as an answer; `problems` names every fault found."""

    code: ClassVar[str] = "invalid_objects"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(
            f"{first.path}: {first.problem}; {first.remedy}{more}",
            problems=[asdict(problem) for problem in self.problems],
        )


class ShapeHasNoArea(DomainError):
    """Points, polylines and tags cover no pixels and cannot be turned into a raster."""

    code: ClassVar[str] = "shape_has_no_area"

    def __init__(self, kind: str) -> None:
        super().__init__(f"a shape of type {kind!r} covers no pixels", kind=kind)


class MaskSizeDiffers(DomainError):
    """A mask was drawn on a raster of another size than its picture; sizes are (height, width)."""

    code: ClassVar[str] = "mask_size_differs"

    def __init__(self, *, mask_size: tuple[int, int], picture_size: tuple[int, int]) -> None:
        super().__init__(
            f"the mask is {mask_size[1]} x {mask_size[0]} px but the picture {picture_size[1]} x {picture_size[0]} px",
            mask_size=mask_size,
            picture_size=picture_size,
        )

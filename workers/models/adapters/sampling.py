"""Reads maps of logits at the pixels of the original picture: bilinear, a strip of rows at a time, on any device."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from workers.models.adapters.masks import Grid, Size
from workers.models.protocols import Frame

# How many numbers a strip may hold over all maps: 64 MB as float32.
_STRIP_NUMBERS = 16_000_000


@dataclass(frozen=True, slots=True)
class _Axis:
    """Of each pixel along one side: the two neighbours among the map's cells, and the second one's weight."""

    lower: torch.Tensor
    upper: torch.Tensor
    weight: torch.Tensor


class MapSampler:
    """Reads maps of `map_size` that cover an input of `input_size` at the pixels of the picture that `frame` tells of.

    Does on a device what `masks.read_maps` does; without padding, `interpolate(..., align_corners=False)`.
    """

    def __init__(self, frame: Frame, input_size: Size, map_size: Size, device: torch.device) -> None:
        grid = Grid.of_input(frame, input_size, map_size)
        self._rows = _axis(frame.height, grid.scale_y, grid.top, map_size[0], device)
        self._columns = _axis(frame.width, grid.scale_x, grid.left, map_size[1], device)
        self._size = frame.height, frame.width

    def strips(self, maps: int) -> Iterator[slice]:
        """Yield slices of the picture's rows, so few that of so many maps a strip fits in memory."""
        height, width = self._size
        step = max(1, _STRIP_NUMBERS // (maps * width))
        for top in range(0, height, step):
            yield slice(top, min(top + step, height))

    def cells(self, rows: slice) -> slice:
        """Return the rows of the map that a strip of the picture's rows is read from."""
        return slice(int(self._rows.lower[rows.start]), int(self._rows.upper[rows.stop - 1]) + 1)

    def read(self, maps: torch.Tensor, rows: slice) -> torch.Tensor:
        """(C, h, w) maps → (C, rows, W), W the picture's."""
        cells = self.cells(rows)
        part, columns = maps[:, cells], self._columns
        wide = torch.lerp(part[:, :, columns.lower], part[:, :, columns.upper], columns.weight)  # (C, cells, W)
        lower, upper = self._rows.lower[rows] - cells.start, self._rows.upper[rows] - cells.start
        return torch.lerp(wide[:, lower], wide[:, upper], self._rows.weight[rows, None])


def _axis(pixels: int, scale: float, offset: float, cells: int, device: torch.device) -> _Axis:
    centres = torch.arange(pixels, dtype=torch.float64) + 0.5
    places = (centres * scale + (offset - 0.5)).clamp(0, cells - 1)
    lower = places.floor().long()
    weight = (places - lower).float()
    return _Axis(lower.to(device), (lower + 1).clamp(max=cells - 1).to(device), weight.to(device))

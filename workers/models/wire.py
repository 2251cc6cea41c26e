"""What a worker and a model's child say to each other: a line of JSON, then raw arrays. Nothing is ever unpickled.

The worker does not trust the child: it reads sizes within limits and arrays of the types that it expects.
"""

import json
import os
import select
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.protocols import CroppedMask, Detections, Frame

_MOST_HEADER_BYTES: Final = 16_000_000
_MOST_PAYLOAD_BYTES: Final = 500_000_000
# Of all masks of a batch together: a bit of the payload becomes a byte here.
_MOST_MASK_PX: Final = 1_000_000_000
_MOST_DETECTIONS: Final = 100_000
_MOST_KEYPOINTS: Final = 10_000
_READ_BYTES: Final = 1 << 20
PictureResult = Detections | str
"""What a model says of a picture, or in words what went wrong with it."""


class WireError(Exception):
    """The child says what it cannot say: it is broken, or worse."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a child is started with; batches lie in shared memory, behind one descriptor a slot.

    `memory_bytes` is None where the worker watches the size instead: the driver of a GPU takes what it never uses.
    """

    folder: str
    card: ModelCard
    device: str
    threads: int
    compile: bool
    memory_bytes: int | None
    slots: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"card": self.card.model_dump(mode="json")}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Argument":
        parsed = {"card": ModelCard.model_validate(values["card"]), "slots": tuple(values["slots"])}
        return cls(**values | parsed)


@dataclass(frozen=True, slots=True)
class Request:
    """Run the batch (B, H, W, 3) uint8 that lies in a slot of the shared memory."""

    number: int
    slot: int
    shape: tuple[int, int, int, int]
    frames: tuple[Frame, ...]

    def to_line(self) -> bytes:
        values = {
            "number": self.number,
            "slot": self.slot,
            "shape": self.shape,
            "frames": [asdict(frame) for frame in self.frames],
        }
        return json.dumps(values).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Request":
        values = json.loads(line)
        frames = tuple(Frame(**frame) for frame in values["frames"])
        return cls(values["number"], values["slot"], tuple(values["shape"]), frames)


def pack(header: dict[str, Any], results: Sequence[PictureResult] = ()) -> bytes:
    """Return a message of the child: header with the sizes of what follows, then the arrays of each picture."""
    pictures: list[dict[str, Any]] = []
    arrays: list[NDArray[Any]] = []
    for result in results:
        if isinstance(result, str):
            pictures.append({"problem": result[:2_000]})
            continue
        keypoints = result.keypoints
        masks = result.masks
        pictures.append(
            {
                "count": len(result.scores),
                "keypoints": None if keypoints is None else keypoints.shape[1],
                "masks": None if masks is None else [[m.x, m.y, *m.mask.shape] for m in masks],
            }
        )
        arrays += [result.boxes.astype("<f8"), result.scores.astype("<f8"), result.labels.astype("<i8")]
        if keypoints is not None:
            arrays.append(keypoints.astype("<f8"))
        arrays += [np.packbits(mask.mask) for mask in masks or ()]
    payload = b"".join(array.tobytes() for array in arrays)
    line = json.dumps(header | {"pictures": pictures, "payload_bytes": len(payload)})
    return line.encode() + b"\n" + payload


def unpack(header: dict[str, Any], payload: bytes, frames: Sequence[Frame]) -> list[PictureResult]:
    """Read what `pack` wrote of a batch with these frames; raises WireError where it does not add up."""
    try:
        pictures = header["pictures"]
        if len(pictures) != len(frames):
            raise WireError(f"a model's child answered {len(pictures)} pictures of {len(frames)}")
        cursor = _Cursor(payload)
        results = [_read(picture, frame, cursor) for picture, frame in zip(pictures, frames, strict=True)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"a model's child answered in no known form: {error}") from error
    if cursor.at != len(payload):
        raise WireError(f"a model's child sent {len(payload)} bytes of which {cursor.at} have a meaning")
    return results


class _Cursor:
    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self.at = 0
        self.mask_px = 0

    def take(self, kind: str, *shape: int) -> NDArray[Any]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(self._payload, kind, count, self.at)
        self.at += array.nbytes
        return array.reshape(shape)


def _read(picture: dict[str, Any], frame: Frame, cursor: _Cursor) -> PictureResult:
    if "problem" in picture:
        return str(picture["problem"])[:2_000]
    count = _within(picture["count"], _MOST_DETECTIONS)
    boxes, scores, labels = cursor.take("<f8", count, 4), cursor.take("<f8", count), cursor.take("<i8", count)
    keypoints = None
    if picture["keypoints"] is not None:
        keypoints = cursor.take("<f8", count, _within(picture["keypoints"], _MOST_KEYPOINTS), 3)
    masks = None
    if picture["masks"] is not None:
        if len(picture["masks"]) != count:
            raise WireError("a model's child sent masks for other detections than its boxes")
        masks = tuple(_read_mask(place, frame, cursor) for place in picture["masks"])
    return Detections(boxes, scores, labels, masks, keypoints)


def _read_mask(place: Sequence[int], frame: Frame, cursor: _Cursor) -> CroppedMask:
    x, y = _within(place[0], frame.width), _within(place[1], frame.height)
    height, width = _within(place[2], frame.height - y), _within(place[3], frame.width - x)
    cursor.mask_px = _within(cursor.mask_px + height * width, _MOST_MASK_PX)
    bits = cursor.take("u1", (height * width + 7) // 8)
    return CroppedMask(x, y, np.unpackbits(bits, count=height * width).reshape(height, width).astype(np.bool_))


def _within(value: Any, most: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise WireError(f"a model's child names a size of {value!r}, at most {most} is possible")
    return value


class Messages:
    """The child's messages out of its pipe, as they become whole."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._searched = 0
        self.is_over = False

    def read(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Read what is there, at least once it is readable, and yield the messages that are whole now.

        Sets `is_over` at the pipe's end. Raises WireError.
        """
        chunk = os.read(self._descriptor, _READ_BYTES)
        self.is_over = not chunk
        self._buffer += chunk
        while (message := self._take()) is not None:
            yield message

    def wait(self, *, timeout_s: float) -> dict[str, Any] | None:
        """Return the header of the next message, None when the pipe ends or nothing comes in time."""
        deadline = time.monotonic() + timeout_s
        while not self.is_over and (left_s := deadline - time.monotonic()) > 0:
            if select.select([self._descriptor], [], [], left_s)[0]:
                for header, _ in self.read():
                    return header
        return None

    def _take(self) -> tuple[dict[str, Any], bytes] | None:
        if self._header is None:
            end = self._buffer.find(b"\n", self._searched)
            if end < 0:
                self._searched = len(self._buffer)
                if len(self._buffer) > _MOST_HEADER_BYTES:
                    raise WireError("a model's child sends a header without end")
                return None
            self._searched = 0
            self._header = _parse_header(bytes(self._buffer[:end]))
            del self._buffer[: end + 1]
        size = _within(self._header.get("payload_bytes"), _MOST_PAYLOAD_BYTES)
        if len(self._buffer) < size:
            return None
        header, payload = self._header, bytes(self._buffer[:size])
        self._header = None
        del self._buffer[:size]
        return header, payload


def _parse_header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError("a model's child sends something that is no JSON") from error
    if not isinstance(header, dict):
        raise WireError("a model's child sends a header that is no JSON object")
    return header

"""A network's bytes → an adapter, pictures to show it, and what onnxruntime itself says of them."""

from dataclasses import dataclass

import numpy as np
import onnxruntime
import pytest
import torch

from schema.models import InputSpec, ModelCard, ModelClass, ModelFile, Thresholds
from tests.unit.models.onnx_networks import COLOURS
from workers.inference.frames import fit
from workers.models.adapters.registry import load_adapter

SPEC = InputSpec(height=64, width=64)
THRESHOLDS = Thresholds(floor=0.35, score=0.5, mask=0.5, iou=0.5)


def card_of(family, task, decoder="", *, colours=COLOURS, spec=SPEC, **fields):
    return ModelCard(
        family=family,
        task=task,
        decoder=decoder,
        architecture="test",
        classes=tuple(ModelClass(index=i, name=name) for i, name in enumerate(colours)),
        input=spec,
        files=(ModelFile(name="model.onnx", bytes=1, sha256="0" * 64),),
        **({"thresholds": THRESHOLDS} | fields),
    )


def load(folder, body, card):
    (folder / "model.onnx").write_bytes(body)
    return load_adapter(folder, card, device="cpu", threads=1)


def photograph(height=400, width=300, every=1):
    """Part of a photograph, (height, width, 3) RGB, with light and dark things in it; `every` n-th pixel."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[: height * every : every, 90 : 90 + width * every : every])


def square(x0, y0, x1, y1, *, height=128, width=128, colour=(255, 255, 255)):
    """A grey picture with a square of one colour."""
    picture = np.full((height, width, 3), 110, np.uint8)
    picture[y0:y1, x0:x1] = colour
    return picture


@dataclass
class Shown:
    """What an adapter found in each picture, the frames, and what the network itself gives, one dict a picture."""

    found: list
    frames: list
    raw: list

    def single(self):
        [found], [frame], [raw] = self.found, self.frames, self.raw
        return found, frame, raw


def show(folder, body, card, *pictures):
    """Run pictures through the adapter as one batch, and each directly through onnxruntime in floats of [0, 1]."""
    adapter = load(folder, body, card)
    inputs, frames = zip(*(fit(picture, card.input) for picture in pictures), strict=True)
    batch = np.stack(inputs)
    output = adapter.forward(batch, frames)
    found = [adapter.decode(output, i, frame) for i, frame in enumerate(frames)]
    return Shown(found, list(frames), [run_directly(body, one / 255) for one in inputs])


def run_directly(body, values):
    """Run a network on the values of one (H, W, 3) picture."""
    session = onnxruntime.InferenceSession(body, providers=["CPUExecutionProvider"])
    kind = {"tensor(float)": np.float32, "tensor(float16)": np.float16}[session.get_inputs()[0].type]
    pixels = values.astype(kind).transpose(2, 0, 1)[None]
    names = [entry.name for entry in session.get_outputs()]
    return dict(zip(names, session.run(None, {"images": pixels}), strict=True))


def to_picture(box, frame):
    x0, y0, x1, y1 = box
    scales = (frame.scale_x, frame.scale_y, frame.scale_x, frame.scale_y)
    most = (frame.width, frame.height, frame.width, frame.height)
    shifts = (frame.left, frame.top, frame.left, frame.top)
    values = [(value - s) / scale for value, s, scale in zip((x0, y0, x1, y1), shifts, scales, strict=True)]
    return [min(max(value, 0.0), edge) for value, edge in zip(values, most, strict=True)]


def interpolate_whole(maps, frame, input_size):
    """The oracle: maps (C, h, w) over the input, read by torch at each pixel of the whole picture, (C, H, W)."""
    height, width = input_size
    y = ((torch.arange(frame.height, dtype=torch.float64) + 0.5) * frame.scale_y + frame.top) / height * 2 - 1
    x = ((torch.arange(frame.width, dtype=torch.float64) + 0.5) * frame.scale_x + frame.left) / width * 2 - 1
    places = torch.stack((x.expand(len(y), -1), y[:, None].expand(-1, len(x))), dim=-1)
    values = torch.from_numpy(np.asarray(maps, np.float64))[None]
    read = torch.nn.functional.grid_sample(values, places[None], padding_mode="border", align_corners=False)
    return read[0].numpy()


def fill(mask, frame):
    """A cropped mask in the whole picture, (H, W)."""
    whole = np.zeros((frame.height, frame.width), np.bool_)
    height, width = mask.mask.shape
    whole[mask.y : mask.y + height, mask.x : mask.x + width] = mask.mask
    return whole


def centres_within(box, frame):
    """Where pixels of the picture have their centres in a box, (H, W)."""
    y, x = np.mgrid[0 : frame.height, 0 : frame.width] + 0.5
    return (x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3])


def assert_mask(mask, values, level, frame, *, within=True):
    """A mask is where values (H, W) exceed a level; where they are the level but for rounding, both are right."""
    expected = (values > level) & within
    differing = fill(mask, frame) != expected
    assert np.abs(values[differing] - level).max(initial=0.0) < 1e-4
    assert differing.sum() <= 0.001 * differing.size

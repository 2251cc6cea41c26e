"""Reads preprocessor_config.json of Transformers: to what size a picture is brought and how pixels become numbers."""

import math
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schema.models import InputSpec
from workers.models.intake.documents import read_object
from workers.models.intake.refusals import ModelRefused, Reason, plain

FILE = "preprocessor_config.json"
_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def read_input(folder: Path, config: dict[str, Any]) -> tuple[InputSpec, tuple[str, ...]]:
    """Return the input of a Transformers folder, with warnings where a guess stood in. Raises ModelRefused."""
    path = folder / FILE
    if not path.exists():
        guess = _guess(config)
        warning = (
            f"There is no {FILE}: pictures are brought to {guess.height} x {guess.width} px and normalised as "
            "ImageNet's. If the network was trained otherwise, upload that file or set `input` in plumbline.json."
        )
        return guess, (warning,)
    said = read_object(path)
    if "auto_map" in said:
        raise ModelRefused(Reason.REMOTE_CODE, f"{FILE} asks for code of its own (auto_map). Take that key out of it.")
    try:
        return _parse(said), ()
    except (ValidationError, TypeError, ValueError, KeyError, OverflowError) as error:
        raise ModelRefused(
            Reason.DOCUMENT_DAMAGED,
            f"{FILE} cannot be followed: {plain(str(error))}. Save it anew with the processor's `save_pretrained`.",
        ) from error


def _guess(config: dict[str, Any]) -> InputSpec:
    size = config.get("image_size")
    side = size if isinstance(size, int) and 16 <= size <= 8_192 else 640
    return InputSpec(height=side, width=side, resize="stretch", pad_value=0, **_IMAGENET)


def _parse(said: dict[str, Any]) -> InputSpec:
    pixels: dict[str, Any] = {
        "scale": said.get("rescale_factor", 1 / 255) if said.get("do_rescale", True) else 1.0,
        "pad_value": 0,
    }
    if said.get("do_normalize", True):
        pixels["mean"] = tuple(said.get("image_mean", _IMAGENET["mean"]))
        pixels["std"] = tuple(said.get("image_std", _IMAGENET["std"]))
    numbers = [pixels["scale"], *pixels.get("mean", ()), *pixels.get("std", ())]
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers) or 0 in pixels.get("std", ()):
        raise ValueError("its means, deviations or factor are no numbers to divide by")
    return InputSpec(**_parse_size(said), **pixels)


def _parse_size(said: dict[str, Any]) -> dict[str, Any]:
    size = said.get("size", {})
    if isinstance(size, int):
        longest = said.get("max_size")
        size = {"height": size, "width": size} if longest is None else {"shortest_edge": size, "longest_edge": longest}
    padded = said.get("pad_size") or {}
    if "height" in size:
        return {"height": size["height"], "width": size["width"], "resize": "stretch"}
    shortest, longest = size.get("shortest_edge"), size.get("longest_edge", said.get("max_size"))
    if longest is not None and shortest in (None, longest):
        # SAM and EoMT: the longer side fills the square, the rest is padding.
        height, width = padded.get("height", longest), padded.get("width", longest)
        return {"height": height, "width": width, "resize": "letterbox"}
    if shortest is None:
        raise ValueError("it names no size that is known here")
    return {
        "height": None,
        "width": None,
        "resize": "shortest_edge",
        "shortest_px": shortest,
        "longest_px": longest if longest is not None else 1_333,
        "multiple_of": said.get("size_divisor") or said.get("size_divisibility") or 32,
    }

"""Answers as the peer's figures were taken with: five polygons of thirty vertices each, made once and sent often."""

import json
import math
from random import Random
from typing import Any

from schema.enums import Origin
from schema.geometry import Polygon
from schema.ids import new_object_id
from schema.objects import LabelObject

WIDTH_PX, HEIGHT_PX = 1280, 960
POLYGONS, VERTICES = 5, 30
CLASSES = 10
PAYLOADS = 64


def draw(rng: Random) -> list[dict[str, Any]]:
    """Return one answer: roundish polygons, so that none crosses itself."""
    return [_object(rng) for _ in range(POLYGONS)]


def draw_payloads(rng: Random) -> list[bytes]:
    """Return bodies of submits, ready to be sent."""
    return [json.dumps({"objects": draw(rng)}, separators=(",", ":")).encode() for _ in range(PAYLOADS)]


def _object(rng: Random) -> dict[str, Any]:
    x, y = rng.uniform(0.2, 0.8) * WIDTH_PX, rng.uniform(0.2, 0.8) * HEIGHT_PX
    radius_px = rng.uniform(0.03, 0.15) * HEIGHT_PX
    ring = []
    for k in range(VERTICES):
        angle, here_px = 2 * math.pi * k / VERTICES, radius_px * rng.uniform(0.8, 1.2)
        ring.append((round(x + here_px * math.cos(angle), 2), round(y + here_px * math.sin(angle), 2)))
    drawn = LabelObject(
        id=new_object_id(),
        class_id=rng.randint(1, CLASSES),
        shape=Polygon(parts=(((tuple(ring)),),)),
        origin=Origin.DRAWN,
    )
    dumped: dict[str, Any] = drawn.model_dump(mode="json", exclude_none=True)
    return dumped

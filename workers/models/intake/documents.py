"""Reads a stranger's JSON and text: bounded in size and depth, every number finite, no key twice."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from workers.models.intake.refusals import ModelRefused, Reason, plain

_MOST_DEPTH = 24


def read_text(path: Path, *, reason: Reason = Reason.DOCUMENT_DAMAGED) -> str:
    """Return a text in UTF-8. Raises ModelRefused."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelRefused(reason, f"{path.name} is not a text in UTF-8. Save it as such.") from error


def read_json(path: Path) -> Any:
    """Return a JSON document. Raises ModelRefused."""
    try:
        return parse_json(read_text(path))
    except ValueError as error:
        raise ModelRefused(
            Reason.DOCUMENT_DAMAGED, f"{path.name} is no sound JSON: {plain(str(error))}. Save or export it anew."
        ) from error


def read_object(path: Path) -> dict[str, Any]:
    """Return a JSON document that is an object. Raises ModelRefused."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise ModelRefused(Reason.DOCUMENT_DAMAGED, f"{path.name} is no JSON object. Save or export it anew.")
    return document


def parse_json(text: str | bytes) -> Any:
    """Return what JSON says. Raises ValueError, also for depth, repeated keys and numbers that are none."""
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_number, parse_float=_parse_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    level: list[Any] = [document]
    for _ in range(_MOST_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return document
    raise ValueError("it is nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _parse_finite(number: str) -> float:
    parsed = float(number)
    return parsed if math.isfinite(parsed) else _refuse_number(number)


def _refuse_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")

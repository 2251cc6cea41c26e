"""Which of a project's classes the name of a model's class suggests. Pure.

Names are compared without case, separators and plural; likeness is Ratcliff and Obershelp's (Dr. Dobb's Journal, July
1988), twice the characters in common by the characters of both, as `difflib` has it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from schema.models import ModelClass
from schema.projects import ClassSpec

LEAST = 0.75
# How many classes of the project are looked at closely for one of the model, and how much of their names: the rest has
# fewer letters in common. It bounds what thousands of long names can cost.
CLOSELY = 3
MOST_CHARACTERS = 60
_LETTERS = 27
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Suggested:
    """A class of a model with the project's class that its name suggests; `likeness` in [0, 1], 0 where none does."""

    index: int
    name: str
    class_id: int | None
    likeness: float


def suggest_classes(classes: Sequence[ModelClass], known: Sequence[ClassSpec]) -> list[Suggested]:
    """Suggest a class of the project for each of a model's, at a likeness of `LEAST` at least; retired ones never.

    Of several equally like classes the one with the smallest id; one may be suggested for many.
    """
    offered = sorted((spec for spec in known if not spec.retired), key=lambda spec: spec.class_id)
    names = [normalise(spec.name) for spec in offered]
    exact: dict[str, int] = {}
    for spec, name in zip(offered, names, strict=True):
        exact.setdefault(name, spec.class_id)
    counts = _count_letters(names)
    return [_suggest(one, offered, names, exact, counts) for one in classes]


def normalise(name: str) -> str:
    """Return the words of a name in lower case and singular, one space between them."""
    plain = unicodedata.normalize("NFKC", name)
    words = _NO_WORD.sub(" ", _HUMP.sub(" ", plain)).casefold().split()
    return " ".join(_singular(word) for word in words)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _suggest(
    one: ModelClass,
    offered: Sequence[ClassSpec],
    names: Sequence[str],
    exact: dict[str, int],
    counts: NDArray[np.int16],
) -> Suggested:
    name = normalise(one.name)
    if name in exact:
        return Suggested(one.index, one.name, exact[name], 1.0)
    likest, likeness = None, 0.0
    for place in _closest(name, counts):
        found = _likeness(name, names[place])
        if found >= LEAST and found > likeness:
            likest, likeness = offered[place].class_id, found
    return Suggested(one.index, one.name, likest, round(likeness, 3))


def _likeness(a: str, b: str) -> float:
    """Return how alike two names are, whatever the order of their words; names with other numbers are other names."""
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return 0.0
    by_word = (" ".join(sorted(name.split())) for name in (a, b))
    return max(_ratio(a, b), _ratio(*by_word))


def _ratio(a: str, b: str) -> float:
    return SequenceMatcher(None, a[:MOST_CHARACTERS], b[:MOST_CHARACTERS], autojunk=False).ratio()


def _count_letters(names: Sequence[str]) -> NDArray[np.int16]:
    """Count how often each letter, and anything else together, is in each name: (names, `_LETTERS`)."""
    counts = np.zeros((len(names), _LETTERS), np.int16)
    for row, name in enumerate(names):
        for character in name:
            place = ord(character) - ord("a")
            counts[row, place if 0 <= place < _LETTERS - 1 else _LETTERS - 1] += 1
    return counts


def _closest(name: str, counts: NDArray[np.int16]) -> list[int]:
    """Return the rows that share most letters with a name, by row; a likeness is no higher than what is shared."""
    if not len(counts):
        return []
    own = _count_letters([name])
    shared = 2 * np.minimum(counts, own).sum(axis=1) / np.maximum(counts.sum(axis=1) + own.sum(), 1)
    most = np.argsort(-shared, kind="stable")[:CLOSELY]
    return sorted(int(row) for row in most if shared[row] >= LEAST)

"""Reads the names of a model's classes from what people keep them in: text, YAML, JSON, a file's own metadata."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from schema.models import MAX_MODEL_CLASSES, ModelClass
from workers.models.intake.archive import CLASS_FILES
from workers.models.intake.documents import read_json, read_text
from workers.models.intake.refusals import ModelRefused, Reason, plain

_MOST_YAML_CHARS = 500_000
_MOST_LITERAL_CHARS = 500_000
_MOST_NAME_CHARS = 200
_REMEDY = "Write classes.txt: one name a line, in the order of the network's outputs."


def read_class_file(folder: Path) -> tuple[str, tuple[ModelClass, ...]] | None:
    """Return the name of the folder's classes file and what it says, or None without one. Raises ModelRefused."""
    found = [(path.name, _read(path)) for name in CLASS_FILES for path in _named(folder, name)]
    for name, classes in found[1:]:
        if classes != found[0][1]:
            raise ModelRefused(
                Reason.CLASSES_DIFFER, f"{found[0][0]} and {name} name different classes. Leave one of them out."
            )
    return found[0] if found else None


def _named(folder: Path, name: str) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.lower() == name]


def _read(path: Path) -> tuple[ModelClass, ...]:
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _read_yaml(path)
    if suffix == ".json":
        return to_classes(_names_in(read_json(path)), path.name)
    lines = read_text(path, reason=Reason.CLASSES_DAMAGED).rstrip().splitlines()
    return to_classes([line.strip() for line in lines], path.name)


def _read_yaml(path: Path) -> tuple[ModelClass, ...]:
    text = read_text(path, reason=Reason.CLASSES_DAMAGED)
    try:
        if len(text) > _MOST_YAML_CHARS:
            raise ValueError("it is too long for a list of classes")
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            # A few anchors can stand for more than any memory holds; a tag asks for a Python object.
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                raise ValueError("it has anchors or tags")
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelRefused(
            Reason.CLASSES_DAMAGED, f"{path.name} cannot be read: {plain(str(error))}. {_REMEDY}"
        ) from error
    classes = to_classes(_names_in(document), path.name)
    said = document.get("nc", len(classes))
    if said != len(classes):
        raise ModelRefused(
            Reason.CLASSES_DIFFER,
            f"{path.name} names {len(classes)} classes and says nc: {plain(str(said))}. Make them agree.",
        )
    return classes


def _names_in(document: Any) -> Any:
    """Return where the names lie: under `names` or `classes`, COCO's `categories`, or the document itself."""
    if isinstance(document, dict):
        document = next(
            (document[k] for k in ("names", "classes", "id2label", "categories") if k in document), document
        )
    if isinstance(document, list) and document and all(isinstance(entry, dict) for entry in document):
        return {entry.get("id"): entry.get("name") for entry in document}
    return document


def parse_literal(text: str, source: str) -> tuple[ModelClass, ...]:
    """Read classes written as Python writes a dict or a list, as Ultralytics does. Raises ModelRefused."""
    try:
        if len(text) > _MOST_LITERAL_CHARS:
            raise ValueError("they are too long")
        names = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ModelRefused(
            Reason.CLASSES_DAMAGED, f"The classes in {source} cannot be read ({type(error).__name__}). {_REMEDY}"
        ) from error
    return to_classes(names, source)


def to_classes(names: Any, source: str) -> tuple[ModelClass, ...]:
    """Return classes from a list of names, or from indices with names. Raises ModelRefused naming the source."""
    pairs: list[tuple[Any, Any]]
    if isinstance(names, Mapping):
        pairs = list(names.items())
    elif isinstance(names, Sequence) and not isinstance(names, str):
        pairs = list(enumerate(names))
    else:
        raise _damaged(source, "it holds no list of names")
    if not 0 < len(pairs) <= MAX_MODEL_CLASSES:
        raise _damaged(source, f"it names {len(pairs):,} classes, and a model has 1 to {MAX_MODEL_CLASSES:,}")
    classes = [_to_class(index, name, source) for index, name in pairs]
    if len({c.index for c in classes}) < len(classes):
        raise _damaged(source, "an index stands in it twice")
    return tuple(sorted(classes, key=lambda c: c.index))


def _to_class(index: Any, name: Any, source: str) -> ModelClass:
    text = str(index)
    if isinstance(index, bool) or not text.isascii() or not text.isdigit() or len(text) > 6:
        raise _damaged(source, f"“{plain(text, 40)}” is no index of a class")
    if not isinstance(name, str | int | float) or isinstance(name, bool):
        raise _damaged(source, f"class {text} has no name")
    name = str(name).strip()
    if not name or len(name) > _MOST_NAME_CHARS or not name.isprintable():
        raise _damaged(source, f"class {text} has a name that is empty, too long or not printable")
    return ModelClass(index=int(text), name=name)


def _damaged(source: str, what: str) -> ModelRefused:
    return ModelRefused(Reason.CLASSES_DAMAGED, f"{source}: {what}. {_REMEDY}")

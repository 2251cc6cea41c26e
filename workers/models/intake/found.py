"""What was found of a network in its files, and the one check that all kinds share: as many classes as outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

from schema.models import InputSpec, ModelClass, ModelFamily, ModelTask
from workers.models.intake.refusals import ModelRefused, Reason

NamedClasses = tuple[str, tuple[ModelClass, ...]]
"""Where classes are named, and what they are."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the files say; what whoever brought them says comes on top."""

    family: ModelFamily
    task: ModelTask
    architecture: str
    decoder: str
    classes: tuple[ModelClass, ...]
    input: InputSpec
    parameters: int
    keypoints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def choose_classes(named: Sequence[NamedClasses | None], *, outputs: int | None) -> tuple[ModelClass, ...]:
    """Return the classes of the first source that names some; as many as the network tells apart, where that is known.

    Raises ModelRefused, naming both numbers.
    """
    source, classes = next((entry for entry in named if entry is not None), ("", ()))
    if not classes:
        count = f" with {outputs} lines" if outputs is not None else ""
        raise ModelRefused(
            Reason.CLASSES_MISSING,
            f"Nothing in the upload names the classes. Add classes.txt{count}: one name a line, in the order of the "
            "network's outputs.",
        )
    if outputs is not None and (len(classes) != outputs or classes[-1].index >= outputs):
        raise ModelRefused(
            Reason.CLASSES_DIFFER,
            f"The network tells {outputs} classes apart, and {source} names {len(classes)}"
            + (f", up to index {classes[-1].index}" if len(classes) == outputs else "")
            + ". Name every output in order, a background too where the network has one.",
        )
    return classes

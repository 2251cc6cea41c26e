"""A Transformers folder → what it is: configuration, weights and image processor, each checked before the next."""

from pathlib import Path
from typing import Any

from schema.models import CardOverrides, ModelClass, ModelTask
from workers.models.intake.class_files import to_classes
from workers.models.intake.found import Found, NamedClasses, choose_classes
from workers.models.intake.image_processors import read_input
from workers.models.intake.refusals import ModelRefused, Reason
from workers.models.intake.safetensors_files import read_tensors
from workers.models.intake.transformers_config import ARCHITECTURES, read_config


def examine_transformers(folder: Path, overrides: CardOverrides, named: NamedClasses | None) -> Found:
    """Return what the network is. Raises ModelRefused."""
    config = read_config(folder)
    tensors = read_tensors(folder)
    architecture = config["architectures"][0]
    family, task = ARCHITECTURES[architecture]
    if overrides.family not in (None, family) or overrides.decoder:
        raise ModelRefused(
            Reason.OVERRIDES_DAMAGED,
            f"{architecture} is run as {family.value} and has no decoder. Leave `family` and `decoder` out.",
        )
    spec, warnings = read_input(folder, config)
    classes: tuple[ModelClass, ...] = ()
    if task is not ModelTask.PROMPT:
        own = _own_classes(config)
        classes = choose_classes((named, ("config.json", own)), outputs=len(own))
        if all(c.name == f"LABEL_{c.index}" for c in classes):
            warnings = (*warnings, "The classes have no names of their own. Upload classes.txt with them.")
    # Torch takes seconds to load, and most of what is refused is refused before.
    from workers.models.intake.transformers_folder import count_parameters  # noqa: PLC0415

    return Found(
        family=family,
        task=task,
        architecture=architecture,
        decoder="",
        classes=classes,
        input=spec,
        parameters=count_parameters(config, tensors),
        warnings=warnings,
    )


def _own_classes(config: dict[str, Any]) -> tuple[ModelClass, ...]:
    """Return `id2label`; without it Transformers' own default, as many labels as `num_labels` says."""
    if "id2label" in config:
        return to_classes(config["id2label"], "id2label in config.json")
    count = config.get("num_labels", 2)
    if not isinstance(count, int) or not 0 < count <= 2_000:
        raise ModelRefused(Reason.CLASSES_DAMAGED, "config.json: num_labels is no number of classes. Add id2label.")
    return to_classes([f"LABEL_{index}" for index in range(count)], "config.json")

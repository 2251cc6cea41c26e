"""Makes a card of a folder of files: what the network is, what its classes are, and what whoever brought it says."""

import hashlib
from pathlib import Path

from schema.models import CardOverrides, ModelCard, ModelClass, ModelFile
from workers.models.intake.class_files import read_class_file, to_classes
from workers.models.intake.documents import read_object
from workers.models.intake.found import Found
from workers.models.intake.onnx_model import examine_onnx
from workers.models.intake.overrides import parse_overrides
from workers.models.intake.refusals import ModelRefused, Reason, plain
from workers.models.intake.transformers_model import examine_transformers

OVERRIDES_FILE = "plumbline.json"
_MOST_WARNINGS = 40


def examine(folder: Path, said: CardOverrides, *, left_out: tuple[str, ...], threads: int) -> ModelCard:
    """Return the card of the model in the folder, tried once. Raises ModelRefused."""
    overrides = _read_overrides(folder, said)
    found = _find_network(folder, overrides, _named_classes(folder, overrides), threads=threads)
    warnings = [*found.warnings]
    if left_out:
        more = f" and {len(left_out) - 5} more" if left_out[5:] else ""
        warnings.append(f"Not needed and left out: {', '.join(left_out[:5])}{more}.")
    card = ModelCard(
        family=found.family,
        task=found.task,
        architecture=found.architecture,
        decoder=found.decoder,
        classes=found.classes,
        input=found.input,
        keypoints=found.keypoints,
        parameters=found.parameters,
        licence=overrides.licence or "",
        files=tuple(_describe(path) for path in sorted(folder.iterdir())),
        warnings=tuple(warnings[:_MOST_WARNINGS]),
    )
    card = _apply(card, overrides)
    # Adapters load torch, which takes seconds, and most of what is refused is refused before.
    from workers.models.intake.trial import try_model  # noqa: PLC0415

    return card.model_copy(update={"measured": try_model(folder, card, threads=threads)})


def _read_overrides(folder: Path, said: CardOverrides) -> CardOverrides:
    """Return what plumbline.json says where the request says nothing else, key by key."""
    path = folder / OVERRIDES_FILE
    if not path.exists():
        return said
    written = parse_overrides(read_object(path), OVERRIDES_FILE)
    merged = written.model_dump(exclude_unset=True)
    for name, value in said.model_dump(exclude_unset=True).items():
        merged[name] = merged.get(name, {}) | value if isinstance(value, dict) else value
    return CardOverrides.model_validate(merged)


def _named_classes(folder: Path, overrides: CardOverrides) -> tuple[str, tuple[ModelClass, ...]] | None:
    """Return the classes that were given beside the network, and by what."""
    if overrides.classes is not None:
        return "classes", to_classes(list(overrides.classes), "classes")
    return read_class_file(folder)


def _find_network(
    folder: Path, overrides: CardOverrides, classes: tuple[str, tuple[ModelClass, ...]] | None, *, threads: int
) -> Found:
    graphs = sorted(folder.glob("*.onnx"))
    weights = sorted(folder.glob("*.safetensors"))
    if len(graphs) > 1 or (graphs and weights):
        names = ", ".join(plain(path.name) for path in [*graphs, *weights][:4])
        raise ModelRefused(
            Reason.SEVERAL_NETWORKS, f"The upload holds several networks ({names}). Upload one at a time."
        )
    if graphs:
        return examine_onnx(graphs[0], overrides, classes, threads=threads)
    if not weights:
        raise ModelRefused(
            Reason.NO_NETWORK,
            "The upload holds neither an .onnx file nor .safetensors. Pack the weights with their classes file.",
        )
    if not (folder / "config.json").exists():
        raise ModelRefused(
            Reason.NO_NETWORK,
            f"{plain(weights[0].name)} holds weights alone, which say nothing of the network. Upload the whole folder "
            "that `model.save_pretrained(folder)` wrote, config.json with it, or export the network to ONNX.",
        )
    return examine_transformers(folder, overrides, classes)


def _describe(path: Path) -> ModelFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ModelFile(name=path.name, bytes=path.stat().st_size, sha256=digest)


def _apply(card: ModelCard, overrides: CardOverrides) -> ModelCard:
    changes: dict[str, object] = {}
    for name in ("input", "thresholds"):
        said = getattr(overrides, name)
        if said is not None:
            given = {key: getattr(said, key) for key in said.model_fields_set}
            changes[name] = getattr(card, name).model_copy(update=given)
    if overrides.max_objects is not None:
        changes["max_objects"] = overrides.max_objects
    return card.model_copy(update=changes)

"""What a class mapping may say, and what stands for a version's files and a mapping's choice. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from domain.models.errors import MappingInvalid
from schema.models import ClassMapping, MappedClass, ModelCard, ModelFile
from schema.projects import Ontology

MOST_PROBLEMS = 100


def make_mapping(classes: Sequence[MappedClass], *, card: ModelCard, ontology: Ontology) -> ClassMapping:
    """Return a choice in its one form: by index, without what it leaves out. Raises MappingInvalid, naming fields."""
    problems = list(_problems(classes, card=card, ontology=ontology))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = f"{problems[0]['field']}: {problems[0]['problem']}"
        raise MappingInvalid(first + more, problems=problems[:MOST_PROBLEMS])
    taken = (one for one in classes if one.class_id is not None)
    return ClassMapping(classes=tuple(sorted(taken, key=lambda one: one.index)))


def _problems(classes: Sequence[MappedClass], *, card: ModelCard, ontology: Ontology) -> Iterator[dict[str, str]]:
    indices = {one.index for one in card.classes}
    specs = {spec.class_id: spec for spec in ontology.classes}
    met: set[int] = set()
    for i, one in enumerate(classes):
        if one.index in met:
            yield {"field": f"classes[{i}].index", "problem": f"class {one.index} of the model is mapped twice"}
        elif one.index not in indices:
            problem = f"the model has no class {one.index}; it has {_stretch(indices)}"
            yield {"field": f"classes[{i}].index", "problem": problem}
        met.add(one.index)
        spec = None if one.class_id is None else specs.get(one.class_id)
        if one.class_id is not None and spec is None:
            problem = f"the project has no class {one.class_id}; add it to the ontology, or choose another"
            yield {"field": f"classes[{i}].class_id", "problem": problem}
        elif spec is not None and spec.retired:
            problem = f"class {spec.class_id} ({spec.name}) is retired; choose another"
            yield {"field": f"classes[{i}].class_id", "problem": problem}
    if all(one.class_id is None for one in classes):
        yield {"field": "classes", "problem": "all classes are left out; map one to a class of the project at least"}


def _stretch(indices: set[int]) -> str:
    return f"the indices {min(indices)} to {max(indices)}" if indices else "no classes"


def digest_mapping(mapping: ClassMapping) -> str:
    """Return the SHA-256 of a mapping's canonical JSON, in hexadecimal: equal choices have equal ones."""
    canonical = json.dumps(mapping.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def digest_files(files: Iterable[ModelFile]) -> str:
    """Return the SHA-256 of all files as one, in hexadecimal: over the lines `digest  name` by name (`sha256sum`)."""
    lines = sorted((file.name, file.sha256) for file in files)
    return hashlib.sha256("".join(f"{sha256}  {name}\n" for name, sha256 in lines).encode()).hexdigest()

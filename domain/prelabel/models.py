"""A model as a worker needs it: where its folder lies, its card, and how its classes become a project's. Values."""

from dataclasses import dataclass

from schema.enums import ModelState
from schema.models import ClassMapping, ModelCard


@dataclass(frozen=True, slots=True)
class ModelToRun:
    """A model version, mapped to a project's classes; its folder lies in our bucket under `prefix`."""

    model_version_id: int
    mapping_id: int
    prefix: str
    card: ModelCard
    mapping: ClassMapping
    state: ModelState

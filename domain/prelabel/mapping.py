"""From a model's own classes to a project's. Pure: one output is mapped in many ways and never computed again."""

from schema.enums import Origin
from schema.models import ClassMapping, ModelCard
from schema.objects import LabelObject


def map_objects(objects: tuple[LabelObject, ...], mapping: ClassMapping, card: ModelCard) -> tuple[LabelObject, ...]:
    """Return the objects that a project takes, in their order, with its classes and the ids that they had.

    The `class_id` of a raw object is the model's index + 1. An object is left out where its class is mapped to none, or
    where its score is below the class' threshold (the card's `score` where the mapping names none); one without a score
    stays.
    """
    chosen = {c.index + 1: (c.class_id, c.threshold) for c in mapping.classes if c.class_id is not None}
    mapped = []
    for raw in objects:
        class_id, threshold = chosen.get(raw.class_id, (None, None))
        if class_id is None:
            continue
        least = card.thresholds.score if threshold is None else threshold
        if raw.score is None or raw.score >= least:
            mapped.append(raw.model_copy(update={"class_id": class_id, "origin": Origin.MODEL}))
    return tuple(mapped)

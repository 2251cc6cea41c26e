"""A labelled object and the document of objects that predictions, drafts, annotations and reviews carry."""

import json
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from schema.enums import Origin
from schema.geometry import Shape

MAX_OBJECTS = 2_000

AttributeValue = bool | int | float | str


class LabelObject(BaseModel):
    """One labelled thing. `score` in [0, 1] is a model's; people give none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    class_id: Annotated[int, Field(ge=1, le=32_767)]
    shape: Shape
    attributes: dict[Annotated[str, Field(max_length=64)], AttributeValue] = Field(default_factory=dict)
    origin: Origin = Origin.DRAWN
    derived_from: tuple[UUID, ...] = ()
    score: Annotated[float, Field(ge=0, le=1)] | None = None


def _ids_differ(objects: tuple[LabelObject, ...]) -> None:
    seen: set[UUID] = set()
    for item in objects:
        if item.id in seen:
            raise ValueError(f"object id {item.id} stands twice; every object needs an id of its own")
        seen.add(item.id)


class ObjectDocument(BaseModel):
    """All objects of one answer, in drawing order. An empty document is an answer too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    objects: Annotated[tuple[LabelObject, ...], Field(max_length=MAX_OBJECTS)] = ()

    @model_validator(mode="after")
    def _unique(self) -> "ObjectDocument":
        _ids_differ(self.objects)
        return self


OBJECTS: TypeAdapter[tuple[LabelObject, ...]] = TypeAdapter(tuple[LabelObject, ...])


def dump_objects(objects: tuple[LabelObject, ...]) -> list[dict[str, Any]]:
    """Return the canonical, JSON-ready form: declared key order, absent values left out."""
    dumped: list[dict[str, Any]] = OBJECTS.dump_python(objects, mode="json", exclude_none=True)
    return dumped


def canonical_json(value: object) -> bytes:
    """Return UTF-8 JSON without white space; equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

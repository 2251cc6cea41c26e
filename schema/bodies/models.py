"""Models that an organisation keeps: versions with their cards, aliases, and how classes become a project's."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from schema.bodies.base import Body, Id
from schema.enums import ModelOrigin, ModelState
from schema.models import (
    MAX_VERSION_DIGITS,
    CardOverrides,
    ClassMapping,
    ClassName,
    Line,
    MappedClass,
    ModelCard,
    ModelClass,
)

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["weeds-yolo11"])]
Alias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["champion"])]


def _countable(version: str) -> str:
    if version.isdigit() and len(version) > MAX_VERSION_DIGITS:
        raise ValueError(
            f"a version of digits alone has at most {MAX_VERSION_DIGITS}; shorten it, put a letter before it, or leave "
            "it out to count on from the newest"
        )
    return version


VersionName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["3"]), AfterValidator(_countable)
]


class NewModelBody(Body):
    """A complete upload of weights and a classes file (zip, tar or a single file), to become a version of a model.

    `version` counts on from the newest when it is left out; one of digits alone has at most nine. `classes` are the
    names by index, in place of those that the upload has; `overrides` are the keys of `plumbline.json`, which count
    more than that file.
    """

    upload_id: Annotated[Id, Field(examples=[7])]
    name: ModelName
    version: VersionName | None = None
    licence: Annotated[Line, Field(max_length=200, examples=["Apache-2.0"])] = ""
    notes: Annotated[str, Field(max_length=5_000)] = ""
    classes: Annotated[tuple[ClassName, ...] | None, Field(max_length=2_000)] = None
    overrides: Annotated[CardOverrides | None, Field(examples=[{"decoder": "v8"}])] = None
    sha256: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{64}$", description="of the uploaded file; another one is refused")
    ] = None


class ModelVersionBody(Body):
    """A version of a model. `card` is there once it is ready; `reason` and `detail` say why it was refused."""

    id: Annotated[int, Field(examples=[12])]
    name: str
    version: str
    origin: ModelOrigin
    state: ModelState
    reason: Annotated[str | None, Field(examples=["pickle"])]
    detail: str | None
    card: ModelCard | None
    classes: Annotated[tuple[ModelClass, ...], Field(description="in the model's own numbering")]
    aliases: Annotated[tuple[str, ...], Field(examples=[["champion"]])]
    licence: str
    notes: str
    sha256: Annotated[str | None, Field(description="of the card's files, as one")]
    bytes: int | None
    requested_by: int | None
    created_at: datetime


class ModelChangeBody(Body):
    """What may be said anew of a version; what it computes never changes."""

    licence: Annotated[Line | None, Field(max_length=200)] = None
    notes: Annotated[str | None, Field(max_length=5_000)] = None


class AliasBody(Body):
    """Which version an alias stands for from now on."""

    model_version_id: Id


class SuggestedClassBody(Body):
    """A class of the model, the project's class that its name suggests, and how alike both are, in [0, 1]."""

    index: int
    name: str
    class_id: int | None
    likeness: float


class SuggestionBody(Body):
    """What to choose for each class of the model, in its own order."""

    classes: tuple[SuggestedClassBody, ...]


class NewMappingBody(Body):
    """How a version's classes become the project's. Classes of the model that are left out give no objects."""

    model_version_id: Id
    classes: Annotated[tuple[MappedClass, ...], Field(min_length=1, max_length=2_000)]


class MappingBody(Body):
    """A mapping. Immutable; the same choice made again is the same mapping."""

    id: Annotated[int, Field(examples=[5])]
    project_id: int
    model_version_id: int
    model: str
    version: str
    mapping: ClassMapping
    created_at: datetime
    created_by: int

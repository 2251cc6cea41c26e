"""Models: the card that says what a version is, how its classes become a project's, and what a run of it covers."""

import unicodedata
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_MODEL_CLASSES = 2_000
MAX_RUN_IMAGES = 16
# A version of digits alone is a number, which the next one counts on from.
MAX_VERSION_DIGITS = 9


def has_control(text: str) -> bool:
    """Tell whether a text holds what no line of it can: line breaks, NUL and the like, or half a character."""
    return any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _on_one_line(text: str) -> str:
    if has_control(text):
        raise ValueError("control characters, like NUL and line breaks, cannot stand in it; take them out")
    return text


Line = Annotated[str, AfterValidator(_on_one_line)]
ClassName = Annotated[Line, Field(min_length=1, max_length=200)]
Score = Annotated[float, Field(ge=0, le=1)]
TaskStateName = Literal["waiting", "open", "deciding", "in_review", "accepted", "rejected", "cancelled"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelFamily(StrEnum):
    """Which adapter runs a model."""

    ONNX_YOLO = "onnx_yolo"
    ONNX_BOXES = "onnx_boxes"
    ONNX_CENTERNET = "onnx_centernet"
    ONNX_SEMANTIC = "onnx_semantic"
    TRANSFORMERS_DETECTION = "transformers_detection"
    TRANSFORMERS_INSTANCE = "transformers_instance"
    TRANSFORMERS_SEMANTIC = "transformers_semantic"
    TRANSFORMERS_PROMPT = "transformers_prompt"


class ModelTask(StrEnum):
    """What a model gives: for an image boxes, masks, a class map or key points; or a mask for clicks."""

    BOXES = "boxes"
    INSTANCES = "instances"
    SEMANTIC = "semantic"
    KEYPOINTS = "keypoints"
    PROMPT = "prompt"


class ModelClass(_Body):
    """A class in the model's own numbering."""

    index: Annotated[int, Field(ge=0, lt=1_000_000)]
    name: ClassName


class InputSpec(_Body):
    """How a picture becomes an input, (height, width) px; null: the model takes any size that `multiple_of` divides.

    `letterbox` keeps the aspect and pads right and bottom or all round, `stretch` does not, `shortest_edge` scales the
    shorter side to `shortest_px` with the longer at most `longest_px`. A pixel is (value x `scale` - mean) / std.
    """

    height: Annotated[int, Field(ge=16, le=8_192)] | None = 640
    width: Annotated[int, Field(ge=16, le=8_192)] | None = 640
    resize: Literal["letterbox", "letterbox_centred", "stretch", "shortest_edge"] = "letterbox_centred"
    shortest_px: Annotated[int, Field(ge=16, le=8_192)] = 800
    longest_px: Annotated[int, Field(ge=16, le=8_192)] = 1_333
    multiple_of: Annotated[int, Field(ge=1, le=256)] = 32
    pad_value: Annotated[int, Field(ge=0, le=255)] = 114
    colour: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Thresholds(_Body):
    """`floor`: what is kept at all; `score`: what is shown where a mapping says nothing else; `mask`: a pixel's;
    `iou`: of two boxes of a class, beyond which suppression drops the weaker."""

    floor: Score = 0.1
    score: Score = 0.5
    mask: Score = 0.5
    iou: Score = 0.5


class ModelFile(_Body):
    name: Annotated[Line, Field(min_length=1, max_length=300)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Measured(_Body):
    """What one picture of the model's own size took when the model was taken in; a run's cost is estimated from it."""

    seconds_per_image: Annotated[float, Field(ge=0)]
    device: Annotated[Line, Field(max_length=60)]
    memory_bytes: Annotated[int, Field(ge=0)]


class CardOverrides(_Body):
    """What whoever brings a model says of it: the keys of `plumbline.json`. What is left out is found in the files.

    Of `input` and `thresholds` only the keys given count.
    """

    family: ModelFamily | None = None
    decoder: Annotated[Line, Field(max_length=60)] | None = None
    classes: Annotated[tuple[ClassName, ...] | None, Field(min_length=1, max_length=MAX_MODEL_CLASSES)] = None
    input: InputSpec | None = None
    thresholds: Thresholds | None = None
    max_objects: Annotated[int, Field(ge=1, le=2_000)] | None = None
    keypoints: Annotated[tuple[Annotated[Line, Field(max_length=60)], ...] | None, Field(max_length=200)] = None
    licence: Annotated[Line, Field(max_length=200)] | None = None


class ModelCard(_Body):
    """What a version of a model is. `decoder` names the layout of an ONNX file's outputs, where the family has several;
    `architecture` is the Transformers class or the producer that the file names."""

    family: ModelFamily
    task: ModelTask
    architecture: Annotated[Line, Field(max_length=200)]
    decoder: Annotated[Line, Field(max_length=60)] = ""
    classes: Annotated[tuple[ModelClass, ...], Field(max_length=MAX_MODEL_CLASSES)]
    input: InputSpec = InputSpec()
    thresholds: Thresholds = Thresholds()
    max_objects: Annotated[int, Field(ge=1, le=2_000)] = 300
    keypoints: tuple[Annotated[Line, Field(max_length=60)], ...] = ()
    parameters: Annotated[int, Field(ge=0)] = 0
    licence: Annotated[Line, Field(max_length=200)] = ""
    measured: Measured | None = None
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1, max_length=200)]
    warnings: Annotated[tuple[Line, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _indices_differ(self) -> "ModelCard":
        if len({c.index for c in self.classes}) < len(self.classes):
            raise ValueError("two classes of the model share an index")
        return self


class MappedClass(_Body):
    """What becomes of a model's class: null leaves its objects out; `threshold` null takes the card's score."""

    index: Annotated[int, Field(ge=0, lt=1_000_000)]
    class_id: Annotated[int, Field(ge=1, le=32_767)] | None
    threshold: Score | None = None


class ClassMapping(_Body):
    """All classes of a model that a project takes. Immutable: another choice is another mapping."""

    classes: Annotated[tuple[MappedClass, ...], Field(max_length=MAX_MODEL_CLASSES)]

    @model_validator(mode="after")
    def _indices_differ(self) -> "ClassMapping":
        if len({c.index for c in self.classes}) < len(self.classes):
            raise ValueError("a class of the model is mapped twice")
        return self


class RunFilter(_Body):
    """Which items of a project a run covers: all that meet every condition given; `image_ids` names them one by one."""

    state: TaskStateName | None = None
    key: Annotated[str, Field(min_length=1, max_length=1_024)] | None = None
    class_id: Annotated[int, Field(ge=1, le=32_767)] | None = None
    without_prelabels: bool = False
    image_ids: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=MAX_RUN_IMAGES)] | None = None

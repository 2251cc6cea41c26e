"""Runs of a model over a project's items, the prediction sets they leave, and the comparison of two."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from schema.bodies.base import Body, Id
from schema.enums import RunPurpose, RunState
from schema.models import RunFilter
from schema.objects import LabelObject


class NewRunBody(Body):
    """Run the model of a mapping on what a filter finds. `show` gives its pre-labels to tasks that nobody has begun.

    A `trial` names a few images and shows nobody anything.
    """

    mapping_id: Id
    purpose: RunPurpose = RunPurpose.RUN
    name: Annotated[str, Field(max_length=120, examples=["yolo11 on July"])] = ""
    filter: RunFilter = RunFilter()
    show: bool = False

    @model_validator(mode="after")
    def _trial_names_its_images(self) -> "NewRunBody":
        if self.purpose is RunPurpose.TRIAL and not self.filter.image_ids:
            raise ValueError("a trial needs filter.image_ids: the images to try the model on")
        if self.purpose is RunPurpose.TRIAL and self.show:
            raise ValueError("a trial shows nobody anything; leave show out")
        return self


class RunEstimateBody(Body):
    """What a run would cover and take. `seconds` counts the images that the model has not seen yet, on one worker;
    null while nothing is known of its speed. `known_images` need no forward again."""

    items: int
    is_exact: Annotated[bool, Field(description="false: found among the first 10,000 only, a run looks at the rest")]
    known_images: int
    seconds: float | None
    seconds_per_image: float | None


class RunProblemBody(Body):
    image_id: int
    problem: str


class RunBody(Body):
    """A run and how far it is. `items` grows until `is_cut`; `failed` images have a line among the `problems`."""

    id: Annotated[int, Field(examples=[9])]
    project_id: int
    mapping_id: int
    model_version_id: int
    model: str
    version: str
    purpose: RunPurpose
    name: str
    filter: RunFilter
    show: bool
    state: RunState
    reason: str | None
    items: int
    is_cut: Annotated[bool, Field(description="whether `items` is final")]
    done: int
    failed: int
    objects: int
    seconds_left: float | None
    problems: tuple[RunProblemBody, ...]
    requested_by: int
    created_at: datetime
    finished_at: datetime | None


class PredictionSetBody(Body):
    """All that one mapping's model said of a project's images.

    Counts end at 10,000 images: `is_complete` is false where a set has more, and `newest_at` is of all.
    """

    mapping_id: int
    model_version_id: int
    model: str
    version: str
    images: int
    objects: int
    is_complete: Annotated[bool, Field(description="whether `images` and `objects` are of the whole set")]
    newest_at: datetime | None


class SetPictureBody(Body):
    """A picture with what a set says of it."""

    image_id: int
    item_id: int
    key: str
    width: int | None
    height: int | None
    url: str | None
    thumbnail_url: str | None
    prediction_id: int | None
    objects: tuple[LabelObject, ...]


class ClassComparisonBody(Body):
    """Two sets in one class: objects of each, pairs that match, and the pairs' mean IoU."""

    class_id: int
    objects_a: int
    objects_b: int
    matched: int
    mean_iou: float | None
    f1: Annotated[float | None, Field(description="2 x matched / (objects_a + objects_b)")]


class DifferingPictureBody(Body):
    image_id: int
    item_id: int
    key: str
    thumbnail_url: str | None
    only_a: int
    only_b: int
    other_class: Annotated[int, Field(description="pairs that match in place but not in class")]
    matched: int


class SetComparisonBody(Body):
    """Two prediction sets, or a set (`a`) and the final labels (`b` null), over the images that both have.

    Objects match one to one by IoU, at least `match_iou`, the best first. `is_complete` is false where only the first
    `images` were compared.
    """

    a: int
    b: int | None
    match_iou: float
    images: int
    is_complete: bool
    classes: tuple[ClassComparisonBody, ...]
    differing: Annotated[tuple[DifferingPictureBody, ...], Field(description="most different first")]


class ShownSetBody(Body):
    """What was shown to tasks that nobody had begun. With a `next`, send it as `after` to go on."""

    tasks_changed: int
    tasks_begun: Annotated[int, Field(description="left as they were: somebody has begun")]
    next: int | None


class ClassAcceptanceBody(Body):
    """What people made of the pre-labels of one class: kept as they were, changed, or nothing of them kept."""

    class_id: int
    accepted: int
    edited: int
    deleted: int


class SetAcceptanceBody(Body):
    """What people made of a set's pre-labels, over the answers that count.

    `is_complete` is false where only the first `answers` were looked at: 2,000 at most, which have 20,000 objects
    together with what they were shown, to the first 10,000 images.
    """

    mapping_id: int
    answers: int
    is_complete: bool
    classes: tuple[ClassAcceptanceBody, ...]

"""How far a project is, and how well its people agree."""

from typing import Annotated

from pydantic import Field

from schema.bodies.base import Body, Interval


class ProgressBody(Body):
    """Counts of a project at this moment. Images are counted over the sources that feed it."""

    project_id: int
    images: Annotated[dict[str, int], Field(description="by state", examples=[{"ready": 40, "quarantined": 2}])]
    tasks: Annotated[dict[str, int], Field(description="by state", examples=[{"open": 12, "accepted": 28}])]
    quarantined: Annotated[int, Field(description="images put aside with a reason")]
    in_review: Annotated[int, Field(description="tasks that wait for a supervisor")]
    leases_held: Annotated[int, Field(description="seats that somebody works on now")]


class ClassAgreementBody(Body):
    """One class: `objects` over all pairs of answers, F1 and mean IoU in [0, 1]."""

    class_id: int
    name: str
    objects: int
    match_f1: float | None
    mean_iou: float | None


class AgreementBody(Body):
    """The triple of agreement over the newest quorum of each task, each with its interval over items.

    `items` have two answers or more. On `items_with_prelabels` of them people were shown a model's objects, which
    makes them agree more than they would alone.
    """

    project_id: int
    match_f1: Interval
    mean_iou: Interval
    alpha: Annotated[Interval, Field(description="Krippendorff's alpha of the class, given a match")]
    tag_alpha: Annotated[Interval, Field(description="Krippendorff's nominal alpha of the images' tags")]
    items: int
    pairs: int
    items_with_prelabels: int
    classes: tuple[ClassAgreementBody, ...]

"""The immutable bodies of a project's versions: ontology (classes), guidelines, policy (labelling rules)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.enums import PreLabeling, SkipKind

Share = Annotated[float, Field(ge=0, le=1)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$", examples=["sw", "pt-br"])]
SkillName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AttributeSpec(_Body):
    """An attribute that objects of a class may carry."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    kind: Literal["boolean", "number", "text", "choice"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = False


class ClassSpec(_Body):
    """A class: its id never changes meaning; name and colour are display. A retired one is in no new object."""

    class_id: Annotated[int, Field(ge=1, le=32_767)]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#4cc2ff"
    attributes: tuple[AttributeSpec, ...] = ()
    retired: bool = False


class Ontology(_Body):
    classes: Annotated[tuple[ClassSpec, ...], Field(min_length=1, max_length=2_000)]

    @model_validator(mode="after")
    def _ids_and_names_differ(self) -> "Ontology":
        if len({c.class_id for c in self.classes}) < len(self.classes):
            raise ValueError("two classes share a class_id")
        if len({c.name.casefold() for c in self.classes}) < len(self.classes):
            raise ValueError("two classes share a name")
        return self

    def class_ids(self) -> frozenset[int]:
        return frozenset(c.class_id for c in self.classes)


class Guidelines(_Body):
    markdown: Annotated[str, Field(max_length=200_000)] = ""


class SkillRule(_Body):
    """A skill that is needed: its score, and the lower end of its interval, in [0, 1]."""

    skill: SkillName
    min_score: Share = 0.0
    min_low: Annotated[float, Field(ge=0, le=1, description="few observations leave a wide interval and a low end")] = (
        0.0
    )


class WorkerRules(_Body):
    """Who may work: who has one of the languages, sites and teams, and all skills. What is empty asks for nothing."""

    languages: Annotated[tuple[Language, ...], Field(max_length=50)] = ()
    sites: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    teams: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    skills: Annotated[tuple[SkillRule, ...], Field(max_length=20)] = ()


class SkipRules(_Body):
    """Which ways to skip work there are. `later_h`: work that its member left for later goes to others then."""

    kinds: tuple[SkipKind, ...] = (SkipKind.LATER, SkipKind.OTHERS, SkipKind.UNLABELABLE)
    daily: Annotated[int | None, Field(ge=0, le=100_000, description="skips a member and day; null: any number")] = None
    later_h: Annotated[int, Field(ge=1, le=720)] = 24


class Policy(_Body):
    """How a project is labelled, merged and routed. IoU and shares in [0, 1]."""

    min_votes: Annotated[int, Field(ge=1, le=50)] = 2
    max_votes: Annotated[int, Field(ge=1, le=50)] = 3
    match_iou: Share = 0.4
    quorum: Annotated[float, Field(gt=0, le=1)] = 0.6
    boundary_iou: Share = 0.75
    prelabeling: PreLabeling = PreLabeling.OFF
    prelabel_class_id: Annotated[int, Field(ge=1, le=32_767)] | None = None
    prelabel_mapping_id: Annotated[
        int | None, Field(ge=1, description="the class mapping, and with it the model version, of prelabeling 'model'")
    ] = None
    hidden_share: Annotated[
        float, Field(ge=0, le=1, description="share of tasks that show no pre-label, so that its bias can be measured")
    ] = 0.0
    label_duplicates: bool = False
    lease_ttl_s: Annotated[int, Field(ge=30, le=86_400)] = 900
    undo_window_s: Annotated[float, Field(ge=0, le=60)] = 8.0
    workers: WorkerRules = WorkerRules()
    skips: SkipRules = SkipRules()
    daily_cap: Annotated[
        int | None, Field(ge=1, le=100_000, description="answers a member and day (UTC); null: any number")
    ] = None
    gold_first: Annotated[int, Field(ge=0, le=1_000, description="a member's first so many tasks are gold")] = 0
    gold_share: Annotated[float, Field(ge=0, le=0.5, description="share of later tasks that are gold")] = 0.0
    audit_share: Annotated[float, Field(ge=0, le=1, description="share of accepted tasks that a supervisor audits")] = (
        0.0
    )
    require_acknowledgement: Annotated[
        bool, Field(description="nobody claims work before they acknowledged the current guidelines")
    ] = False

    @model_validator(mode="after")
    def _votes_in_order(self) -> "Policy":
        if self.max_votes < self.min_votes:
            raise ValueError("max_votes must not be smaller than min_votes")
        if self.prelabeling is PreLabeling.MODEL and self.prelabel_mapping_id is None:
            raise ValueError("prelabel_mapping_id is needed for 'model': which model, mapped to which classes")
        if self.prelabeling is PreLabeling.PLAIN_BACKGROUND and self.prelabel_class_id is None:
            raise ValueError("prelabel_class_id is needed for 'plain_background': the class its objects get")
        return self

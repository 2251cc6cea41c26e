"""How well a member does something."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.projects import Share, SkillName


class Skill(BaseModel):
    """How well a member does something, in [0, 1], and the interval within which that is certain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skill: Annotated[SkillName, Field(examples=["polygons"])]
    score: Annotated[Share, Field(examples=[0.71])]
    low: Annotated[Share, Field(examples=[0.52])]
    high: Annotated[Share, Field(examples=[0.86])]

    @model_validator(mode="after")
    def _is_inside(self) -> "Skill":
        if not self.low <= self.score <= self.high:
            raise ValueError("the score must lie between low and high")
        return self

"""What an organisation's people were measured in."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.members import skills
from domain.members.queries import SkillRow
from schema.bodies.members import MemberSkillsBody, NotedSkillBody, SkillImportBody, SkillsBody

router = APIRouter(prefix="/members", tags=["people"], responses=declare("forbidden"))

_CSV = "email,skill,score,low,high\nada@example.org,polygons,0.71,0.52,0.86\n"


@router.get("/{member_id}/skills", summary="Show what a member was measured in", responses=declare("not_found"))
def list_skills(member_id: PathId, actor: WithActor, context: WithContext) -> MemberSkillsBody:
    with context.database.begin(actor.scope) as session:
        return _body(member_id, skills.list_skills(session, actor, member_id))


@router.put(
    "/{member_id}/skills",
    summary="Replace what a member was measured in",
    description="Where they may work is decided anew in the same transaction.",
    responses=declare("not_found"),
)
def replace_skills(member_id: PathId, body: SkillsBody, actor: WithActor, context: WithContext) -> MemberSkillsBody:
    with context.database.begin(actor.scope) as session:
        return _body(member_id, skills.replace_skills(session, actor, member_id, body.skills))


@router.post(
    "/skills",
    summary="Note the skills of a CSV file, all or none of them",
    description="Skills that the file does not name stay as they are.",
    responses=declare("file_refused"),
)
def import_skills(
    content: Annotated[bytes, Body(media_type="text/csv", max_length=1_000_000, examples=[_CSV])],
    actor: WithActor,
    context: WithContext,
) -> SkillImportBody:
    with context.database.begin(actor.scope) as session:
        noted = skills.import_skills(session, actor, content)
    return SkillImportBody(members=len(noted), skills=sum(noted.values()))


def _body(member_id: int, rows: list[SkillRow]) -> MemberSkillsBody:
    skill = [NotedSkillBody(skill=r.skill, score=r.score, low=r.low, high=r.high, noted_at=r.noted_at) for r in rows]
    return MemberSkillsBody(member_id=member_id, skills=tuple(skill))

"""What a policy would change, before it is published."""

from fastapi import APIRouter

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.projects.previewing import Preview
from domain.projects.previewing import preview_policy as preview
from schema.bodies.workers import PolicyChangeBody, PolicyPreviewBody, PolicyProblemBody
from schema.projects import Policy

router = APIRouter(prefix="/projects/{project_id}", tags=["projects"], responses=declare("not_found", "forbidden"))


@router.post(
    "/policy/preview",
    summary="Say what labelling rules would change if they were published now",
    description="Nothing is saved. `problems` holds what publishing would be refused for.",
)
def preview_policy(project_id: PathId, body: Policy, actor: WithActor, context: WithContext) -> PolicyPreviewBody:
    with context.database.begin(actor.scope) as session:
        return _body(preview(session, actor, project_id=project_id, policy=body))


def _body(seen: Preview) -> PolicyPreviewBody:
    return PolicyPreviewBody(
        version=seen.version,
        problems=tuple(PolicyProblemBody(field=p["field"], problem=p["problem"]) for p in seen.problems),
        changes=tuple(PolicyChangeBody(field=c.field, before=c.before, after=c.after) for c in seen.changes),
        waiting_tasks_keeping_votes=seen.under_way.waiting,
        open_tasks_keeping_votes=seen.under_way.open,
        leases_keeping_rules=seen.under_way.leases,
        own_members_working=seen.people.may_work,
        own_members_losing_access=seen.people.would_lose,
        own_members_gaining_access=seen.people.would_gain,
        vendors_concerned=seen.under_way.vendors,
        gold_tasks_per_day=seen.gold_per_day,
        audits_per_day=seen.audits_per_day,
    )

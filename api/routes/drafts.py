"""Unsent work, saved while it is done: as a whole, or by what changed."""

from fastapi import APIRouter

from api.auth import WithActor
from api.context import WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.assignment import drafting
from domain.assignment.drafting import DraftChange
from schema.bodies.leases import DraftBody, DraftChangeBody, DraftStoredBody

router = APIRouter(prefix="/leases", tags=["work"], responses=declare("not_found", "draft_conflict", "invalid_request"))


@router.put("/{lease_id}/draft", summary="Keep unsent work")
def save_draft(lease_id: PathId, body: DraftBody, actor: WithActor, context: WithContext) -> DraftStoredBody:
    with context.database.begin(actor.scope) as session:
        saved = drafting.save_draft(
            session,
            actor,
            lease_id,
            sequence=body.sequence,
            objects=body.objects,
            writer=body.writer,
            base_sequence=body.base_sequence,
            active_s=body.active_s,
        )
    return DraftStoredBody(stored=saved.stored, sequence=saved.sequence)


@router.patch("/{lease_id}/draft", summary="Keep what changed of unsent work", responses=declare("invalid_objects"))
def change_draft(lease_id: PathId, body: DraftChangeBody, actor: WithActor, context: WithContext) -> DraftStoredBody:
    change = DraftChange(
        sequence=body.sequence,
        base_sequence=body.base_sequence,
        put=body.put,
        delete=body.delete,
        writer=body.writer,
    )
    with context.database.begin(actor.scope) as session:
        saved = drafting.change_draft(session, actor, lease_id, change, active_s=body.active_s)
    return DraftStoredBody(stored=saved.stored, sequence=saved.sequence)

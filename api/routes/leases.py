"""Claiming work and holding it: leases, drafts, heartbeats."""

from dataclasses import asdict

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import object_link
from api.problems import declare, violated_constraint
from api.routes.leased_body import lease_body
from api.routes.parameters import PathId
from domain.assignment import service
from domain.assignment.queries.leased import HeldLease, LeasedTask
from domain.ingest.keys import thumbnail_key
from domain.scope import Actor
from schema.bodies.leases import (
    ClaimBody,
    DraftBody,
    DraftStoredBody,
    HeartbeatBody,
    HeldLeaseBody,
    HeldLeasesBody,
    LeaseBody,
)
from schema.enums import Stage

router = APIRouter(prefix="/leases", tags=["work"])


@router.post(
    "",
    status_code=201,
    summary="Claim the next piece of work",
    response_model=LeaseBody,
    responses={
        204: {"description": "There is no work for you now"},
        **declare("forbidden", "seat_reissued", "guidelines_unread"),
    },
)
def claim_task(body: ClaimBody, actor: WithActor, context: WithContext, response: Response) -> LeaseBody | Response:
    leased = _claim(context, actor, body.project_id, body.stage)
    if leased is None:
        return Response(status_code=204)
    response.headers["Location"] = f"/v1/leases/{leased.lease_id}"
    return lease_body(leased, context, actor)


def _claim(context: Context, actor: Actor, project_id: int | None, stage: Stage | None) -> LeasedTask | None:
    """Claim; two claims of one member at the same moment can meet on one task, and the later one looks again."""
    try:
        with context.database.begin(actor.scope) as session:
            return service.claim_task(session, actor, project_id=project_id, stage=stage, rng=context.rng)
    except IntegrityError as error:
        if violated_constraint(error) != "seat_one_per_member":
            raise
    with context.database.begin(actor.scope) as session:
        return service.claim_task(session, actor, project_id=project_id, stage=stage, rng=context.rng)


@router.get("", summary="List the leases that you hold now")
def list_leases(actor: WithActor, context: WithContext) -> HeldLeasesBody:
    with context.database.begin(actor.scope) as session:
        held = service.list_held_leases(session, actor)
    return HeldLeasesBody(items=tuple(_held(lease, context, actor) for lease in held))


@router.get("/{lease_id}", summary="Show what a lease of yours is about", responses=declare("not_found"))
def get_lease(lease_id: PathId, actor: WithActor, context: WithContext) -> LeaseBody:
    with context.database.begin(actor.scope) as session:
        leased = service.get_leased_task(session, actor, lease_id)
    return lease_body(leased, context, actor)


@router.put(
    "/{lease_id}/draft", summary="Keep unsent work", responses=declare("not_found", "seat_reissued", "invalid_request")
)
def save_draft(lease_id: PathId, body: DraftBody, actor: WithActor, context: WithContext) -> DraftStoredBody:
    with context.database.begin(actor.scope) as session:
        stored = service.save_draft(session, actor, lease_id, sequence=body.sequence, objects=body.objects)
    return DraftStoredBody(stored=stored)


@router.post(
    "/{lease_id}/heartbeat", summary="Say that you are still at work", responses=declare("not_found", "seat_reissued")
)
def extend_lease(lease_id: PathId, actor: WithActor, context: WithContext) -> HeartbeatBody:
    with context.database.begin(actor.scope) as session:
        until = service.extend_lease(session, actor, lease_id)
    return HeartbeatBody(expires_at=until)


@router.delete(
    "/{lease_id}", status_code=204, summary="Give work back without an answer", responses=declare("not_found")
)
def give_back(lease_id: PathId, actor: WithActor, context: WithContext) -> None:
    with context.database.begin(actor.scope) as session:
        service.give_back(session, actor, lease_id)


def _held(lease: HeldLease, context: Context, actor: Actor) -> HeldLeaseBody:
    facts = asdict(lease)
    thumbnail = thumbnail_key(client_org=facts.pop("client_org"), sha256=facts.pop("sha256"))
    return HeldLeaseBody(**facts, thumbnail_url=object_link(context, actor, thumbnail))

"""Claiming work and holding it: leases, heartbeats, skips."""

from collections.abc import Sequence
from dataclasses import asdict

from fastapi import APIRouter, Response
from sqlalchemy.exc import IntegrityError

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import object_link
from api.problems import declare, violated_constraint
from api.routes.leased_body import lease_body
from api.routes.parameters import PathId
from domain.assignment import service, skipping
from domain.assignment.queries.claim import Wish
from domain.assignment.queries.leased import HeldLease, LeasedTask
from domain.gold.rules import GoldDrawn
from domain.ingest.keys import thumbnail_key
from domain.scope import Actor
from schema.bodies.leases import (
    AtWorkBody,
    ClaimBody,
    ClaimedBody,
    HeartbeatBody,
    HeldLeaseBody,
    HeldLeasesBody,
    LeaseBody,
    SkipBody,
    SkippedBody,
)
from schema.enums import SkipKind

router = APIRouter(prefix="/leases", tags=["work"])


@router.post(
    "",
    status_code=201,
    summary="Claim the next piece of work",
    response_model=ClaimedBody,
    responses={
        204: {"description": "There is no work for you now"},
        **declare("forbidden", "seat_reissued", "guidelines_unread"),
    },
)
def claim_task(body: ClaimBody, actor: WithActor, context: WithContext, response: Response) -> ClaimedBody | Response:
    tasks = _claim(context, actor, body)
    if not tasks:
        return Response(status_code=204)
    now, *ahead = (lease_body(leased, context, actor) for leased in tasks)
    response.headers["Location"] = f"/v1/leases/{now.lease_id}"
    return ClaimedBody.model_construct(**dict(now), prefetched=tuple(ahead))


def _claim(context: Context, actor: Actor, body: ClaimBody) -> Sequence[LeasedTask]:
    """Claim; two claims of one member at the same moment can meet on one task, and the later one looks again.

    So does one that met the member's turn for gold: nothing of the first try stays.
    """
    wish = Wish(project=body.project_id, stage=body.stage, later=body.later)
    gold_of: int | None = None
    met = False
    while True:
        try:
            with context.database.begin(actor.scope) as session:
                return service.claim_tasks(
                    session, actor, wish, prefetch=body.prefetch, rng=context.rng, gold_of=gold_of
                )
        except GoldDrawn as drawn:
            gold_of = drawn.project_id
        except IntegrityError as error:
            if met or violated_constraint(error) != "seat_one_per_member":
                raise
            met = True


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


@router.post(
    "/{lease_id}/heartbeat",
    summary="Say that you are still at work, and for how long you have been",
    responses=declare("not_found", "seat_reissued", "invalid_request"),
)
def extend_lease(
    lease_id: PathId, actor: WithActor, context: WithContext, body: AtWorkBody | None = None
) -> HeartbeatBody:
    with context.database.begin(actor.scope) as session:
        until = service.extend_lease(session, actor, lease_id, active_s=body.active_s if body else 0.0)
    return HeartbeatBody(expires_at=until)


@router.post(
    "/{lease_id}/skip",
    summary="Leave work for later, to others, or to a supervisor; your draft is kept",
    responses=declare("not_found", "seat_reissued", "task_closed", "skip_refused", "invalid_request"),
)
def skip_lease(lease_id: PathId, body: SkipBody, actor: WithActor, context: WithContext) -> SkippedBody:
    with context.database.begin(actor.scope) as session:
        done = skipping.skip_lease(session, actor, lease_id, kind=body.kind, reason=body.reason)
    return SkippedBody(lease_id=done.lease_id, task_id=done.task_id, kind=SkipKind(done.kind), at=done.at)


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

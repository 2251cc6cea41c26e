"""How a lease is shown."""

from api.context import Context
from api.links import object_link
from domain.assignment.queries.leased import LeasedTask
from domain.ingest.keys import thumbnail_key, working_key
from domain.scope import Actor
from schema.bodies.leases import DraftState, LeaseBody, LeasedImage, LeasePolicy, PrelabelSourceBody
from schema.enums import Stage
from schema.objects import OBJECTS
from schema.projects import Ontology, Policy


def lease_body(leased: LeasedTask, context: Context, actor: Actor) -> LeaseBody:
    policy = Policy.model_validate(leased.policy)
    return LeaseBody(
        lease_id=leased.lease_id,
        task_id=leased.task_id,
        project_id=leased.project_id,
        project_name=leased.project_name,
        stage=Stage(leased.stage),
        holds_seat=leased.holds_seat,
        # The row shows the seat's expiry, which is somebody else's once the seat is.
        expires_at=leased.expires_at if leased.holds_seat else None,
        image=leased_image(leased, context, actor),
        guideline_version=leased.guideline_version,
        ontology=Ontology.model_validate(leased.ontology),
        policy=LeasePolicy(lease_ttl_s=policy.lease_ttl_s, undo_window_s=policy.undo_window_s),
        prelabels=None if leased.prelabels is None else OBJECTS.validate_python(leased.prelabels),
        prelabel_source=_source(leased),
        draft=_draft(leased),
        last_answer=None if leased.last_answer is None else OBJECTS.validate_python(leased.last_answer),
        feedback=leased.feedback,
    )


def leased_image(leased: LeasedTask, context: Context, actor: Actor) -> LeasedImage:
    return LeasedImage(
        id=leased.image_id,
        key=leased.key,
        width=leased.width,
        height=leased.height,
        url=object_link(context, actor, working_key(client_org=leased.client_org, sha256=leased.sha256)),
        thumbnail_url=object_link(context, actor, thumbnail_key(client_org=leased.client_org, sha256=leased.sha256)),
    )


def _source(leased: LeasedTask) -> PrelabelSourceBody | None:
    if leased.prediction_id is None:
        return None
    return PrelabelSourceBody(model=leased.model, version=leased.model_version, mapping_id=leased.mapping_id)


def _draft(leased: LeasedTask) -> DraftState | None:
    if leased.draft is None or leased.draft_sequence is None:
        return None
    return DraftState(
        sequence=leased.draft_sequence, writer=leased.draft_writer or "", objects=OBJECTS.validate_python(leased.draft)
    )

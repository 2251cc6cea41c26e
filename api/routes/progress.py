"""How far a project is, and how well its people agree."""

from fastapi import APIRouter

from api.auth import WithActor
from api.context import Context, WithContext
from api.problems import declare
from api.routes.parameters import PathId
from domain.agreement import bootstrap
from domain.agreement.summary import Agreement
from domain.progress import service
from domain.progress.queries import QuorumAgreement
from domain.progress.service import Progress
from domain.projects.service import Project, get_project
from domain.scope import Actor
from schema.bodies.base import Interval
from schema.bodies.progress import AgreementBody, ClassAgreementBody, ProgressBody

router = APIRouter(prefix="/projects", tags=["projects"], responses=declare("forbidden", "not_found"))


@router.get("/{project_id}/progress", summary="Count a project's images and tasks by state")
def get_progress(project_id: PathId, actor: WithActor, context: WithContext) -> ProgressBody:
    with context.database.begin(actor.scope) as session:
        progress = service.get_progress(session, actor, project_id)
    return progress_body(progress)


@router.get("/{project_id}/agreement", summary="Measure how far a project's people agree")
def get_agreement(project_id: PathId, actor: WithActor, context: WithContext) -> AgreementBody:
    with context.database.begin(actor.scope) as session:
        project = get_project(session, project_id)
    quorums = _read_quorums(context, actor, project)
    return _body(project, service.summarise_project(project, quorums), quorums)


def _read_quorums(context: Context, actor: Actor, project: Project) -> list[QuorumAgreement]:
    """Read page by page, a short transaction each: a large project must not hold one open."""
    quorums: list[QuorumAgreement] = []
    after = 0
    while True:
        with context.database.begin(actor.scope) as session:
            page = service.list_agreements(session, actor, project, after=after)
        if not page:
            return quorums
        quorums += page
        after = page[-1].task_id


def _body(project: Project, agreement: Agreement, quorums: list[QuorumAgreement]) -> AgreementBody:
    names = {c.class_id: c.name for c in project.ontology.classes}
    return AgreementBody(
        project_id=project.id,
        match_f1=_interval(agreement.match_f1),
        mean_iou=_interval(agreement.mean_iou),
        alpha=_interval(agreement.alpha),
        tag_alpha=_interval(agreement.tag_alpha),
        items=agreement.items,
        pairs=agreement.pairs,
        items_with_prelabels=sum(q.with_prelabels for q in quorums if q.agreement["pairs"]),
        classes=tuple(
            ClassAgreementBody(
                class_id=c.class_id,
                name=names[c.class_id],
                objects=c.objects,
                match_f1=c.match_f1,
                mean_iou=c.mean_iou,
            )
            for c in agreement.classes
        ),
    )


def progress_body(progress: Progress) -> ProgressBody:
    return ProgressBody(
        project_id=progress.project_id,
        images=progress.images,
        tasks=progress.tasks,
        quarantined=progress.quarantined,
        in_review=progress.in_review,
        leases_held=progress.leases_held,
    )


def _interval(measured: bootstrap.Interval) -> Interval:
    return Interval(value=measured.value, low=measured.low, high=measured.high)

"""Prediction sets: all that one mapping's model said of a project's images; compared, shown, and judged by answers."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import WithActor
from api.context import Context, WithContext
from api.links import picture_links
from api.paging import WithCursor
from api.problems import declare
from api.routes.parameters import PathId, QueryId
from api.set_body import set_picture_body
from domain.runs import sets
from domain.runs.sets import PictureDifference
from domain.scope import Actor
from schema.bodies.base import MAX_ID, Page
from schema.bodies.runs import (
    ClassAcceptanceBody,
    ClassComparisonBody,
    DifferingPictureBody,
    PredictionSetBody,
    SetAcceptanceBody,
    SetComparisonBody,
    SetPictureBody,
    ShownSetBody,
)

router = APIRouter(
    prefix="/projects/{project_id}/prediction-sets", tags=["models"], responses=declare("forbidden", "not_found")
)


@router.get("", summary="List a project's prediction sets")
def list_prediction_sets(
    project_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[PredictionSetBody]:
    with context.database.begin(actor.scope) as session:
        rows = sets.list_sets(session, actor, project_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, lambda row: PredictionSetBody(**asdict(row)), id_of=lambda row: row.mapping_id)


@router.get(
    "/compare",
    summary="Compare two prediction sets, or a set with the final labels",
    description="Over the images that both have: the first 2,000, and as many as have 20,000 objects together.",
)
def compare_prediction_sets(
    project_id: PathId,
    actor: WithActor,
    context: WithContext,
    a: QueryId,
    b: Annotated[int | None, Query(ge=1, le=MAX_ID, description="left out: the final labels")] = None,
    match_iou: Annotated[float, Query(gt=0, le=1)] = 0.5,
) -> SetComparisonBody:
    with context.database.begin(actor.scope) as session:
        pairs = sets.read_pairs(session, actor, project_id, a=a, b=b)
    compared = sets.compare_sets(pairs.rows, match_iou=match_iou)
    return SetComparisonBody(
        a=a,
        b=b,
        match_iou=match_iou,
        images=len(pairs.rows),
        is_complete=pairs.is_complete,
        classes=tuple(
            ClassComparisonBody(
                class_id=c.class_id,
                objects_a=c.objects_a,
                objects_b=c.objects_b,
                matched=c.matched,
                mean_iou=c.mean_iou,
                f1=c.f1,
            )
            for c in compared.classes
        ),
        differing=tuple(_differing(d, context, actor) for d in compared.differing),
    )


@router.get("/{mapping_id}/pictures", summary="List the pictures of a set with what it says of them, by image")
def list_set_pictures(
    project_id: PathId, mapping_id: PathId, actor: WithActor, context: WithContext, cursor: WithCursor
) -> Page[SetPictureBody]:
    with context.database.begin(actor.scope) as session:
        pictures = sets.list_set_pictures(session, actor, project_id, mapping_id, after=cursor.after, limit=cursor.rows)
    return cursor.page(pictures, lambda p: set_picture_body(p, context, actor), id_of=lambda p: p.image_id)


@router.get(
    "/{mapping_id}/acceptance",
    summary="Sum up what people made of a set's pre-labels, by class",
    description="Over the first 2,000 answers, and as many as have 20,000 objects together with what they were shown.",
)
def get_acceptance(project_id: PathId, mapping_id: PathId, actor: WithActor, context: WithContext) -> SetAcceptanceBody:
    with context.database.begin(actor.scope) as session:
        found = sets.sum_acceptance(session, actor, project_id, mapping_id)
    return SetAcceptanceBody(
        mapping_id=mapping_id,
        answers=found.answers,
        is_complete=found.is_complete,
        classes=tuple(ClassAcceptanceBody(**asdict(c)) for c in found.classes),
    )


@router.post(
    "/{mapping_id}/show",
    summary="Show a set's pre-labels to every task that nobody has begun",
    description="Tasks of the hidden arm show none. One request goes through 2,000 images: send `next` to go on.",
    responses=declare("project_archived"),
)
def show_prediction_set(
    project_id: PathId,
    mapping_id: PathId,
    actor: WithActor,
    context: WithContext,
    after: Annotated[int, Query(ge=0, le=MAX_ID, description="`next` of the answer before")] = 0,
) -> ShownSetBody:
    with context.database.begin(actor.scope) as session:
        shown = sets.show_set(session, actor, project_id, mapping_id, after=after)
    return ShownSetBody(**asdict(shown))


def _differing(difference: PictureDifference, context: Context, actor: Actor) -> DifferingPictureBody:
    row = difference.row
    return DifferingPictureBody(
        image_id=row.image_id,
        item_id=row.item_id,
        key=row.key,
        thumbnail_url=picture_links(context, actor, client_org=row.client_org, sha256=row.sha256)[1],
        only_a=difference.only_a,
        only_b=difference.only_b,
        other_class=difference.other_class,
        matched=difference.matched,
    )

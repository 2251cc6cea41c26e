"""Use cases of imports: ask for one, write a page of its labels, end it. A page and the note of it commit together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from domain.audit import service as audit
from domain.errors import Conflict, DomainError, Forbidden, NotFound
from domain.events.service import emit
from domain.geometry.bounds import bounding_box
from domain.imports import queries
from domain.imports.labels import LabelledImage, LabelRefused
from domain.imports.matching import Picture, PictureIndex
from domain.imports.queries import ImportRow
from domain.notifications.service import notify
from domain.outbox.queries import insert_message
from domain.prelabel.queries import UnbegunTask, insert_prediction, lock_unbegun, show_prediction
from domain.projects.service import get_project
from domain.routing import queries as routing
from domain.routing.queries import DecisionRecord, ObjectRecord
from domain.scope import Actor
from schema.enums import EventKind, ImportMode, ImportState, NotificationKind, Origin, Outcome, Role, Topic, UploadState
from schema.ids import new_object_id
from schema.messages import ImportMessage
from schema.objects import MAX_OBJECTS, LabelObject, dump_objects
from schema.projects import Ontology

RULE = "import-1"
MOST_PROBLEMS = 100


class ClassMapInvalid(DomainError):
    """The map from names to classes names a class that the project does not have."""

    code: ClassVar[str] = "class_map_invalid"


@dataclass
class Counts:
    """What an import did so far; grows page by page."""

    images_matched: int = 0
    images_unknown: int = 0
    objects: int = 0
    refused: int = 0
    tasks_changed: int = 0
    tasks_begun: int = 0
    unknown_categories: dict[str, int] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> "Counts":
        return cls(**stored) if stored else cls()

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def add_problem(self, where: str, problem: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append({"where": where[:300], "problem": problem[:500]})


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture of the project with the labels that can stand; `refused` is how many of the file's cannot."""

    picture: Picture
    objects: tuple[LabelObject, ...]
    refused: int


def request_import(
    session: Session,
    actor: Actor,
    *,
    project_id: int,
    upload_id: int,
    format: str,
    mode: str,
    class_map: dict[str, int] | None,
) -> ImportRow:
    """Have the labels of a complete upload read into a project of the actor's organisation."""
    actor.require(Role.CLIENT, Role.MANAGER)
    project = get_project(session, project_id)
    if project.client_org != actor.organisation_id:
        raise Forbidden("only the client whose project it is can import labels into it")
    unknown = sorted(set((class_map or {}).values()) - project.ontology.class_ids())
    if unknown:
        raise ClassMapInvalid(f"the project has no class {unknown[0]}; correct class_map", class_ids=unknown)
    own = {"organisation_id": actor.organisation_id}
    if not queries.has_upload(session, upload_id, **own, states=[s.value for s in UploadState]):
        raise NotFound(f"there is no upload {upload_id} of labels", upload_id=upload_id)
    if not queries.has_upload(session, upload_id, **own, states=[UploadState.COMPLETE.value]):
        raise Conflict(f"upload {upload_id} is not complete; complete it first", upload_id=upload_id)
    import_id = queries.insert_import(
        session,
        client_org=project.client_org,
        project_id=project.id,
        upload_id=upload_id,
        format=format,
        mode=mode,
        class_map=class_map,
        member=actor.member_id,
    )
    insert_message(session, Topic.IMPORT, import_id, ImportMessage(client_org=project.client_org, import_id=import_id))
    audit.record(
        session, actor, "import_requested", f"import:{import_id}", project_id=project.id, format=format, mode=mode
    )
    return get_import(session, import_id)


def get_import(session: Session, import_id: int) -> ImportRow:
    row = queries.find_import(session, import_id)
    if row is None:
        raise NotFound(f"there is no import {import_id}", import_id=import_id)
    return row


def show_import(session: Session, actor: Actor, project_id: int, import_id: int) -> ImportRow:
    """Return an import of this project."""
    actor.require(Role.CLIENT, Role.MANAGER)
    row = get_import(session, import_id)
    if row.project_id != project_id:
        raise NotFound(f"there is no import {import_id} in project {project_id}", import_id=import_id)
    return row


def list_imports(session: Session, actor: Actor, *, project_id: int, after: int, limit: int) -> list[ImportRow]:
    actor.require(Role.CLIENT, Role.MANAGER)
    get_project(session, project_id)
    return queries.list_imports(session, project_id=project_id, after=after, limit=limit)


class Classes:
    """The classes of a project by the names that a file gives them."""

    def __init__(self, ontology: Ontology, class_map: dict[str, int] | None) -> None:
        self._named = {c.name.casefold(): c.class_id for c in ontology.classes if not c.retired}
        self._given = class_map or {}

    def find(self, category: str) -> int | None:
        return self._given.get(category, self._named.get(category.strip().casefold()))


def match_page(
    images: Sequence[LabelledImage], index: PictureIndex, classes: Classes, counts: Counts
) -> list[Labelled]:
    """Find the pictures that a page of a file means, and turn its labels into objects; counts everything. Pure."""
    labelled = []
    for image in images:
        picture, problem = index.find(image)
        if picture is None:
            counts.images_unknown += 1
            counts.add_problem(image.name, problem)
            continue
        counts.images_matched += 1
        labelled.append(_label(image, picture, classes, counts))
    return labelled


def _label(image: LabelledImage, picture: Picture, classes: Classes, counts: Counts) -> Labelled:
    objects: list[LabelObject] = []
    size = (image.width or picture.width, image.height or picture.height)
    if size != (picture.width, picture.height):
        counts.refused += len(image.labels)
        counts.add_problem(
            image.name,
            f"its labels are of a picture of {size[0]} x {size[1]} px; ours is {picture.width} x {picture.height} px",
        )
        return Labelled(picture, (), max(1, len(image.labels)))
    for label in image.labels:
        try:
            class_id = classes.find(label.category)
            if class_id is None:
                counts.unknown_categories[label.category] = counts.unknown_categories.get(label.category, 0) + 1
                raise LabelRefused(f"the project has no class called '{label.category}'")
            if len(objects) >= MAX_OBJECTS:
                raise LabelRefused(f"an image may have {MAX_OBJECTS} objects at most")
            shape = label.shape(picture.width, picture.height)
        except LabelRefused as refusal:
            counts.add_problem(f"{image.name}: {label.where}", str(refusal))
            continue
        objects.append(
            LabelObject(id=new_object_id(), class_id=class_id, shape=shape, origin=Origin.IMPORT, score=label.score)
        )
    refused = len(image.labels) - len(objects)
    counts.objects += len(objects)
    counts.refused += refused
    return Labelled(picture, tuple(objects), refused)


def write_page(
    session: Session, row: ImportRow, labelled: Sequence[Labelled], counts: Counts, *, cursor: int, to: int
) -> bool:
    """Write a page of labels; False when another worker was faster, and nothing is written."""
    # The row first: whoever holds it writes this page, and its counts are completed below.
    if not queries.advance(session, import_id=row.id, cursor=cursor, to=cursor, counts=counts.to_json()):
        return False
    if row.mode == ImportMode.PREDICTIONS:
        _show(session, row, labelled, counts)
    else:
        for one in labelled:
            _accept(session, row, one, counts)
    return queries.advance(session, import_id=row.id, cursor=cursor, to=to, counts=counts.to_json())


def _show(session: Session, row: ImportRow, labelled: Sequence[Labelled], counts: Counts) -> None:
    card = {"kind": "import", "format": row.format, "project": row.project_id}
    model_id = queries.ensure_model(session, client_org=row.client_org, version=str(row.id), card=card)
    for one in labelled:
        if not one.objects:
            continue
        prediction_id = insert_prediction(
            session,
            client_org=row.client_org,
            project_id=row.project_id,
            image_id=one.picture.image_id,
            model_version_id=model_id,
            mapping_id=None,
            objects=dump_objects(one.objects),
        )
        task = lock_unbegun(session, one.picture.item_id)
        if task is None:
            counts.tasks_begun += 1
            continue
        if not task.hidden_arm:
            show_prediction(session, task_id=task.id, prediction_id=prediction_id)
            counts.tasks_changed += 1


def _accept(session: Session, row: ImportRow, one: Labelled, counts: Counts) -> None:
    """Accept what a file says of an image as the whole answer; one with refused labels is left to people."""
    if one.refused:
        counts.add_problem(one.picture.key, "not accepted: some of its labels cannot stand")
        return
    task = lock_unbegun(session, one.picture.item_id)
    if task is None:
        counts.tasks_begun += 1
        return
    decision_id = _decide(session, row, one, task)
    queries.close_seats(session, task.id)
    routing.accept_task(session, task_id=task.id, decision_id=decision_id, agreement=None)
    emit(
        session,
        EventKind.TASK_ACCEPTED,
        client_org=row.client_org,
        project_id=row.project_id,
        aggregate_id=task.id,
        decision_id=decision_id,
        reason=f"import {row.id}",
        agreement=None,
    )
    counts.tasks_changed += 1


def _decide(session: Session, row: ImportRow, one: Labelled, task: UnbegunTask) -> int:
    decision_id = routing.insert_decision(
        session,
        DecisionRecord(
            client_org=row.client_org,
            project_id=row.project_id,
            task_id=task.id,
            submits=task.submits,
            rule=RULE,
            inputs={"import": row.id},
            parameters_version=task.policy_version,
            outcome=Outcome.ACCEPT.value,
            reason=f"{len(one.objects)} objects of import {row.id}",
            agreement=None,
        ),
    )
    picture = one.picture
    routing.insert_objects(
        session,
        decision_id=decision_id,
        client_org=row.client_org,
        project_id=row.project_id,
        task_id=task.id,
        records=[_record(item, row, height=picture.height, width=picture.width) for item in one.objects],
    )
    return decision_id


def _record(item: LabelObject, row: ImportRow, *, height: int, width: int) -> ObjectRecord:
    return ObjectRecord(
        id=item.id,
        class_id=item.class_id,
        bbox=bounding_box(item.shape, height=height, width=width),
        score=item.score,
        vote_share=1.0,
        class_share=1.0,
        agreement_iou=None,
        cause=[],
        versions={"import": row.id},
        object=dump_objects((item,))[0],
    )


def end_import(session: Session, row: ImportRow, *, failure: str | None = None) -> bool:
    """Complete an import or fail it with the reason, and tell who asked for it; a second end changes nothing."""
    state = ImportState.COMPLETE if failure is None else ImportState.FAILED
    if not queries.close_import(session, row.id, state=state.value, reason=failure):
        return False
    _tell(session, row, failure)
    return True


def tell_failure(session: Session, row: ImportRow) -> None:
    """Tell of an import that was given up; a repeat tells nobody again."""
    if queries.note_failure_told(session, row.id):
        _tell(session, row, row.reason)


def _tell(session: Session, row: ImportRow, failure: str | None) -> None:
    """Tell other systems, and whoever asked for the import."""
    failed = failure is not None
    emit(
        session,
        EventKind.IMPORT_FAILED if failed else EventKind.IMPORT_COMPLETE,
        client_org=row.client_org,
        project_id=row.project_id,
        aggregate_id=row.id,
        reason=failure,
    )
    notify(
        session,
        organisation_id=row.client_org,
        member_id=row.requested_by,
        kind=NotificationKind.IMPORT_FAILED if failed else NotificationKind.IMPORT_READY,
        project_id=row.project_id,
        import_id=row.id,
        reason=failure,
    )

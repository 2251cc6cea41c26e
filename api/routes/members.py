"""An organisation's people: invite, change, pause, let go."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from api.auth import WithActor
from api.context import WithContext
from api.csv_stream import PAGE_ROWS, CsvStream, describe_csv, stream_csv
from api.paging import WithCursor
from api.preconditions import IfMatch, check, etag_of
from api.problems import declare
from api.routes.parameters import PathId
from domain.members import bulk, service
from domain.members.bulk import Outcome
from domain.members.queries import MemberRow
from domain.members.service import Invited, NewMember
from schema.bodies.base import Page
from schema.bodies.members import (
    ImportedMemberBody,
    InvitationLinkBody,
    InvitedMemberBody,
    MemberBody,
    MemberChangesBody,
    MemberImportBody,
    MemberState,
    NewMemberBody,
    ReasonBody,
)
from schema.enums import Role

router = APIRouter(tags=["people"])

_CSV_BODY = "email,role,name\nada@example.org,annotator,Ada Lovelace\n"


@router.get("/members", summary="List the people of your organisation")
def list_members(
    actor: WithActor,
    context: WithContext,
    cursor: WithCursor,
    role: Role | None = None,
    state: MemberState | None = None,
) -> Page[MemberBody]:
    with context.database.begin(actor.scope) as session:
        rows = service.list_members(session, actor, role=role, state=state, after=cursor.after, limit=cursor.rows)
    return cursor.page(rows, _body, id_of=lambda row: row.id)


@router.get(
    "/members.csv",
    summary="Export the people of your organisation",
    response_class=CsvStream,
    responses=describe_csv("one line a member") | declare("forbidden"),
)
def export_members(
    actor: WithActor, context: WithContext, role: Role | None = None, state: MemberState | None = None
) -> CsvStream:
    def read(after: int) -> list[MemberRow]:
        with context.database.begin(actor.scope) as session:
            return service.list_members(session, actor, role=role, state=state, after=after, limit=PAGE_ROWS)

    columns = tuple(MemberBody.model_fields)
    return stream_csv(
        "members.csv",
        columns,
        read(0),
        lambda row: read(row.id),
        _cells,
    )


@router.post(
    "/members",
    status_code=201,
    summary="Invite a person; the link is shown this once",
    responses=declare("forbidden", "conflict"),
)
def invite_member(body: NewMemberBody, actor: WithActor, context: WithContext, response: Response) -> InvitedMemberBody:
    new = NewMember(
        email=body.email,
        role=body.role,
        name=body.name,
        site=body.site,
        team=body.team,
        languages=body.languages,
    )
    with context.database.begin(actor.scope) as session:
        invited = service.invite_member(session, actor, new)
    response.headers["Location"] = f"/v1/members/{invited.member.id}"
    return _invited_body(invited)


@router.post(
    "/members/import",
    summary="Invite the people of a CSV file, all or none of them",
    responses=declare("forbidden", "file_refused"),
)
def import_members(
    content: Annotated[bytes, Body(media_type="text/csv", max_length=1_000_000, examples=[_CSV_BODY])],
    actor: WithActor,
    context: WithContext,
    partial: Annotated[bool, Query(description="invite whom it can, and tell of the rest")] = False,
) -> MemberImportBody:
    lines = bulk.read_lines(content)
    with context.database.begin(actor.scope) as session:
        outcomes = bulk.invite_all(session, actor, lines, partial=partial)
    invited = sum(outcome.invited is not None for outcome in outcomes)
    return MemberImportBody(
        invited=invited, refused=len(outcomes) - invited, lines=tuple(_imported_body(outcome) for outcome in outcomes)
    )


@router.get("/members/{member_id}", summary="Show a member", responses=declare("not_found", "forbidden"))
def get_member(member_id: PathId, actor: WithActor, context: WithContext, response: Response) -> MemberBody:
    with context.database.begin(actor.scope) as session:
        body = _body(service.get_member(session, actor, member_id))
    response.headers["ETag"] = etag_of(body)
    return body


@router.patch(
    "/members/{member_id}",
    summary="Change a member's role, name, site, team or languages",
    responses=declare("not_found", "forbidden", "conflict", "precondition_failed"),
)
def change_member(
    member_id: PathId,
    body: MemberChangesBody,
    actor: WithActor,
    context: WithContext,
    response: Response,
    if_match: IfMatch = None,
) -> MemberBody:
    with context.database.begin(actor.scope) as session:
        check(if_match, etag_of(_body(service.lock_member(session, actor, member_id))))
        changed = _body(
            service.change_member(session, actor, member_id, body.model_dump(mode="json", exclude_unset=True))
        )
    response.headers["ETag"] = etag_of(changed)
    return changed


@router.post(
    "/members/{member_id}/pause",
    summary="Have a member draw no more work",
    responses=declare("not_found", "forbidden", "conflict"),
)
def pause_member(member_id: PathId, body: ReasonBody, actor: WithActor, context: WithContext) -> MemberBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.pause_member(session, actor, member_id, body.reason))


@router.post("/members/{member_id}/resume", summary="End a member's pause", responses=declare("not_found", "forbidden"))
def resume_member(member_id: PathId, actor: WithActor, context: WithContext) -> MemberBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.resume_member(session, actor, member_id))


@router.post(
    "/members/{member_id}/deactivate",
    summary="Have a member leave; their work and drafts stay",
    responses=declare("not_found", "forbidden", "conflict"),
)
def deactivate_member(member_id: PathId, body: ReasonBody, actor: WithActor, context: WithContext) -> MemberBody:
    with context.database.begin(actor.scope) as session:
        return _body(service.deactivate_member(session, actor, member_id, body.reason))


@router.post(
    "/members/{member_id}/reactivate",
    summary="Invite a member who left",
    responses=declare("not_found", "forbidden", "conflict"),
)
def reactivate_member(member_id: PathId, actor: WithActor, context: WithContext) -> InvitedMemberBody:
    with context.database.begin(actor.scope) as session:
        return _invited_body(service.reactivate_member(session, actor, member_id))


@router.post(
    "/members/{member_id}/invitation",
    status_code=201,
    summary="Make a new link to join, or to set a new password",
    responses=declare("not_found", "forbidden", "conflict"),
)
def renew_invitation(member_id: PathId, actor: WithActor, context: WithContext) -> InvitationLinkBody:
    with context.database.begin(actor.scope) as session:
        invited = service.renew_invitation(session, actor, member_id)
    return _link_body(invited)


def _cells(row: MemberRow) -> Iterator[object]:
    facts = _body(row).model_dump(mode="json")
    facts["languages"] = " ".join(facts["languages"])
    return iter(facts.values())


def _body(row: MemberRow) -> MemberBody:
    return MemberBody.model_validate(
        {
            "id": row.id,
            "email": row.email,
            "name": row.name,
            "role": row.role,
            "site": row.site,
            "team": row.team,
            "languages": row.languages,
            "state": row.state,
            "reason": row.leave_reason or row.pause_reason,
            "created_at": row.created_at,
            "joined_at": row.joined_at,
        }
    )


def _invited_body(invited: Invited) -> InvitedMemberBody:
    return InvitedMemberBody(**_body(invited.member).model_dump(), invitation=_link_body(invited))


def _link_body(invited: Invited) -> InvitationLinkBody:
    return InvitationLinkBody(path=f"/invitation/{invited.secret}", token=invited.secret)


def _imported_body(outcome: Outcome) -> ImportedMemberBody:
    invited = outcome.invited
    return ImportedMemberBody(
        line=outcome.line.number,
        email=outcome.line.email,
        member_id=invited.member.id if invited else None,
        path=_link_body(invited).path if invited else None,
        problem=outcome.problem,
    )

"""Who a comment is for, and whom it is told to. Pure."""

from collections.abc import Iterable

from domain.comments.queries import Reader
from domain.errors import Conflict
from domain.scope import Actor
from schema.enums import Role


def audience(actor: Actor, *, client_org: int, thread_vendor: int | None, wanted: int | None) -> int | None:
    """Return the one organisation besides the client that a comment is for; None means every vendor.

    A thread with one vendor stays with it. A vendor's people, and a client's own annotators, speak to their
    organisation and the client; only the client speaks to all. Raises Conflict where `wanted` is somebody else.
    """
    speaks_for_client = actor.organisation_id == client_org and actor.role is not Role.ANNOTATOR
    fixed = thread_vendor if thread_vendor is not None else None if speaks_for_client else actor.organisation_id
    if fixed is None:
        return wanted
    if wanted not in (None, fixed):
        raise Conflict("this comment is between the client and one vendor; it cannot be for another", vendor_org=fixed)
    return fixed


def listeners(
    readers: Iterable[Reader],
    *,
    actor: Actor,
    client_org: int,
    vendor_org: int | None,
    asker: int | None = None,
) -> list[tuple[int, int]]:
    """Return whom a comment is told to, as (organisation, member): never its author, nor who must not read it.

    `asker` is the annotator who began the thread. An annotator's words, and what is answered to them, are told to no
    other annotator, nor to anybody else whose role is not known.
    """
    told: dict[int, int] = {}
    private = actor.role is Role.ANNOTATOR or asker is not None
    for reader in readers:
        may_read = vendor_org is None or reader.organisation_id in (client_org, vendor_org)
        among_annotators = private and reader.role in (None, Role.ANNOTATOR) and reader.member_id != asker
        if reader.member_id != actor.member_id and may_read and not among_annotators:
            told[reader.member_id] = reader.organisation_id
    return [(organisation, member) for member, organisation in sorted(told.items())]

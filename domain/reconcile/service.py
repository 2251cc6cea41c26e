"""Use cases of reconciling: take a listing, compare it stretch by stretch, leave it or end it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from domain.ports import ListedKey
from domain.reconcile import queries
from domain.reconcile.queries import Listing
from domain.reconcile.rules import differing_keys
from domain.sources.service import is_image_key

PAGE = 1_000
# A listing that was not moved for so long is taken over by whoever comes.
HOLD_S = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. `listing` is what is held from now on, None once it ended; `left` is to be compared yet."""

    listing: Listing | None
    left: list[ListedKey]
    compared: int
    differing: int
    is_page_done: bool


def take_listing(session: Session, *, pause_s: float) -> Listing | None:
    """Take the listing whose turn it is; None when there is none."""
    return queries.take_listing(session, pause_s=pause_s, hold_s=HOLD_S)


def compare(
    session: Session, listing: Listing, page: Sequence[ListedKey], *, is_last: bool, most_known: int = 2 * PAGE
) -> Step | None:
    """Hold a page, or as much of it as one step may, against our rows and have every key that differs looked at.

    One step reads `most_known` of our rows: a stretch with more keys than that, which the bucket lost, takes several.
    How far the listing is moves in the same transaction. None, and nothing written, when another process took it over.
    """
    until = None if is_last else page[-1].key
    known = queries.list_known_keys(
        session, source_id=listing.source_id, after=listing.after, until=until, limit=most_known
    )
    if is_page_cut := len(known) == most_known:
        until = known[-1].key
    compared = [e for e in page if e.key > listing.after and (until is None or e.key <= until)]
    if is_last and not is_page_cut:
        if not queries.end_listing(session, listing):
            return None
        held = None
    else:
        assert until is not None
        held_until = queries.move_listing(session, listing, after=until, hold_s=HOLD_S)
        if held_until is None:
            return None
        held = replace(listing, after=until, held_until=held_until)
    differing = differing_keys([e for e in compared if is_image_key(e.key)], known)
    if differing:
        queries.insert_key_messages(session, source_id=listing.source_id, client_org=listing.client_org, keys=differing)
    left = [e for e in page if held is not None and e.key > held.after]
    return Step(held, left, len(compared), len(differing), is_page_done=not is_page_cut or not (left or is_last))


def let_go(session: Session, listing: Listing, *, pause_s: float = 0.0) -> None:
    """Leave a listing where it is, for anybody to go on with after `pause_s`."""
    queries.let_go(session, listing, pause_s=pause_s)

"""Use cases of reconciling: take a listing, compare it stretch by stretch, leave it or end it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from domain.ports import ListedKey
from domain.reconcile import queries
from domain.reconcile.queries import Listing, Refusal
from domain.reconcile.rules import Differing, differing_keys
from domain.sources.service import is_image_key

PAGE = 1_000
# A listing that was not moved for so long is taken over by whoever comes.
HOLD_S = 60.0
ERROR_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a page, or as much of it as one step may, shows to differ.

    It ends with `until`, None: with the bucket. `left` of the page is to be compared yet.
    """

    until: str | None
    compared: int
    differing: Differing
    left: list[ListedKey]
    is_page_done: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did. `listing` is what is held from now on, None once it ended; `left` is to be compared yet."""

    listing: Listing | None
    left: list[ListedKey]
    compared: int
    announced: int
    is_page_done: bool


def take_listing(session: Session, *, pause_s: float) -> Listing | None:
    """Take the listing whose turn it is; None when there is none."""
    return queries.take_listing(session, pause_s=pause_s, hold_s=HOLD_S)


def compare(
    session: Session, listing: Listing, page: Sequence[ListedKey], *, is_last: bool, most_known: int = 2 * PAGE
) -> Stretch:
    """Hold a page, or as much of it as one step may, against our rows; nothing is written.

    One step reads `most_known` of our rows: a stretch with more keys than that, which the bucket lost, takes several.
    """
    until = None if is_last else page[-1].key
    known = queries.list_known_keys(
        session, source_id=listing.source_id, after=listing.after, until=until, limit=most_known
    )
    if is_page_cut := len(known) == most_known:
        until = known[-1].key
    compared = [e for e in page if e.key > listing.after and (until is None or e.key <= until)]
    left = [e for e in page if until is not None and e.key > until]
    return Stretch(
        until=until,
        compared=len(compared),
        differing=differing_keys([e for e in compared if is_image_key(e.key)], known),
        left=left,
        is_page_done=not is_page_cut or not (left or is_last),
    )


def move(
    session: Session, listing: Listing, stretch: Stretch, *, keys: Sequence[str], refusal: Refusal | None = None
) -> Step | None:
    """Have `keys` looked at and note how far the listing is, in one transaction; `refusal` is of the keys left out.

    None, and nothing written, when another process took the listing over.
    """
    if refusal is not None:
        refusal = replace(refusal, error=refusal.error[:ERROR_LIMIT])
    if stretch.until is None:
        if not queries.end_listing(session, listing, refusal=refusal):
            return None
        held = None
    else:
        held_until = queries.move_listing(session, listing, after=stretch.until, hold_s=HOLD_S, refusal=refusal)
        if held_until is None:
            return None
        held = replace(listing, after=stretch.until, held_until=held_until)
    if keys:
        queries.insert_key_messages(session, source_id=listing.source_id, client_org=listing.client_org, keys=keys)
    return Step(held, stretch.left, stretch.compared, len(keys), stretch.is_page_done)


def let_go(session: Session, listing: Listing, *, pause_s: float = 0.0, error: str | None = None) -> Listing | None:
    """Leave a listing where it is, for anybody to go on with after `pause_s`; `error` is why it failed, if it did.

    Returns it as it was left; None when another process took it over.
    """
    held_until = queries.let_go(session, listing, pause_s=pause_s, error=error[:ERROR_LIMIT] if error else None)
    return replace(listing, held_until=held_until) if held_until else None

"""Use cases of the sweeps: the state sweep, the expiry of leases, and reconciling a bucket with our rows."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from domain.assignment.queries.leased import expire_seats
from domain.outbox.queries import has_due
from domain.ports import ListedKey
from domain.sources.service import is_image_key
from domain.sweeps import queries
from schema.enums import Topic

BATCH = 500
# Keys that are gone, a page of a listing; what is more waits for the next listing.
MOST_GONE = 10_000
# A queue keeps no message longer than this.
MESSAGE_LIFE_S = 4 * 86_400.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass did: rows announced again and given up, by table and state, and leases that ran out."""

    resent: dict[str, int]
    given_up: dict[str, int]
    expired: int


def sweep_states(
    session: Session, *, deadline_s: float, max_resends: int, busy: Collection[Topic] = frozenset()
) -> Swept:
    """Announce every row that waits past its deadline again, and free the seats of ended leases.

    No row is given up while messages of its kind lie in the outbox or, being `busy`, in their queue: then the workers
    are behind or away, and the row may be perfectly well.
    """
    resent: dict[str, int] = {}
    given_up: dict[str, int] = {}
    for kind in queries.STUCK_KINDS:
        waits = Topic(kind.topic) in busy or has_due(session, Topic(kind.topic))
        again, gone = queries.announce_stuck(
            session,
            kind,
            deadline_s=deadline_s,
            give_up_s=max(MESSAGE_LIFE_S, deadline_s) if waits else deadline_s,
            max_resends=max_resends,
            limit=BATCH,
        )
        name = f"{kind.table}.{kind.topic}"
        resent[name], given_up[name] = again, gone
    return Swept(resent, given_up, expire_seats(session, limit=BATCH))


def pages(listing: Iterable[ListedKey], *, size: int = 1000) -> Iterator[tuple[list[ListedKey], bool]]:
    """Cut a listing into pages without holding it, each with whether it is the last; an empty listing is one page."""
    listed = iter(listing)
    page = list(islice(listed, size))
    while following := list(islice(listed, size)):
        yield page, False
        page = following
    yield page, True


def reconcile_page(
    session: Session,
    *,
    source_id: int,
    client_org: int,
    page: list[ListedKey],
    after: str,
    last: bool,
) -> int:
    """Hold one page of a bucket's listing against our rows; have every key that differs looked at. Return how many.

    `after` is the last key of the page before. Keys we know and the listing lacks were deleted.
    """
    listed = {entry.key: entry.etag for entry in page if is_image_key(entry.key)}
    until = None if last else page[-1].key
    known = queries.list_known_keys(session, source_id=source_id, keys=list(listed))
    new = [key for key, etag in listed.items() if known.get(key) != (etag, False)]
    gone = queries.list_missing_keys(
        session, source_id=source_id, after=after, until=until, keys=list(listed), limit=MOST_GONE
    )
    if new or gone:
        queries.insert_key_messages(session, source_id=source_id, client_org=client_org, keys=[*new, *gone])
    return len(new) + len(gone)

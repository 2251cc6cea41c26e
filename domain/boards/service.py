"""Reads of who does what. Managers, supervisors and clients see what their scope shows; annotators see themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.boards.queries import live, skips, sums, times
from domain.boards.queries.live import LiveFilter, LiveKey, LiveLease, LiveSort
from domain.boards.queries.skips import SkipFilter, SkipKey, SkipRow, SkipSort
from domain.boards.queries.sums import BoardBy
from domain.boards.queries.times import ReviewKey, ReviewLine, TimeSums
from domain.boards.rules import BoardLine, BoardSort, Month, name_lines, sort_lines, whole_hours
from domain.progress.service import READERS
from domain.projects.service import get_project
from domain.scope import Actor
from domain.walk import Walked, walk
from schema.enums import OrganisationKind, Role

# A board over more projects than these leaves out the newest.
MOST_PROJECTS = 2_000


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What a board is about; the span is widened to whole hours."""

    by: BoardBy
    since: datetime
    until: datetime
    project_id: int | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The lines of a board. What was recorded before `folded_to` is in them; None before the first fold."""

    since: datetime
    until: datetime
    folded_to: datetime | None
    lines: tuple[BoardLine, ...]


@dataclass(frozen=True, slots=True)
class TimeProject:
    """A project of a time report. `tells_reviews`: the reader may see what reviews decided there."""

    id: int
    tells_reviews: bool


@dataclass(frozen=True, slots=True)
class SkipPage:
    skips: tuple[SkipRow, ...]
    next: SkipKey | None


def only_of(actor: Actor) -> int | None:
    """Return the member whose rows alone the actor may read; None: all that the scope shows."""
    return None if actor.role in {*READERS, Role.ADMIN} else actor.member_id


def list_live(
    session: Session,
    actor: Actor,
    project_id: int,
    wanted: LiveFilter,
    *,
    sort: LiveSort,
    after: LiveKey | None,
    limit: int,
) -> list[LiveLease]:
    """List the leases of a project that have not ended; raises NotFound."""
    get_project(session, project_id)
    return live.list_live(
        session,
        project_id=project_id,
        organisation_id=actor.organisation_id,
        only_member=only_of(actor),
        wanted=wanted,
        sort=sort,
        after=after,
        limit=limit,
    )


def list_skips(
    session: Session,
    actor: Actor,
    project_id: int,
    wanted: SkipFilter,
    *,
    sort: SkipSort,
    after: SkipKey | None,
    limit: int,
) -> SkipPage:
    """List a page of a project's skips; a page may be short and still have a next one. Raises NotFound."""
    get_project(session, project_id)
    walked = walk_skips(session, actor, project_id, wanted, sort=sort, after=after, limit=limit)
    return SkipPage(tuple(skips.list_skips(session, [key.lease_id for key in walked.keys])), walked.next)


def walk_skips(
    session: Session,
    actor: Actor,
    project_id: int,
    wanted: SkipFilter,
    *,
    sort: SkipSort,
    after: SkipKey | None,
    limit: int,
) -> Walked[SkipKey]:
    """Find the places of a page of skips."""
    only = only_of(actor)

    def read(start: SkipKey | None, count: int) -> Sequence[SkipKey]:
        return skips.list_skip_keys(session, project_id=project_id, wanted=wanted, sort=sort, after=start, limit=count)

    def keep(keys: Sequence[SkipKey]) -> Sequence[SkipKey]:
        fitting = skips.keep_skips(
            session,
            [key.lease_id for key in keys],
            wanted=wanted,
            organisation_id=actor.organisation_id,
            only_member=only,
        )
        return [key for key in keys if key.lease_id in fitting]

    is_plain = (wanted.kind, wanted.member_id, wanted.task_id, only) == (None, None, None, None)
    return walk(read, None if is_plain else keep, after=after, limit=limit)


def read_board(session: Session, actor: Actor, wanted: BoardFilter, *, sort: BoardSort, secret: bytes) -> Board:
    """Return a whole board in an order, over one project or all in scope; raises NotFound."""
    since, until = whole_hours(wanted.since, wanted.until)
    rows = sums.list_sums(
        session,
        by=wanted.by,
        projects=list_projects(session, wanted.project_id),
        organisation_id=actor.organisation_id,
        only_member=only_of(actor),
        stage=wanted.stage,
        since=since,
        until=until,
    )
    lines = name_lines(rows, organisation_id=actor.organisation_id, secret=secret)
    return Board(since, until, sums.find_folded_to(session), tuple(sort_lines(lines, sort)))


def list_projects(session: Session, project_id: int | None) -> list[int]:
    """Return a project, or all in scope; raises NotFound."""
    if project_id is None:
        return sums.list_project_ids(session, limit=MOST_PROJECTS)
    return [get_project(session, project_id).id]


def list_time_projects(session: Session, actor: Actor, project_id: int | None) -> list[TimeProject]:
    """List the projects of a time report; for a vendor those too whose engagement has ended. Raises NotFound."""
    seen = set(sums.list_project_ids(session, limit=MOST_PROJECTS))
    known = set(seen)
    if actor.kind == OrganisationKind.VENDOR:
        known.update(times.list_engaged_projects(session, vendor_org=actor.organisation_id))
    if project_id is not None and project_id not in known:  # beyond the bound, or nobody's business
        seen.add(get_project(session, project_id).id)
    wanted = sorted(known) if project_id is None else [project_id]
    return [TimeProject(number, number in seen) for number in wanted]


def list_measured_members(session: Session, actor: Actor, project_id: int, *, after: int, limit: int) -> list[int]:
    """List a page of members whose time in a project the actor may read; an empty one is the end."""
    only = only_of(actor)
    if only is not None:
        return [only] if only > after else []
    if actor.kind == OrganisationKind.CLIENT:
        return times.list_members_of_project(session, project_id=project_id, after=after, limit=limit)
    return times.list_own_members(session, organisation_id=actor.organisation_id, after=after, limit=limit)


def list_time_sums(session: Session, project_id: int, members: Sequence[int], month: Month) -> list[TimeSums]:
    return times.list_time_sums(session, project_id=project_id, members=members, since=month.since, until=month.until)


def list_reviews(
    session: Session, project_id: int, month: Month, *, after: ReviewKey | None, limit: int
) -> list[ReviewLine]:
    """List what reviews that ended in a month made of answers, so many reviews a page; an empty one is the end."""
    return times.list_reviews(
        session, project_id=project_id, since=month.since, until=month.until, after=after, limit=limit
    )

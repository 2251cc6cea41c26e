"""What boards and time reports make of sums: rates, orders, months. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.boards.queries.sums import SumRow
from domain.boards.queries.times import ReviewLine, TimeSums
from domain.pseudonyms import pseudonym

HOUR = timedelta(hours=1)


class BoardSort(StrEnum):
    """What a board can be sorted by; with a minus in front the largest comes first. Lines without a value come last."""

    WHO = "who"
    SUBMITS = "submits"
    SUBMITS_DOWN = "-submits"
    SKIP_RATE = "skip_rate"
    SKIP_RATE_DOWN = "-skip_rate"
    EXPIRIES = "expiries"
    EXPIRIES_DOWN = "-expiries"
    RELEASES = "releases"
    RELEASES_DOWN = "-releases"
    ACTIVE = "active_s"
    ACTIVE_DOWN = "-active_s"
    PACE = "answers_per_active_hour"
    PACE_DOWN = "-answers_per_active_hour"
    SECONDS = "seconds_per_answer"
    SECONDS_DOWN = "-seconds_per_answer"
    PRELABELS = "prelabels_accepted"
    PRELABELS_DOWN = "-prelabels_accepted"
    RETURNED = "returned"
    RETURNED_DOWN = "-returned"
    ACCEPTANCE = "acceptance"
    ACCEPTANCE_DOWN = "-acceptance"


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One line of a board; `who` is what it is about, as the reader may know it. Rates are None where nothing was done.

    `member_id` is None for people of another organisation. Shares are in [0, 1].
    """

    who: str
    organisation_id: int | None
    member_id: int | None
    site: str | None
    team: str | None
    project_id: int | None
    hour: datetime | None
    submits: int
    skips: int
    expiries: int
    releases: int
    active_s: float
    new: int
    edited: int
    accepted: int
    deleted: int
    returned: int

    @property
    def leases(self) -> int:
        return self.submits + self.skips + self.expiries + self.releases

    @property
    def skip_rate(self) -> float | None:
        return _share(self.skips, self.leases)

    @property
    def answers_per_active_hour(self) -> float | None:
        return self.submits * 3600 / self.active_s if self.active_s > 0 else None

    @property
    def seconds_per_answer(self) -> float | None:
        return _share(self.active_s, self.submits)

    @property
    def prelabels_accepted(self) -> float | None:
        return _share(self.accepted, self.accepted + self.edited + self.deleted)

    @property
    def acceptance(self) -> float | None:
        """Answers may go back in a later hour than they came: more of them than came count as all."""
        returned = _share(min(self.returned, self.submits), self.submits)
        return None if returned is None else 1 - returned


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def name_lines(rows: Iterable[SumRow], *, organisation_id: int, secret: bytes) -> list[BoardLine]:
    """Return the lines of a board under names that a member of this organisation may read."""
    return [_line(row, organisation_id, secret) for row in rows]


def _line(row: SumRow, organisation_id: int, secret: bytes) -> BoardLine:
    is_own = row.vendor_org == organisation_id
    return BoardLine(
        who=_who(row, secret, is_own=is_own),
        organisation_id=row.vendor_org,
        member_id=row.member_id if is_own else None,
        site=row.site,
        team=row.team,
        project_id=row.project_id,
        hour=row.hour,
        submits=int(row.submits),
        skips=int(row.skips),
        expiries=int(row.expiries),
        releases=int(row.releases),
        active_s=round(float(row.active_s), 3),
        new=int(row.new),
        edited=int(row.edited),
        accepted=int(row.accepted),
        deleted=int(row.deleted),
        returned=int(row.returned),
    )


def _who(row: SumRow, secret: bytes, *, is_own: bool) -> str:
    if row.member_id is not None:
        if is_own:
            return row.name or f"member {row.member_id}"
        return pseudonym(secret, project_id=row.project_id or 0, member_id=row.member_id)
    if row.hour is not None:
        return row.hour.astimezone(UTC).strftime("%Y-%m-%dT%H:00Z")
    if row.project_id is not None:
        return row.project or f"project {row.project_id}"
    named = row.site if row.site is not None else row.team
    return named if named is not None else ""


def sort_lines(lines: Iterable[BoardLine], sort: BoardSort) -> list[BoardLine]:
    """Return the lines in an order; equal ones by what they are about."""
    by_name = sorted(lines, key=lambda x: (x.who, x.organisation_id or 0, x.project_id or 0, x.member_id or 0))
    column = sort.value.removeprefix("-")
    if sort is BoardSort.WHO:
        return by_name
    value: Callable[[BoardLine], float | None] = lambda line: getattr(line, column)  # noqa: E731 - names its type
    sign = -1 if sort.value.startswith("-") else 1
    return sorted(by_name, key=lambda x: (value(x) is None, sign * (value(x) or 0)))


def whole_hours(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the whole hours that hold a span of time."""
    first = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return first, last if last == until else last + HOUR


@dataclass(frozen=True, slots=True)
class Month:
    """A month in UTC: `since` is in it, `until` is not."""

    since: datetime
    until: datetime


def month_of(text: str) -> Month:
    """Return the month that a text like 2026-11 names; raises ValueError.

    >>> month_of("2026-12").until.isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    since = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    return Month(since, (since + timedelta(days=31)).replace(day=1))


@dataclass(frozen=True, slots=True)
class TimeLine:
    """What one person did in one project in a month.

    `returned`: answers that a supervisor's review sent back, each time it did. `overturned`: objects of this person's
    answers that a review changed: removed, redrawn, or replaced by somebody else's version. Both belong to the month in
    which the review ended, so that a month that is over does not change; None where the reader may not see reviews any
    more. `member_id` and `name` are those of the reader's own people.
    """

    pseudonym: str
    member_id: int | None
    name: str | None
    project_id: int
    leases: int
    submitted: int
    active_s: int
    new: int
    edited: int
    accepted: int
    deleted: int
    skipped: int
    returned: int | None
    overturned: int | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Answers of a member that went back, and objects of theirs that were changed."""

    returned: int = 0
    overturned: int = 0


def add_reviews(found: Mapping[int, Reviewed], lines: Iterable[ReviewLine]) -> dict[int, Reviewed]:
    """Return what reviews made of answers by member, with more of them; member 0 is nobody."""
    added = dict(found)
    for line in lines:
        if line.member_id:
            before = added.get(line.member_id, Reviewed())
            added[line.member_id] = Reviewed(
                before.returned + int(line.returned), before.overturned + int(line.overturned)
            )
    return added


def time_lines(
    sums: Sequence[TimeSums], reviewed: Mapping[int, Reviewed] | None, *, organisation_id: int, secret: bytes
) -> list[TimeLine]:
    """Return a project's lines by pseudonym: an order by member would tell who is the same in two projects.

    `reviewed` is None where the reader may not see reviews.
    """
    lines = []
    for row in sums:
        is_own = row.vendor_org == organisation_id
        about = None if reviewed is None else reviewed.get(row.member_id, Reviewed())
        lines.append(
            TimeLine(
                pseudonym=pseudonym(secret, project_id=row.project_id, member_id=row.member_id),
                member_id=row.member_id if is_own else None,
                name=row.name if is_own else None,
                project_id=row.project_id,
                leases=int(row.leases),
                submitted=int(row.submitted),
                active_s=int(row.active_s),
                new=int(row.new),
                edited=int(row.edited),
                accepted=int(row.accepted),
                deleted=int(row.deleted),
                skipped=int(row.skipped),
                returned=about.returned if about else None,
                overturned=about.overturned if about else None,
            )
        )
    return sorted(lines, key=lambda line: line.pseudonym)

"""SQL of the live list: leases that have not ended. A project holds as many as its people do, so they are sorted whole.

Row-level security shows a vendor its own people's; names, sites and teams are shown of the reader's own people alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session


class LiveSort(StrEnum):
    """Orders of the list: since when held, when last seen at work, how long worked on; up or down."""

    CLAIMED = "claimed_at"
    CLAIMED_DOWN = "-claimed_at"
    BEAT = "beat_at"
    BEAT_DOWN = "-beat_at"
    ACTIVE = "active_s"
    ACTIVE_DOWN = "-active_s"


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """Which leases; None asks for all. Members, sites and teams are those of the reader's own organisation."""

    stage: str | None = None
    member_id: int | None = None
    site: str | None = None
    team: str | None = None
    idle_s: float | None = None
    expired: bool | None = None


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A lease's place in an order: the time as it is, or seconds."""

    value: datetime | float
    lease_id: int


@dataclass(frozen=True, slots=True)
class LiveLease:
    """A lease that has not ended. `seen_at`: the last heartbeat, or the claim before the first."""

    lease_id: int
    project_id: int
    vendor_org: int
    member_id: int
    name: str | None
    site: str | None
    team: str | None
    task_id: int
    image_id: int
    key: str
    stage: str
    claimed_at: datetime
    seen_at: datetime
    active_s: float
    expires_at: datetime | None
    expired: bool
    has_draft: bool

    def key_in(self, sort: LiveSort) -> LiveKey:
        values: dict[str, datetime | float] = {
            "claimed_at": self.claimed_at,
            "beat_at": self.seen_at,
            "active_s": self.active_s,
        }
        return LiveKey(values[sort.removeprefix("-")], self.lease_id)


_SORTED_BY = {"claimed_at": "claimed_at", "beat_at": "seen_at", "active_s": "active_s"}
# First which leases are on the page, then what is shown of them.
_PAGE = """
WITH held AS (
  SELECT a.lease_id, a.project_id, a.vendor_org, a.member_id, m.person_id, m.site, m.team, a.task_id, a.stage,
    a.claimed_at, coalesce(a.beat_at, a.claimed_at) AS seen_at, a.active_s,
    CASE WHEN s.state = 1 THEN s.expires_at ELSE a.expired_at END AS expires_at,
    s.state IS DISTINCT FROM 1 OR s.expires_at <= now() AS expired
  FROM lease_activity a JOIN lease l ON l.id = a.lease_id
  LEFT JOIN seat s ON s.task_id = l.task_id AND s.seat_no = l.seat_no AND s.lease_id = a.lease_id
  LEFT JOIN member m ON m.id = a.member_id
  WHERE a.project_id = :project AND {conditions}),
page AS (SELECT * FROM held WHERE {more} ORDER BY {column} {down}, lease_id {down} LIMIT :limit)
SELECT h.lease_id, h.project_id, h.vendor_org, h.member_id, coalesce(w.name, w.email) AS name, h.site, h.team,
  h.task_id, i.id AS image_id, i.key, h.stage, h.claimed_at, h.seen_at, h.active_s, h.expires_at, h.expired,
  EXISTS (SELECT FROM draft d WHERE d.task_id = h.task_id AND d.member_id = h.member_id) AS has_draft
FROM page h JOIN task t ON t.id = h.task_id JOIN item it ON it.id = t.item_id JOIN image i ON i.id = it.image_id
LEFT JOIN person w ON w.id = h.person_id
ORDER BY h.{column} {down}, h.lease_id {down}
"""


def list_live(
    session: Session,
    *,
    project_id: int,
    organisation_id: int,
    only_member: int | None,
    wanted: LiveFilter,
    sort: LiveSort,
    after: LiveKey | None,
    limit: int,
) -> list[LiveLease]:
    """List leases beyond `after` in an order. `only_member` sees nobody else's."""
    column, down = _SORTED_BY[sort.removeprefix("-")], sort.startswith("-")
    conditions, more = ["true"], ["true"]
    if only_member is not None:
        conditions.append("a.member_id = :only")
    if wanted.stage is not None:
        conditions.append("a.stage = :stage")
    if wanted.member_id is not None:  # of the own organisation: an id must not tell whose pseudonym is whose
        conditions.append("a.member_id = :member AND a.vendor_org = :own")
    if wanted.site is not None:
        conditions.append("m.site = :site")
    if wanted.team is not None:
        conditions.append("m.team = :team")
    if wanted.idle_s is not None:
        more.append("seen_at < now() - make_interval(secs => :idle_s)")
    if wanted.expired is not None:
        more.append("expired" if wanted.expired else "NOT expired")
    if after is not None:
        more.append(f"({column}, lease_id) {'<' if down else '>'} (:value, :after)")
    statement = _PAGE.format(
        conditions=" AND ".join(conditions),
        more=" AND ".join(more),
        column=column,
        down="DESC" if down else "ASC",
    )
    rows = session.execute(
        text(statement),
        {
            "project": project_id,
            "own": organisation_id,
            "only": only_member,
            "stage": wanted.stage,
            "member": wanted.member_id,
            "site": wanted.site,
            "team": wanted.team,
            "idle_s": wanted.idle_s,
            "value": after.value if after else None,
            "after": after.lease_id if after else None,
            "limit": limit,
        },
    ).mappings()
    return [LiveLease(**row) for row in rows]

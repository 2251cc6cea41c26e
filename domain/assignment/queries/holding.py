"""While a lease is held: its heartbeat, the seconds of work that it is credited with, and drafts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from schema.projects import Policy

# What one report of work can be worth, s: a page reports more often while somebody is at work.
MOST_CREDITED_S = 60
_DEFAULT_TTL_S = Policy().lease_ttl_s

# The seat is written only when less than half of the time is left, or when the lease ran out and nobody took the seat.
# Seconds count up to what passed since the last ones by this clock.
_RENEW = text(
    """
WITH held AS (
  SELECT l.id, l.task_id, l.seat_no, l.vendor_org, t.trace_id, s.expires_at,
         coalesce(s.lease_id = l.id AND s.state < 2 AND (s.member_id = :member OR s.member_id IS NULL), false) AS holds,
         make_interval(secs => coalesce(CAST(y.body->>'lease_ttl_s' AS int), :default_ttl_s)) AS ttl
  FROM lease l JOIN seat s ON s.task_id = l.task_id AND s.seat_no = l.seat_no JOIN task t ON t.id = l.task_id
  JOIN policy_version y ON y.project_id = l.project_id AND y.version = l.policy_version
  WHERE l.id = :lease AND l.member_id = :member),
renewed AS (
  UPDATE seat SET expires_at = now() + held.ttl, state = 1, member_id = :member, vendor_org = held.vendor_org
  FROM held WHERE held.holds AND (held.expires_at IS NULL OR held.expires_at < now() + held.ttl / 2)
    AND seat.task_id = held.task_id AND seat.seat_no = held.seat_no AND seat.lease_id = held.id AND seat.state < 2
    AND (seat.member_id = :member OR seat.member_id IS NULL)
  RETURNING seat.expires_at),
beaten AS (
  UPDATE lease_activity a SET expired_at = NULL,
    active_s = a.active_s + greatest(0, least(
      CAST(:active_s AS float), CAST(extract(epoch FROM now() - coalesce(a.beat_at, a.claimed_at)) AS float),
      :most_credited_s)),
    beat_at = CASE WHEN CAST(:active_s AS float) > 0 THEN now() ELSE a.beat_at END
  FROM held WHERE a.lease_id = held.id AND held.holds
    AND (CAST(:active_s AS float) > 0 OR a.expired_at IS NOT NULL AND EXISTS (SELECT FROM renewed)))
SELECT h.trace_id, CASE WHEN NOT h.holds THEN NULL
                        WHEN h.expires_at IS NULL OR h.expires_at < now() + h.ttl / 2
                        THEN (SELECT expires_at FROM renewed) ELSE h.expires_at END AS expires_at
FROM held h
"""
)


@dataclass(frozen=True, slots=True)
class Hold:
    """How a lease stands; `expires_at` is None when it holds its seat no more."""

    trace_id: UUID | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Unsent work as it is stored. `writer` names the page that saved it last."""

    sequence: int
    writer: str
    objects: list[dict[str, Any]]


def renew_lease(session: Session, *, lease: int, member: int, active_s: float = 0.0) -> Hold | None:
    """Keep a lease from running out and credit it with seconds of work; None when the member has no such lease."""
    values = {
        "lease": lease,
        "member": member,
        "active_s": active_s,
        "default_ttl_s": _DEFAULT_TTL_S,
        "most_credited_s": MOST_CREDITED_S,
    }
    row = session.execute(_RENEW, values).first()
    return Hold(row.trace_id, row.expires_at) if row else None


def save_draft(
    session: Session,
    *,
    lease: int,
    member: int,
    sequence: int,
    objects: list[dict[str, Any]],
    writer: str = "",
    base_sequence: int | None = None,
    only_first: bool = False,
) -> bool:
    """Keep unsent work; False when a newer draft is stored already, with `only_first` any at all.

    With `base_sequence`, the draft that the work goes on from, also False when another writer saved a newer one.
    """
    row = session.execute(
        text(
            "INSERT INTO draft AS d (task_id, member_id, seat_no, client_org, project_id, vendor_org, sequence, "
            "  writer, objects) "
            "SELECT task_id, member_id, seat_no, client_org, project_id, vendor_org, :sequence, :writer, :objects "
            "FROM lease WHERE id = :lease AND member_id = :member "
            "ON CONFLICT (task_id, member_id) DO UPDATE SET sequence = excluded.sequence, writer = excluded.writer, "
            "  objects = excluded.objects, saved_at = now(), seat_no = excluded.seat_no "
            "WHERE d.sequence <= excluded.sequence AND (CAST(:base AS int) IS NULL OR d.writer = excluded.writer "
            "  OR d.sequence <= CAST(:base AS int)) AND NOT CAST(:only_first AS boolean) RETURNING 1"
        ).bindparams(bindparam("objects", type_=JSONB)),
        {
            "lease": lease,
            "member": member,
            "sequence": sequence,
            "objects": objects,
            "writer": writer,
            "base": base_sequence,
            "only_first": only_first,
        },
    )
    return row.first() is not None


def lock_draft(session: Session, *, lease: int, member: int) -> DraftRow | None:
    """Return the member's draft on the lease's task, which nobody else changes until this transaction ends."""
    row = session.execute(
        text(
            "SELECT d.sequence, d.writer, d.objects FROM draft d WHERE d.member_id = :member "
            "AND d.task_id = (SELECT l.task_id FROM lease l WHERE l.id = :lease AND l.member_id = :member) FOR UPDATE"
        ),
        {"lease": lease, "member": member},
    ).first()
    return DraftRow(row.sequence, row.writer, row.objects) if row else None

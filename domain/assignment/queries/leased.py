"""What a lease shows its holder, and the expiry of leases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class LeasedTask:
    """A lease with its task, image, what was pre-labelled, and the member's own draft or last answer.

    Feedback is shown to those whose answers were sent back with it: it would tell others how these answered.
    """

    lease_id: int
    member_id: int
    task_id: int
    trace_id: UUID | None
    task_state: int
    stage: str
    project_id: int
    project_name: str
    client_org: int
    image_id: int
    key: str
    sha256: str
    width: int
    height: int
    holds_seat: bool
    expires_at: datetime | None
    guideline_version: int
    ontology: dict[str, Any]
    policy: dict[str, Any]
    prediction_id: int | None
    prelabels: list[dict[str, Any]] | None
    model: str | None
    model_version: str | None
    mapping_id: int | None
    draft_sequence: int | None
    draft_writer: str | None
    draft: list[dict[str, Any]] | None
    last_answer: list[dict[str, Any]] | None
    feedback: str | None


_SELECT = text(
    """
SELECT l.id AS lease_id, l.member_id, t.id AS task_id, t.trace_id, t.state AS task_state, ln.stage, l.project_id,
  j.name AS project_name, l.client_org, l.guideline_version,
  i.id AS image_id, i.key, i.sha256, i.width, i.height,
  coalesce(s.lease_id = l.id AND s.state < 2, false) AS holds_seat, s.expires_at,
  o.body AS ontology, y.body AS policy, p.id AS prediction_id, p.objects AS prelabels,
  v.name AS model, v.version AS model_version, p.mapping_id,
  d.sequence AS draft_sequence, d.writer AS draft_writer, d.objects AS draft,
  (SELECT a.objects FROM annotation a WHERE a.task_id = t.id AND a.member_id = l.member_id
   ORDER BY a.lease_id DESC LIMIT 1) AS last_answer,
  (SELECT v.reason FROM verdict v WHERE v.task_id = t.id AND v.choice = 'send_back'
   AND (ln.stage = 'review' OR EXISTS (SELECT FROM annotation b WHERE b.task_id = t.id AND b.member_id = l.member_id
                                       AND v.detail->'leases' @> to_jsonb(b.lease_id)))
   ORDER BY v.id DESC LIMIT 1) AS feedback
FROM lease l
JOIN seat s ON s.task_id = l.task_id AND s.seat_no = l.seat_no
JOIN lane ln ON ln.id = s.lane_id
JOIN task t ON t.id = l.task_id
JOIN project j ON j.id = l.project_id
JOIN item it ON it.id = t.item_id
JOIN image i ON i.id = it.image_id
JOIN ontology_version o ON o.project_id = l.project_id AND o.version = l.ontology_version
JOIN policy_version y ON y.project_id = l.project_id AND y.version = l.policy_version
LEFT JOIN prediction p ON p.id = l.shown_prediction_id
LEFT JOIN model_version v ON v.id = p.model_version_id
LEFT JOIN draft d ON d.task_id = l.task_id AND d.member_id = l.member_id
WHERE l.id = :lease AND l.member_id = :member
"""
)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease that holds its seat, in few words."""

    lease_id: int
    task_id: int
    project_id: int
    project_name: str
    stage: str
    image_id: int
    key: str
    client_org: int
    sha256: str
    claimed_at: datetime
    expires_at: datetime
    has_draft: bool


def list_held_leases(session: Session, *, member: int) -> list[HeldLease]:
    """List the leases whose seats a member holds, the oldest first; a member holds few."""
    rows = session.execute(
        text(
            "SELECT l.id AS lease_id, l.task_id, l.project_id, p.name AS project_name, ln.stage, i.id AS image_id, "
            "  i.key, l.client_org, i.sha256, l.claimed_at, s.expires_at, "
            "  EXISTS (SELECT FROM draft d WHERE d.task_id = l.task_id AND d.member_id = :member) AS has_draft "
            "FROM seat s JOIN lease l ON l.id = s.lease_id JOIN lane ln ON ln.id = s.lane_id "
            "JOIN project p ON p.id = l.project_id JOIN task t ON t.id = l.task_id JOIN item it ON it.id = t.item_id "
            "JOIN image i ON i.id = it.image_id "
            "WHERE s.member_id = :member AND s.state = 1 AND s.expires_at > now() ORDER BY l.id LIMIT 100"
        ),
        {"member": member},
    ).mappings()
    return [HeldLease(**r) for r in rows]


def find_leased_task(session: Session, *, lease: int, member: int) -> LeasedTask | None:
    row = session.execute(_SELECT, {"lease": lease, "member": member}).mappings().first()
    return LeasedTask(**row) if row else None


def expire_seats(session: Session, *, limit: int) -> int:
    """Free seats whose lease ran out (the lease id stays: a late answer is taken until someone else takes the seat)."""
    rows = session.execute(
        text(
            "WITH late AS (SELECT task_id, seat_no FROM seat WHERE state = 1 AND expires_at < now() "
            "  ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED), "
            "freed AS (UPDATE seat s SET state = 0, member_id = NULL, vendor_org = NULL, expires_at = NULL "
            "  FROM late WHERE (s.task_id, s.seat_no) = (late.task_id, late.seat_no) RETURNING s.lease_id), "
            "noted AS (UPDATE lease_activity a SET expired_at = now() FROM freed WHERE a.lease_id = freed.lease_id) "
            "SELECT lease_id FROM freed"
        ),
        {"limit": limit},
    )
    return len(rows.all())

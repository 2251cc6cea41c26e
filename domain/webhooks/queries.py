"""SQL of subscriptions and deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class WebhookRow:
    id: int
    organisation_id: int
    project_id: int | None
    url: str
    secret: str
    kinds: tuple[str, ...]
    active: bool
    stopped_reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery; `kind` is None when the event is out of sight by now."""

    id: int
    webhook_id: int
    event_id: int
    kind: str | None
    state: str
    attempts: int
    last_status: int | None
    last_error: str | None
    last_at: datetime | None
    took_ms: int | None
    next_at: datetime
    delivered_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TakenDelivery:
    """A delivery that this attempt, and no other, is to make."""

    id: int
    attempts: int
    webhook_id: int
    event_id: int
    organisation_id: int
    url: str
    secret: str
    active: bool


_WEBHOOK = (
    "SELECT id, organisation_id, project_id, url, secret, kinds, active, stopped_reason, created_at FROM webhook "
    "WHERE organisation_id = :organisation AND removed_at IS NULL "
)
_DELIVERY = (
    "SELECT d.id, d.webhook_id, d.event_id, e.kind, d.state, d.attempts, d.last_status, d.last_error, d.last_at, "
    "d.took_ms, d.next_at, d.delivered_at, d.created_at FROM webhook_delivery d LEFT JOIN event e ON e.id = d.event_id "
)


def insert_webhook(
    session: Session,
    *,
    organisation_id: int,
    project_id: int | None,
    url: str,
    secret: str,
    kinds: Sequence[str],
    created_by: int,
) -> int:
    statement = text(
        "INSERT INTO webhook (organisation_id, project_id, url, secret, kinds, created_by) "
        "VALUES (:organisation, :project, :url, :secret, :kinds, :by) RETURNING id"
    )
    values = {
        "organisation": organisation_id,
        "project": project_id,
        "url": url,
        "secret": secret,
        "kinds": list(kinds),
        "by": created_by,
    }
    return int(session.execute(statement, values).scalar_one())


def count_webhooks(session: Session, *, organisation_id: int) -> int:
    statement = text("SELECT count(*) FROM webhook WHERE organisation_id = :organisation AND removed_at IS NULL")
    return int(session.execute(statement, {"organisation": organisation_id}).scalar_one())


def find_webhook(
    session: Session, webhook_id: int, *, organisation_id: int, for_update: bool = False
) -> WebhookRow | None:
    statement = text(f"{_WEBHOOK}AND id = :id{' FOR UPDATE' if for_update else ''}")
    row = session.execute(statement, {"id": webhook_id, "organisation": organisation_id}).mappings().first()
    return _webhook(row) if row else None


def list_webhooks(session: Session, *, organisation_id: int, after: int, limit: int) -> list[WebhookRow]:
    rows = session.execute(
        text(f"{_WEBHOOK}AND id > :after ORDER BY id LIMIT :limit"),
        {"organisation": organisation_id, "after": after, "limit": limit},
    )
    return [_webhook(r) for r in rows.mappings()]


def update_webhook(
    session: Session, webhook_id: int, *, url: str, kinds: Sequence[str], active: bool, stopped_reason: str | None
) -> None:
    """Write a subscription as it shall be; its failures are counted from nought again."""
    session.execute(
        text(
            "UPDATE webhook SET url = :url, kinds = :kinds, active = :active, stopped_reason = :reason, failures = 0 "
            "WHERE id = :id"
        ),
        {"id": webhook_id, "url": url, "kinds": list(kinds), "active": active, "reason": stopped_reason},
    )


def update_secret(session: Session, webhook_id: int, secret: str) -> None:
    session.execute(text("UPDATE webhook SET secret = :secret WHERE id = :id"), {"id": webhook_id, "secret": secret})


def mark_removed(session: Session, webhook_id: int) -> None:
    session.execute(text("UPDATE webhook SET removed_at = now(), active = false WHERE id = :id"), {"id": webhook_id})


def stop_webhook(session: Session, webhook_id: int, *, reason: str) -> None:
    session.execute(
        text("UPDATE webhook SET active = false, stopped_reason = :reason WHERE id = :id AND active"),
        {"id": webhook_id, "reason": reason},
    )


def count_failure(session: Session, webhook_id: int) -> int:
    """Add one to the deliveries in a row that failed for good; return how many these are."""
    statement = text("UPDATE webhook SET failures = failures + 1 WHERE id = :id RETURNING failures")
    return int(session.execute(statement, {"id": webhook_id}).scalar_one())


def clear_failures(session: Session, webhook_id: int) -> None:
    session.execute(text("UPDATE webhook SET failures = 0 WHERE id = :id AND failures > 0"), {"id": webhook_id})


def insert_deliveries(
    session: Session, *, organisation_id: int, event_id: int, project_id: int, kind: str, all_kinds: str
) -> list[int]:
    """Write a delivery for each active subscription that wants the event and has none yet; return their ids."""
    rows = session.execute(
        text(
            "INSERT INTO webhook_delivery (webhook_id, event_id, organisation_id) "
            "SELECT id, :event, organisation_id FROM webhook WHERE organisation_id = :organisation AND active "
            "AND removed_at IS NULL AND (project_id IS NULL OR project_id = :project) "
            "AND kinds && CAST(:wanted AS text[]) ORDER BY id ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"organisation": organisation_id, "event": event_id, "project": project_id, "wanted": [kind, all_kinds]},
    )
    return [int(r.id) for r in rows]


def take_delivery(session: Session, delivery_id: int, *, organisation_id: int, hold_s: float) -> TakenDelivery | None:
    """Begin the next attempt of a delivery that is due, and hold it from others; None when it is not due."""
    row = session.execute(
        text(
            "UPDATE webhook_delivery d SET attempts = d.attempts + 1, last_at = now(), resent = 0, "
            "next_at = now() + make_interval(secs => :hold_s), state_since = now() + make_interval(secs => :hold_s) "
            "FROM webhook w WHERE d.id = :id AND d.organisation_id = :organisation AND d.state = 'waiting' "
            "AND d.next_at <= now() AND w.id = d.webhook_id "
            "RETURNING d.id, d.attempts, d.webhook_id, d.event_id, d.organisation_id, w.url, w.secret, "
            "w.active AND w.removed_at IS NULL AS active"
        ),
        {"id": delivery_id, "organisation": organisation_id, "hold_s": hold_s},
    )
    found = row.mappings().first()
    return TakenDelivery(**found) if found else None


def settle_delivery(
    session: Session,
    taken: TakenDelivery,
    *,
    state: str,
    status: int | None,
    error: str | None,
    took_ms: int | None,
    pause_s: float,
) -> bool:
    """Write how an attempt ended, unless a later one has begun; tell whether it was written.

    `state_since` is the moment from which a waiting delivery is late.
    """
    row = session.execute(
        text(
            "UPDATE webhook_delivery SET state = :state, last_status = :status, last_error = :error, "
            "took_ms = :took_ms, next_at = now() + make_interval(secs => :pause_s), "
            "state_since = now() + make_interval(secs => :pause_s), "
            "delivered_at = CASE WHEN :state = 'delivered' THEN now() END "
            "WHERE id = :id AND state = 'waiting' AND attempts = :attempts RETURNING id"
        ),
        {
            "id": taken.id,
            "attempts": taken.attempts,
            "state": state,
            "status": status,
            "error": error,
            "took_ms": took_ms,
            "pause_s": pause_s,
        },
    ).first()
    return row is not None


def find_delivery(session: Session, delivery_id: int, *, webhook_id: int) -> DeliveryRow | None:
    statement = text(f"{_DELIVERY}WHERE d.id = :id AND d.webhook_id = :webhook")
    row = session.execute(statement, {"id": delivery_id, "webhook": webhook_id}).mappings().first()
    return DeliveryRow(**row) if row else None


def list_deliveries(
    session: Session, *, webhook_id: int, state: str | None, before: int, limit: int
) -> list[DeliveryRow]:
    """List deliveries, the newest first."""
    rows = session.execute(
        text(
            f"{_DELIVERY}WHERE d.webhook_id = :webhook AND d.id < :before "
            "AND (CAST(:state AS text) IS NULL OR d.state = :state) ORDER BY d.id DESC LIMIT :limit"
        ),
        {"webhook": webhook_id, "state": state, "before": before, "limit": limit},
    )
    return [DeliveryRow(**r) for r in rows.mappings()]


def renew_delivery(session: Session, delivery_id: int) -> None:
    """Have a delivery wait for its first attempt once more."""
    session.execute(
        text(
            "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = now(), state_since = now(), "
            "resent = 0, delivered_at = NULL WHERE id = :id"
        ),
        {"id": delivery_id},
    )


def list_engaged_projects(session: Session, *, vendor_org: int) -> list[int]:
    """List the projects that a vendor sees now."""
    rows = session.execute(
        text("SELECT project_id FROM engagement WHERE vendor_org = :vendor AND ended_at IS NULL ORDER BY project_id"),
        {"vendor": vendor_org},
    )
    return [int(r.project_id) for r in rows]


def _webhook(row: object) -> WebhookRow:
    values = dict(row)  # type: ignore[call-overload]
    return WebhookRow(**values | {"kinds": tuple(values["kinds"])})

"""Use cases of subscriptions. A secret is shown once, when it is made."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from domain.audit.service import record
from domain.errors import NotFound
from domain.events.queries import has_project
from domain.scope import Actor
from domain.webhooks import queries
from domain.webhooks.errors import WebhookRefused
from domain.webhooks.queries import WebhookRow
from domain.webhooks.rules import check_url, new_secret
from schema.enums import Role

MOST_WEBHOOKS = 50


def create_webhook(
    session: Session, actor: Actor, *, url: str, kinds: Sequence[str], project_id: int | None, allow_private: bool
) -> WebhookRow:
    """Subscribe the actor's organisation; raises WebhookRefused for an address that nothing may be sent to."""
    actor.require(Role.CLIENT, Role.MANAGER)
    check_url(url, allow_private=allow_private)
    if project_id is not None and not has_project(session, project_id):
        raise NotFound(f"there is no project {project_id}", project_id=project_id)
    if queries.count_webhooks(session, organisation_id=actor.organisation_id) >= MOST_WEBHOOKS:
        raise WebhookRefused(f"an organisation has at most {MOST_WEBHOOKS} webhooks; remove one", limit=MOST_WEBHOOKS)
    webhook_id = queries.insert_webhook(
        session,
        organisation_id=actor.organisation_id,
        project_id=project_id,
        url=url,
        secret=new_secret(),
        kinds=kinds,
        created_by=actor.member_id,
    )
    made = get_webhook(session, actor, webhook_id)
    record(session, actor, "webhook_created", _subject(made), project_id=project_id, after=_shown(made))
    return made


def get_webhook(session: Session, actor: Actor, webhook_id: int, *, for_update: bool = False) -> WebhookRow:
    actor.require(Role.CLIENT, Role.MANAGER)
    row = queries.find_webhook(session, webhook_id, organisation_id=actor.organisation_id, for_update=for_update)
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id}", webhook_id=webhook_id)
    return row


def list_webhooks(session: Session, actor: Actor, *, after: int, limit: int) -> list[WebhookRow]:
    actor.require(Role.CLIENT, Role.MANAGER)
    return queries.list_webhooks(session, organisation_id=actor.organisation_id, after=after, limit=limit)


def change_webhook(
    session: Session,
    actor: Actor,
    found: WebhookRow,
    *,
    url: str | None,
    kinds: Sequence[str] | None,
    active: bool | None,
    allow_private: bool,
) -> WebhookRow:
    """Change what is given of a subscription that the caller has locked; being active again, it starts anew."""
    if url is not None:
        check_url(url, allow_private=allow_private)
    active = found.active if active is None else active
    queries.update_webhook(
        session,
        found.id,
        url=found.url if url is None else url,
        kinds=found.kinds if kinds is None else kinds,
        active=active,
        stopped_reason=None if active or found.active else found.stopped_reason,
    )
    changed = get_webhook(session, actor, found.id)
    record(
        session,
        actor,
        "webhook_changed",
        _subject(found),
        project_id=found.project_id,
        before=_shown(found),
        after=_shown(changed),
    )
    return changed


def remove_webhook(session: Session, actor: Actor, webhook_id: int) -> None:
    """End a subscription; what still waits for it is not delivered."""
    found = get_webhook(session, actor, webhook_id, for_update=True)
    queries.mark_removed(session, found.id)
    record(session, actor, "webhook_removed", _subject(found), project_id=found.project_id, before=_shown(found))


def rotate_secret(session: Session, actor: Actor, webhook_id: int) -> WebhookRow:
    """Replace the secret; every attempt from now on is signed with the new one."""
    found = get_webhook(session, actor, webhook_id, for_update=True)
    queries.update_secret(session, found.id, new_secret())
    record(session, actor, "webhook_secret_rotated", _subject(found), project_id=found.project_id)
    return get_webhook(session, actor, webhook_id)


def _subject(webhook: WebhookRow) -> str:
    return f"webhook:{webhook.id}"


def _shown(webhook: WebhookRow) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "kinds": list(webhook.kinds),
        "active": webhook.active,
        "project_id": webhook.project_id,
    }

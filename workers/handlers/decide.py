"""Decisions: the answers of a task at one count of submits → consensus and agreement → accept, one more, or review;
and who may work, decided anew when a policy changed."""

from typing import Any

import structlog

from domain.eligibility.service import recheck_told
from domain.routing.service import decide, load_round, record_round
from domain.scope import Scope
from runtime.spans import span
from schema.messages import DecideMessage, RightsMessage
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, DecideMessage, RightsMessage)
    if isinstance(message, RightsMessage):
        _recheck_rights(work, message)
    elif isinstance(message, DecideMessage):
        _decide(work, message)


def _recheck_rights(work: Work, message: RightsMessage) -> None:
    with work.database.begin(Scope(message.vendor_org, (message.project_id,))) as session:
        changed = recheck_told(
            session,
            client_org=message.client_org,
            organisation_id=message.vendor_org,
            project_id=message.project_id,
        )
    if changed:
        log.info("rights_decided", project_id=message.project_id, vendor_org=message.vendor_org, rights=changed)


def _decide(work: Work, message: DecideMessage) -> None:
    scope = client_scope(message.client_org)
    with work.database.begin(scope) as session:
        due = load_round(session, task_id=message.task_id, submits=message.submits)
    if due is None:
        return
    with span("decide", task_id=message.task_id, submits=message.submits) as step:
        decided = decide(due)
        step.set(outcome=decided.routing.outcome, reason=decided.routing.reason)
    with work.database.begin(scope) as session:
        recorded = record_round(session, due, decided)
    if recorded:
        log.info(
            "task_decided", task_id=message.task_id, outcome=decided.routing.outcome, reason=decided.routing.reason
        )

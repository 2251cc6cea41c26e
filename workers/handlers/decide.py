"""Decisions: the answers of a task at one count of submits → consensus and agreement → accept, one more, or review."""

from typing import Any

import structlog

from domain.routing.service import decide, load_round, record_round
from runtime.spans import span
from schema.messages import DecideMessage
from workers.envelope import parse_message
from workers.work import Work, client_scope

log = structlog.get_logger()


def handle(work: Work, body: dict[str, Any]) -> None:
    message = parse_message(body, DecideMessage)
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

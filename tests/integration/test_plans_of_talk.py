"""What `test_plans` holds of lists and hot statements, for comments, inboxes and the evidence behind a result."""

import pytest

from domain.assignment.queries import claim
from domain.comments import queries as comments
from domain.evidence import queries as evidence
from domain.notifications import queries as notifications
from domain.scope import Scope
from runtime.database import Database
from tests.integration import test_plans as plans
from tests.integration.crowd import CLIENT, PROJECTS_OF_VENDOR, VENDOR
from tests.integration.test_plans import ACCEPTED, DECIDING, IN_REVIEW, PAGE, Statement

crowd = plans.crowd
leading = plans.leading

NEWEST = {"before": 2**62, "limit": 50}
AS_CLIENT: dict[str, Statement] = {
    "comments of a task": lambda s: comments.list_of_task(s, task_id=IN_REVIEW, as_annotator=None, **PAGE),
    "a comment": lambda s: comments.find_comment(s, IN_REVIEW * 2, as_annotator=None),
    "open threads": lambda s: comments.list_threads(s, project_id=CLIENT, resolved=False, **NEWEST),
    "counts of threads": lambda s: comments.count_threads(s, project_id=CLIENT, tasks=[DECIDING, IN_REVIEW]),
    "who wrote in a thread": lambda s: comments.list_participants(s, IN_REVIEW * 2),
    "whose work is on a task": lambda s: comments.list_workers(s, IN_REVIEW),
    "resolving": lambda s: comments.resolve(s, comment_id=IN_REVIEW * 2, by=1),
    "answers to a task": lambda s: evidence.list_answers(s, task_id=ACCEPTED, **PAGE),
    "predictions of an image": lambda s: evidence.list_predictions(s, image_id=ACCEPTED, **PAGE),
    "a decision": lambda s: evidence.find_decision(s, ACCEPTED),
}
AS_VENDOR: dict[str, Statement] = {
    "an annotator's comments": lambda s: comments.list_of_task(s, task_id=IN_REVIEW, as_annotator=(VENDOR, 61), **PAGE),
    "a task in hand": lambda s: comments.had_in_hand(s, task_id=IN_REVIEW, member_id=61),
    "an inbox": lambda s: notifications.list_notifications(s, member_id=61, unread=True, **NEWEST),
    "unread lines": lambda s: notifications.count_unread(s, member_id=61, limit=1000),
    "reading": lambda s: notifications.mark_read(s, member_id=61, ids=None),
    "guidelines that keep somebody out": lambda s: claim.find_unread_guidelines(s, member=900, wish=claim.Wish()),
}


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading)


@pytest.mark.parametrize("name", AS_VENDOR)
def test_a_vendors_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(VENDOR, PROJECTS_OF_VENDOR), AS_VENDOR[name], leading)

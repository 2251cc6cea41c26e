"""The clerk of the dead-letter desk: takes every message that was given up off its queue and files it in the database.

A letter is deleted only once its row is committed, and filed once however often it is taken; several clerks may run.
"""

from datetime import UTC, datetime
from threading import Event
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError

from domain.dead_letters.filing import file_for_operator, file_letter
from domain.dead_letters.queries.filing import count_all_waiting
from domain.dead_letters.rules import REMEDIES, DeadMessage, read_message
from runtime.aws import AWS_ERRORS
from runtime.database import Database
from runtime.dead_letters import DeadQueues, Taken
from runtime.faults import is_outage
from runtime.metrics import DEAD_LETTERS
from runtime.settings import Settings
from runtime.tracing import parse_traceparent
from schema.enums import Topic

log = structlog.get_logger()
# The reason that other reasons than the known ones count as: a queue holds what anybody sent.
OTHER: Final = "other"


def run_clerk(relay: Database, queues: DeadQueues, settings: Settings, stop: Event) -> None:
    """File dead letters until `stop` is set; a fault is logged and the next turn tries again."""
    while not stop.wait(settings.dead_letter_interval_s):
        try:
            show_waiting(relay)  # first: while the database is away, nothing is taken off its queue
            file_queues(relay, queues, max_receives=settings.max_receives, stop=stop)
        except Exception as error:
            log.warning("clerk_failed", error=repr(error))


def file_queues(relay: Database, queues: DeadQueues, *, max_receives: int, stop: Event) -> int:
    """File what lies in every dead-letter queue; one that does not answer holds up no other."""
    filed = 0
    for topic in Topic:
        try:
            filed += file_all(relay, queues, topic, max_receives=max_receives, stop=stop)
        except AWS_ERRORS as error:
            log.warning("dead_letters_not_taken", queue=topic, error=repr(error))
    return filed


def file_all(relay: Database, queues: DeadQueues, topic: Topic, *, max_receives: int, stop: Event) -> int:
    """File what lies in a dead-letter queue; return how many letters left it."""
    filed = 0
    while not stop.is_set() and (letters := queues.take(topic)):
        done = [letter for letter in letters if _file(relay, letter, max_receives=max_receives)]
        if done:
            queues.delete(topic, done)
        filed += len(done)
    return filed


def _file(relay: Database, letter: Taken, *, max_receives: int) -> bool:
    """File one letter, whatever it holds. One that cannot be filed comes again in a minute and keeps up no other."""
    message = letter.message
    try:
        new = _write(relay, message, max_receives=max_receives)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("dead_letter_not_filed", queue=message.queue, message_id=message.id)
        return False
    if new:
        log.warning("dead_letter_filed", queue=message.queue, message_id=message.id, rows=new)
    return True


def _write(relay: Database, message: DeadMessage, *, max_receives: int) -> int:
    reading = read_message(message, now=datetime.now(UTC), max_receives=max_receives, trace_of=parse_traceparent)
    try:
        with relay.begin(None) as session:
            return file_letter(session, reading)
    except IntegrityError:  # it names an organisation that is not there
        with relay.begin(None) as session:
            return file_for_operator(session, reading)


def show_waiting(relay: Database) -> None:
    """Set the gauge of letters that nobody has settled."""
    with relay.begin(None) as session:
        counts = count_all_waiting(session)
    letters = dict.fromkeys(((topic.value, reason) for topic in Topic for reason in (*REMEDIES, OTHER)), 0)
    for count in counts:
        letters[count.queue, count.reason if count.reason in REMEDIES else OTHER] += count.letters
    for (queue, reason), number in letters.items():
        DEAD_LETTERS.labels(queue, reason).set(number)

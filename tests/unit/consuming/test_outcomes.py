"""Which error leads where."""

from random import Random
from typing import ClassVar

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import DomainError, Unavailable
from runtime.faults import is_outage
from runtime.queues import MOST_TOLD, plain_text
from schema.message_kinds import KINDS, kind_of
from workers.outcomes import Ack, GiveUp, Outcome, Retry, Wait, outcome_of


class Refused(DomainError):
    code: ClassVar[str] = "refused"


class Said(Exception):
    """What a database driver raises, with the state that the server told, if it told one."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def outcome(error: Exception | None, *, receives: int = 1, may_wait: bool = True) -> Outcome:
    return outcome_of(error, receives=receives, max_receives=5, may_wait=may_wait, rng=Random(1))


def operational(sqlstate: str | None) -> OperationalError:
    return OperationalError("SELECT 1", {}, Said(sqlstate))


def refused_by_aws(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")  # type: ignore[arg-type]


def caused(error: Exception) -> Exception:
    wrapped = Unavailable("a part does not answer")
    wrapped.__cause__ = error
    return wrapped


AWAY = {
    "connection broke": operational(None),
    "server shuts down": operational("57P01"),
    "server starts": operational("57P03"),
    "too many connections": operational("53300"),
    "pool is empty": PoolTimeout("no connection"),
    "nobody listens": EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
    "S3 is down": refused_by_aws("InternalError", 500),
    "S3 is busy": refused_by_aws("SlowDown", 400),
    "what it came from": caused(operational(None)),
}
HERE = {
    "nothing": None,
    "lock taken": operational("55P03"),
    "statement too long": operational("57014"),
    "deadlock": operational("40P01"),
    "wrong statement": ProgrammingError("SELECT", {}, Said("42601")),
    "no such key": refused_by_aws("NoSuchKey", 404),
    "no rights": refused_by_aws("AccessDenied", 403),
    "no credentials": NoCredentialsError(),
    "a bug": KeyError("x"),
}


@pytest.mark.parametrize("name", AWAY)
def test_what_is_away_for_all_is_an_outage(name: str) -> None:
    assert is_outage(AWAY[name])
    assert outcome(AWAY[name], receives=5) == Wait()


@pytest.mark.parametrize("name", HERE)
def test_what_concerns_one_message_is_none(name: str) -> None:
    assert not is_outage(HERE[name])


def test_error_that_went_in_circles_is_looked_at_once() -> None:
    first, second = KeyError("a"), KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_outage(first)


def test_outage_of_one_message_alone_is_retried_and_given_up() -> None:
    assert isinstance(outcome(AWAY["connection broke"], may_wait=False), Retry)
    assert isinstance(outcome(AWAY["connection broke"], may_wait=False, receives=5), GiveUp)


def test_handler_that_returned_is_acknowledged() -> None:
    assert outcome(None, receives=5) == Ack()


def test_error_that_no_repeat_mends_ends_at_the_first_delivery() -> None:
    assert outcome(Refused("no")) == GiveUp("refused", "no")


def test_what_a_database_tells_with_an_error_is_not_shown() -> None:
    row = ProgrammingError("INSERT INTO image VALUES (…)", {}, Said("23505"))
    assert outcome(row, receives=5) == GiveUp("internal_error", "Said of the database, SQLSTATE 23505")


@pytest.mark.parametrize("error", [Unavailable("later"), ValueError("a bug")])
def test_others_end_at_the_last_delivery(error: Exception) -> None:
    assert [type(outcome(error, receives=n)) for n in range(1, 6)] == [Retry] * 4 + [GiveUp]


def test_pauses_grow_and_stay_between_one_second_and_a_minute_and_a_half() -> None:
    pauses = [outcome(ValueError(), receives=n) for n in range(1, 5)]
    seconds = [pause.pause_s for pause in pauses if isinstance(pause, Retry)]
    assert seconds == sorted(seconds)
    assert 1 <= seconds[0] <= 3
    assert seconds[-1] <= 90


def test_reason_that_sqs_would_refuse_is_made_plain() -> None:
    told = plain_text("a\x00b\ud800c\ufffe" + "x" * 2000)
    assert told.startswith("a b c x")
    assert len(told) == MOST_TOLD


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"id": "1", "body": {"type": "decide"}}, "decide"),
        ({"id": "1", "body": {"type": "telegram"}}, "unknown"),
        ({"id": "1", "body": {"type": ["decide"]}}, "unknown"),
        ({"Records": [{"eventSource": "aws:s3"}]}, "s3_event"),
        ({"Event": "s3:TestEvent"}, "s3_event"),
        ({"source": "aws.s3", "detail": {}}, "s3_event"),
        ({"Type": "Notification", "Message": "{}"}, "s3_event"),
        ({}, "unknown"),
        ([], "unknown"),
        ("text", "unknown"),
    ],
)
def test_kind_of_a_message_is_one_of_a_few_words(body: object, kind: str) -> None:
    assert kind_of(body) == kind
    assert kind in KINDS

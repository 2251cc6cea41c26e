"""What `test_plans` holds of lists and hot statements, for the dead-letter desk."""

import pytest
from sqlalchemy.orm import Session

from domain.dead_letters.queries import about, desk, filing
from domain.dead_letters.queries.desk import Letter, LetterFilter
from domain.scope import Scope
from runtime.database import Database
from tests.integration import test_plans as plans
from tests.integration.crowd import CLIENT, SMALL_CLIENT
from tests.integration.test_plans import ACCEPTED, FREE, MOST_DISCARDED_BY_LIST, RELEASE, Statement

crowd = plans.crowd
leading = plans.leading

NEWEST = {"before": 2**62, "limit": 50}


def letter(session: Session) -> Letter:
    return desk.list_letters(session, LetterFilter(), before=2**62, limit=1)[0]


LISTS: dict[str, Statement] = {
    "letters": lambda s: desk.list_letters(s, LetterFilter(), **NEWEST),
    "letters of a queue": lambda s: desk.list_letters(s, LetterFilter("decide", state="dead"), **NEWEST),
    "letters of a reason": lambda s: desk.list_letters(s, LetterFilter("decide", "conflict", "dead"), **NEWEST),
    "discarded letters": lambda s: desk.list_letters(s, LetterFilter(state="discarded"), **NEWEST),
    "letters by queue and reason": lambda s: desk.count_waiting(s),
    "the newest letter to decide": lambda s: desk.find_newest_waiting(s, LetterFilter("decide")),
    "whether letters are left": lambda s: desk.has_waiting(s, LetterFilter("decide", "conflict")),
    "redriving all": lambda s: desk.redrive(
        s, LetterFilter("decide", up_to=2**62), by_member=1, delay_s=0, rate_per_s=20, limit=50
    ),
    "discarding all": lambda s: desk.discard(s, LetterFilter(up_to=2**62), by_member=1, why="r", limit=50),
}
AS_CLIENT: dict[str, Statement] = {
    "deaths of a message": lambda s: desk.list_deaths(s, letter(s), limit=50),
    "redriving": lambda s: desk.redrive(s, [letter(s).id], by_member=1, delay_s=0, rate_per_s=20, limit=50),
    "discarding": lambda s: desk.discard(s, [letter(s).id], by_member=1, why="r", limit=50),
    "tasks that letters name": lambda s: about.list_places(s, "task", [FREE, ACCEPTED]),
    "releases that letters name": lambda s: about.list_places(s, "release", [RELEASE.id]),
    "images of keys": lambda s: about.find_images_of(s, [(CLIENT, "k10"), (CLIENT, "k20")]),
    "images that letters name": lambda s: about.list_pictures(s, [FREE, ACCEPTED]),
}
AS_RELAY: dict[str, Statement] = {
    "owners of a bucket": lambda s: filing.list_bucket_owners(s, "b1"),
    "everybody's letters": lambda s: desk.list_letters(s, LetterFilter(), **NEWEST),
    "a letter of anybody's": lambda s: desk.find_letter(s, 20),
}


@pytest.mark.parametrize("client", [CLIENT, SMALL_CLIENT])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_letters_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str, client: int
) -> None:
    plans.check(crowd["app"], Scope(client), LISTS[name], leading, most_discarded=MOST_DISCARDED_BY_LIST)


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_statement_about_letters_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading)


@pytest.mark.parametrize("name", AS_RELAY)
def test_a_statement_of_the_relay_about_letters_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["relay"], None, AS_RELAY[name], leading)

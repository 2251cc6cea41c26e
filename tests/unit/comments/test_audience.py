"""Who a comment is for, whom it is told to, and what its author is called elsewhere."""

import pytest

from domain.comments.queries import Reader
from domain.comments.rules import audience, listeners
from domain.errors import Conflict
from domain.pseudonyms import pseudonym
from domain.scope import Actor
from schema.enums import Role

CLIENT, VENDOR, OTHER = 1, 2, 3


def actor(organisation_id: int, role: Role = Role.SUPERVISOR) -> Actor:
    return Actor(member_id=10, organisation_id=organisation_id, kind="any", role=role)


@pytest.mark.parametrize(
    ("who", "thread_vendor", "wanted", "reached"),
    [
        (actor(CLIENT), None, None, None),
        (actor(CLIENT), None, VENDOR, VENDOR),
        (actor(CLIENT), VENDOR, None, VENDOR),
        (actor(CLIENT, Role.ANNOTATOR), None, None, CLIENT),
        (actor(VENDOR), None, None, VENDOR),
        (actor(VENDOR, Role.ANNOTATOR), VENDOR, VENDOR, VENDOR),
    ],
)
def test_comment_reaches(who: Actor, thread_vendor: int | None, wanted: int | None, reached: int | None) -> None:
    assert audience(who, client_org=CLIENT, thread_vendor=thread_vendor, wanted=wanted) == reached


@pytest.mark.parametrize(("who", "thread_vendor"), [(actor(CLIENT), VENDOR), (actor(VENDOR), None)])
def test_comment_cannot_be_for_another_vendor(who: Actor, thread_vendor: int | None) -> None:
    with pytest.raises(Conflict):
        audience(who, client_org=CLIENT, thread_vendor=thread_vendor, wanted=OTHER)


def test_comment_is_told_once_and_never_to_its_author() -> None:
    readers = [Reader(VENDOR, 10, None), Reader(VENDOR, 11, None), Reader(VENDOR, 11, "annotator")]
    assert listeners(readers, actor=actor(VENDOR), client_org=CLIENT, vendor_org=VENDOR) == [(VENDOR, 11)]


def test_comment_is_told_to_nobody_who_must_not_read_it() -> None:
    readers = [Reader(OTHER, 11, "supervisor"), Reader(CLIENT, 12, "manager")]
    assert listeners(readers, actor=actor(VENDOR), client_org=CLIENT, vendor_org=VENDOR) == [(CLIENT, 12)]


def test_annotators_words_are_told_to_no_annotator() -> None:
    readers = [Reader(VENDOR, 11, "annotator"), Reader(VENDOR, 12, None), Reader(VENDOR, 13, "supervisor")]
    speaker = actor(VENDOR, Role.ANNOTATOR)
    assert listeners(readers, actor=speaker, client_org=CLIENT, vendor_org=VENDOR) == [(VENDOR, 13)]


def test_pseudonym_is_stable_in_a_project_and_unlinkable_between_two() -> None:
    def named(secret: bytes, project_id: int, member_id: int) -> str:
        return pseudonym(secret, project_id=project_id, member_id=member_id)

    assert named(b"s", 7, 12) == named(b"s", 7, 12)
    assert len({named(b"s", 7, 12), named(b"s", 8, 12), named(b"s", 7, 13), named(b"t", 7, 12)}) == 4


def test_what_is_said_in_an_annotators_thread_is_told_to_no_other_annotator() -> None:
    readers = [Reader(VENDOR, 11, None), Reader(VENDOR, 12, None), Reader(CLIENT, 13, "manager")]
    told = listeners(readers, actor=actor(VENDOR), client_org=CLIENT, vendor_org=VENDOR, asker=11)
    assert told == [(VENDOR, 11), (CLIENT, 13)]

"""Signed links: only what was signed is fetched, and only for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.links import LINK_PERIOD_S, LinkRefused, grant, open_link, sign

NOW = datetime(2026, 5, 4, 12, 34, 56, tzinfo=UTC)
SECRET = b"a secret of the test"


@given(st.integers(1, 2**63 - 1), st.text(max_size=300).filter(lambda k: not any(0xD800 <= ord(c) < 0xE000 for c in k)))
def test_link_opens_to_what_was_granted(member_id: int, key: str) -> None:
    granted = grant(member_id, key, now=NOW)
    assert open_link(sign(granted, SECRET), SECRET, now=NOW) == granted


def test_link_keeps_its_address_within_a_period() -> None:
    early, late = (NOW.replace(minute=m) for m in (1, 59))
    assert sign(grant(1, "k", now=early), SECRET) == sign(grant(1, "k", now=late), SECRET)


def test_link_lasts_one_period_at_least_and_two_at_most() -> None:
    token = sign(grant(1, "k", now=NOW), SECRET)
    assert open_link(token, SECRET, now=NOW + timedelta(seconds=LINK_PERIOD_S)).key == "k"
    with pytest.raises(LinkRefused, match="expired"):
        open_link(token, SECRET, now=NOW + timedelta(seconds=2 * LINK_PERIOD_S))


def test_any_changed_character_is_refused() -> None:
    token = sign(grant(1, "org/1/pictures/x/working", now=NOW), SECRET)
    for i, character in enumerate(token[:-1]):
        forged = token[:i] + ("A" if character != "A" else "B") + token[i + 1 :]
        with pytest.raises(LinkRefused):
            open_link(forged, SECRET, now=NOW)


def test_link_of_another_secret_is_refused() -> None:
    token = sign(grant(1, "k", now=NOW), b"another secret")
    with pytest.raises(LinkRefused, match="not ours"):
        open_link(token, SECRET, now=NOW)


@pytest.mark.parametrize("token", ["", "A", "not base64 !", "ä", "AAAA", "A" * 5000])
def test_nonsense_is_refused(token: str) -> None:
    with pytest.raises(LinkRefused):
        open_link(token, SECRET, now=NOW)

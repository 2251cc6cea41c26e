"""Whom a failed sign-in counts against, and what can be a password."""

import pytest

from domain.signin.errors import PasswordRefused
from domain.signin.passwords import check_new_password, hash_password, is_password, needs_rehash
from domain.signin.rules import limit_of_address, limit_of_network, network_of


def test_an_address_counts_in_any_case_and_is_not_kept_readable() -> None:
    assert limit_of_address(" Ada@Example.org ") == limit_of_address("ada@example.org")
    assert b"ada" not in limit_of_address("ada@example.org").key


def test_an_address_and_a_network_of_the_same_name_count_apart() -> None:
    assert limit_of_address("10.0.0.1").key != limit_of_network("10.0.0.1").key


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_subscriber_is_one_network(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize("password", ["x" * 11, "x" * 201, "Ada.Lovelace@example.org"])
def test_a_password_too_short_too_long_or_the_address_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused):
        check_new_password(password, email="ada.lovelace@example.org")


def test_a_password_fits_its_own_hash_alone() -> None:
    stored = hash_password("eleven blue cranes")

    assert is_password("eleven blue cranes", stored)
    assert not is_password("eleven blue crane", stored)
    assert not is_password("eleven blue cranes", None)
    assert not is_password("eleven blue cranes", "not a hash")


def test_a_hash_of_other_parameters_is_made_anew() -> None:
    assert not needs_rehash(hash_password("eleven blue cranes"))
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YdiTnlG0Y5DoLu1KXGV5+A")

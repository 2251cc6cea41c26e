"""The rules of deliveries: signatures, pauses, and addresses that nothing may go to."""

import base64
from random import Random

import pytest

from domain.webhooks.errors import WebhookRefused
from domain.webhooks.rules import (
    LONGEST_PAUSE_S,
    MOST_ATTEMPTS,
    check_url,
    is_public,
    longest_pause_s,
    new_secret,
    pause_s,
    sign,
)


def test_signature_is_that_of_the_standards_own_example() -> None:
    """The example of the specification's README (standard-webhooks/standard-webhooks)."""
    made = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp_s=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secret_has_192_bits_and_no_twin() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(secret.removeprefix("whsec_"))) for secret in made} == {24}


def test_pauses_grow_from_seconds_to_hours_and_no_further() -> None:
    longest = [longest_pause_s(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert longest[0] == 10.0
    assert longest == sorted(longest)
    assert longest[-1] == LONGEST_PAUSE_S == 6 * 3600
    assert 16 * 3600 < sum(longest) < 24 * 3600


def test_pause_is_anywhere_between_a_tenth_and_the_longest() -> None:
    rng = Random(1)
    drawn = [pause_s(3, rng) for _ in range(200)]
    assert 0.1 * longest_pause_s(3) <= min(drawn) < 0.2 * longest_pause_s(3)
    assert 0.9 * longest_pause_s(3) < max(drawn) <= longest_pause_s(3)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:secret@example.org/",
        "https://localhost/",
        "https://db.internal/",
        "https://127.0.0.1:8443/",
        "https://[::1]/",
        "https://[::1/",
        "https://example.org:99999/",
        "https://example.org:0/",
    ],
)
def test_url_that_leads_nowhere_public_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        check_url(url, allow_private=False)
    assert refused.value.facts["field"] == "url"


@pytest.mark.parametrize("url", ["https://example.org/hook?a=b", "https://8.8.8.8:8443/"])
def test_public_url_is_taken(url: str) -> None:
    check_url(url, allow_private=False)


def test_http_and_loopback_are_taken_where_private_addresses_are_let_through() -> None:
    check_url("http://127.0.0.1:9000/hook", allow_private=True)

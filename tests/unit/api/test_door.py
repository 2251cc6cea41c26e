"""What stands before every operation: scopes by tag and method, where a request came from, where a page may lead."""

from ipaddress import ip_network

import pytest
from fastapi import Request

from api.auth import needed_scope
from api.client_address import client_host
from api.sign_in_state import safe_path


@pytest.mark.parametrize(
    ("method", "tags", "scope"),
    [
        ("GET", {"work"}, "read"),
        ("HEAD", {"projects"}, "read"),
        ("POST", {"work"}, "work"),
        ("PUT", {"review"}, "work"),
        ("POST", {"projects"}, "manage"),
        ("DELETE", set(), "manage"),
    ],
)
def test_a_scope_follows_from_method_and_tag(method: str, tags: set[str], scope: str) -> None:
    assert needed_scope(method, frozenset(tags)) == scope


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "host"),
    [
        ("192.0.2.1", "203.0.113.9", [], "192.0.2.1"),
        ("10.0.0.5", "203.0.113.9", ["10.0.0.0/8"], "203.0.113.9"),
        ("10.0.0.5", "6.6.6.6, 203.0.113.9, 10.0.0.7", ["10.0.0.0/8"], "203.0.113.9"),
        ("192.0.2.1", "6.6.6.6", ["10.0.0.0/8"], "192.0.2.1"),
        ("10.0.0.5", "", ["10.0.0.0/8"], "10.0.0.5"),
    ],
)
def test_only_a_trusted_proxy_says_where_a_request_came_from(
    peer: str, forwarded: str, trusted: list[str], host: str
) -> None:
    request = Request(
        {
            "type": "http",
            "client": (peer, 1),
            "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
        }
    )

    assert client_host(request, [ip_network(network) for network in trusted]) == host


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [
        ("/projects/7?tab=a#b", "/projects/7?tab=a#b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ],
)
def test_a_sign_in_leads_to_our_own_pages_alone(asked: str, goes_to: str) -> None:
    assert safe_path(asked) == goes_to

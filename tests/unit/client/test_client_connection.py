"""The client's one way over HTTP: what it sends again and what never, and what it makes of a refusal."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from plumbline_client import Client, PlumblineError, SignatureWrong, Unreachable, verify_signature
from plumbline_client.connection import Connection

ME = {
    "member_id": 1,
    "organisation_id": 2,
    "organisation": "Careful Labels",
    "kind": "client",
    "role": "manager",
    "name": None,
    "email": "m@example.org",
    "projects": [],
    "memberships": [],
    "unread": 0,
    "how": "token",
    "scopes": ["read"],
    "pause": None,
}
Answer = httpx2.Response | Exception


class Api:
    """Answers in turn, and keeps what was asked and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx2.Request] = []
        self.waited: list[float] = []

    def connect(self) -> Connection:
        return Connection(
            "http://plumbline.test", "plb_1", transport=httpx2.MockTransport(self._answer), sleep=self.waited.append
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(body: object = None) -> httpx2.Response:
    return httpx2.Response(200, json=body if body is not None else {"ok": True})


def busy(**headers: str) -> httpx2.Response:
    return httpx2.Response(
        503, json={"code": "unavailable"}, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_busy_api_is_asked_again_after_the_time_it_names() -> None:
    api = Api(busy(Retry_After="7"), ok())
    assert api.connect().call("POST", "/v1/leases") == {"ok": True}
    assert api.waited == [7.0]


def test_api_that_stays_busy_is_told_as_it_answers() -> None:
    api = Api(*[busy() for _ in range(4)])
    with pytest.raises(PlumblineError) as refused:
        api.connect().call("GET", "/v1/me")
    assert (refused.value.code, len(api.asked)) == ("unavailable", 4)


def test_wait_that_is_too_long_is_the_callers_to_decide() -> None:
    api = Api(httpx2.Response(429, json={"code": "too_many_attempts"}, headers={"Retry-After": "900"}))
    with pytest.raises(PlumblineError):
        api.connect().call("GET", "/v1/me")
    assert api.waited == []


def test_connection_that_was_never_made_is_tried_again_whatever_was_asked() -> None:
    api = Api(httpx2.ConnectError("refused"), ok())
    assert api.connect().call("POST", "/v1/leases") == {"ok": True}


def test_what_creates_is_repeated_with_the_same_key() -> None:
    api = Api(httpx2.ReadTimeout("late"), ok())
    api.connect().call("POST", "/v1/projects", json={}, creates=True)
    keys = [request.headers["Idempotency-Key"] for request in api.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_each_creation_has_a_key_of_its_own() -> None:
    api = Api(ok(), ok())
    connection = api.connect()
    for _ in range(2):
        connection.call("POST", "/v1/projects", json={}, creates=True)
    assert len({request.headers["Idempotency-Key"] for request in api.asked}) == 2


def test_what_may_have_happened_is_not_done_twice() -> None:
    api = Api(httpx2.ReadTimeout("late"))
    with pytest.raises(Unreachable):
        api.connect().call("POST", "/v1/leases")
    assert len(api.asked) == 1


def test_refusal_becomes_an_error_with_its_fields() -> None:
    problem = {
        "type": "/docs/errors#invalid_request",
        "code": "invalid_request",
        "detail": "name: too long",
        "errors": [{"field": "name", "problem": "too long"}],
        "request_id": "r1",
    }
    api = Api(httpx2.Response(422, json=problem))
    with pytest.raises(PlumblineError) as refused:
        api.connect().call("POST", "/v1/projects", json={})
    error = refused.value
    assert (error.code, error.status, error.request_id) == ("invalid_request", 422, "r1")
    assert [(e.field, e.problem) for e in error.errors] == [("name", "too long")]
    assert error.explained_at == "http://plumbline.test/docs/errors#invalid_request"


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"[]", b""])
def test_answer_that_is_no_problem_document_is_an_error_too(body: bytes) -> None:
    api = Api(httpx2.Response(502, content=body))
    with pytest.raises(PlumblineError) as refused:
        api.connect().call("GET", "/v1/me")
    assert (refused.value.code, refused.value.status) == ("unknown", 502)


def test_fields_of_a_newer_plumbline_are_passed_over() -> None:
    transport = httpx2.MockTransport(lambda _: ok(ME | {"shoe_size": 42}))
    with Client("http://plumbline.test", "plb_1", transport=transport) as client:
        assert client.me().organisation == "Careful Labels"


def test_list_reads_page_after_page() -> None:
    api = Api(ok({"items": [{"id": 1}], "next": 1}), ok({"items": [{"id": 2}], "next": None}))
    assert [item["id"] for item in api.connect().items("/v1/sources")] == [1, 2]
    assert [request.url.params.get("after") for request in api.asked] == [None, "1"]


@pytest.mark.parametrize(
    ("link", "has_token"),
    [
        ("/objects/abc", True),
        ("http://plumbline.test/objects/abc", True),
        ("https://plumbline.test/objects/abc", False),
        ("http://elsewhere.test/objects/abc", False),
        ("//elsewhere.test/abc", False),
    ],
)
def test_token_goes_to_plumbline_alone(link: str, has_token: bool, tmp_path: Path) -> None:
    api = Api(httpx2.Response(200, content=b"x"))
    api.connect().download(link, tmp_path / "x")
    assert ("Authorization" in api.asked[0].headers) is has_token


def signed(change: Callable[[dict[str, str]], None] | None = None) -> dict[str, str]:
    """The headers of the standard's own example."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,bm9uZQ== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    if change is not None:
        change(headers)
    return headers


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_true_signature_of_something_that_is_no_event_passes_the_signature() -> None:
    with pytest.raises(ValueError, match="EventBody"):
        verify_signature(SECRET, signed(), b'{"test": 2432232314}', now_s=1614265400)


@pytest.mark.parametrize(
    ("headers", "secret", "now_s"),
    [
        (signed(), SECRET, 1614266000),
        (signed(), "whsec_AAAA", 1614265400),
        (signed(), "whsec_!", 1614265400),
        ({}, SECRET, 1614265400),
        (signed(lambda h: h.update({"webhook-timestamp": "soon"})), SECRET, 1614265400),
        (signed(lambda h: h.update({"webhook-id": "other"})), SECRET, 1614265400),
    ],
    ids=["late", "other secret", "broken secret", "no headers", "broken time", "other id"],
)
def test_delivery_that_is_not_signed_so_is_refused(headers: dict[str, str], secret: str, now_s: int) -> None:
    with pytest.raises(SignatureWrong):
        verify_signature(secret, headers, b'{"test": 2432232314}', now_s=now_s)


def test_query_of_a_path_is_kept_and_what_is_none_is_not_sent() -> None:
    api = Api(ok(), ok())
    connection = api.connect()
    connection.call("GET", "/v1/events?project_id=7")
    connection.call("GET", "/v1/events", params={"project_id": 7, "kind": None})
    assert [str(request.url.query, "ascii") for request in api.asked] == ["project_id=7", "project_id=7"]

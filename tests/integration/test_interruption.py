"""The notice that a machine goes, asked of the fake that the embedded stack uses, and of worse ones."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest

from cli.launcher.ports import find_free_port
from cli.launcher.state import ProcessId
from runtime.interruption import (
    ENDPOINT_V6,
    NOTICE_PATH,
    TOKEN_HEADER,
    TOKEN_PATH,
    TTL_HEADER,
    NoInterruptions,
    Notice,
    SpotInterruptions,
    build_interruptions,
    parse_notice,
)
from tests.integration.machines import FakeMachine, answering, fake_machine, logged

PAUSE_S = 0.02


@pytest.fixture
def machine() -> Iterator[FakeMachine]:
    with fake_machine() as machine:
        yield machine


def wait(endpoint: str, *, at_most_s: float, token_ttl_s: int = 60) -> Notice | None:
    """Wait for a notice; None when none came."""

    async def run() -> Notice | None:
        interruptions = SpotInterruptions(endpoint, pause_s=PAUSE_S, token_ttl_s=token_ttl_s)
        try:
            return await asyncio.wait_for(interruptions.wait(), at_most_s)
        except TimeoutError:
            return None

    return asyncio.run(run())


def token(machine: FakeMachine) -> str:
    return machine.ask("PUT", f"/machines/worker/{TOKEN_PATH}", **{TTL_HEADER: "60"})[1]


def notice_status(machine: FakeMachine, **headers: str) -> int:
    return machine.ask("GET", f"/machines/worker/{NOTICE_PATH}", **headers)[0]


def test_notice_that_is_given_while_somebody_waits_reaches_them(machine: FakeMachine) -> None:
    async def run() -> Notice:
        waiting = asyncio.create_task(SpotInterruptions(machine.metadata_url, pause_s=PAUSE_S).wait())
        await asyncio.sleep(10 * PAUSE_S)
        assert not waiting.done()
        await asyncio.to_thread(machine.give_notice)
        return await asyncio.wait_for(waiting, 10)

    notice = asyncio.run(run())
    assert notice.action == "terminate"
    assert notice.at is not None
    assert timedelta(seconds=60) < notice.at - datetime.now(UTC) <= timedelta(seconds=120)


def test_token_that_ended_is_renewed(machine: FakeMachine) -> None:
    async def run() -> Notice:
        watcher = SpotInterruptions(machine.metadata_url, pause_s=PAUSE_S, token_ttl_s=1)
        waiting = asyncio.create_task(watcher.wait())
        await asyncio.sleep(1.2)
        await asyncio.to_thread(machine.give_notice)
        return await asyncio.wait_for(waiting, 10)

    with logged() as lines:
        assert asyncio.run(run()).action == "terminate"
    assert lines == []


def test_metadata_without_a_token_is_refused(machine: FakeMachine) -> None:
    machine.give_notice()
    assert notice_status(machine) == 401
    assert notice_status(machine, **{TOKEN_HEADER: "made up"}) == 401
    assert notice_status(machine, **{TOKEN_HEADER: token(machine)}) == 200


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 400), ({TTL_HEADER: "0"}, 400), ({TTL_HEADER: "9", "X-Forwarded-For": "::1"}, 403)]
)
def test_token_is_given_to_nobody_who_asks_wrongly(machine: FakeMachine, headers: dict[str, str], status: int) -> None:
    assert machine.ask("PUT", f"/machines/worker/{TOKEN_PATH}", **headers)[0] == status


def test_notice_without_the_key_is_refused(machine: FakeMachine) -> None:
    assert machine.give_notice(key="another")[0] == 403
    assert notice_status(machine, **{TOKEN_HEADER: token(machine)}) == 404


def test_next_process_has_another_machine(machine: FakeMachine) -> None:
    first = subprocess.Popen(["sleep", "60"])
    machine.processes["worker"] = ProcessId.find(first.pid)
    machine.ask("PUT", "/api/worker/task-protection/v1/state", '{"ProtectionEnabled": true}')
    machine.give_notice()
    assert notice_status(machine, **{TOKEN_HEADER: token(machine)}) == 200
    assert machine.is_protected()
    first.kill()
    first.wait()
    with subprocess.Popen(["sleep", "60"]) as second:
        machine.processes["worker"] = ProcessId.find(second.pid)
        assert notice_status(machine, **{TOKEN_HEADER: token(machine)}) == 404
        assert not machine.is_protected()
        second.kill()


def test_process_that_stays_is_killed_with_its_machine(machine: FakeMachine) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        machine.processes["worker"] = ProcessId.find(process.pid)
        assert machine.give_notice(after_s=0)[0] == 200
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("body", ["<html>no</html>", "[]", '{"action": "dance"}', "", "\x00\xff" * 9000])
def test_answer_that_makes_no_sense_is_no_notice(body: str) -> None:
    asked: list[str] = []

    def answer(method: str, path: str) -> tuple[int, str]:
        asked.append(path)
        return 200, "token" if path.endswith(TOKEN_PATH) else body

    with answering(answer) as endpoint, logged() as lines:
        assert wait(endpoint, at_most_s=0.3) is None
    assert asked.count(f"/{NOTICE_PATH}") > 1
    assert len(lines) <= 2  # told once, not at every turn


def test_service_that_fails_for_a_while_is_asked_again() -> None:
    asked: list[str] = []

    def answer(method: str, path: str) -> tuple[int, str]:
        if path.endswith(TOKEN_PATH):
            return 200, "token"
        asked.append(path)
        return (200, '{"action": "stop", "time": "2027-01-01T00:00:00Z"}') if len(asked) > 6 else (500, "")

    with answering(answer) as endpoint, logged() as lines:
        assert wait(endpoint, at_most_s=10) == Notice("stop", datetime(2027, 1, 1, tzinfo=UTC))
    assert [line["event"] for line in lines] == ["machine_metadata_failed"]


def test_where_nobody_answers_it_goes_quiet() -> None:
    with logged() as lines:
        assert wait(f"http://127.0.0.1:{find_free_port()}", at_most_s=1.0) is None
    assert [line["event"] for line in lines] == ["machine_metadata_absent"]


def test_recommendation_to_rebalance_is_told_once_and_stops_nothing() -> None:
    def answer(method: str, path: str) -> tuple[int, str]:
        if path.endswith(TOKEN_PATH):
            return 200, "token"
        return (200, '{"noticeTime": "2027-01-01T00:00:00Z"}') if path.endswith("rebalance") else (404, "")

    with answering(answer) as endpoint, logged() as lines:
        assert wait(endpoint, at_most_s=0.3) is None
    assert [line["event"] for line in lines] == ["rebalance_recommended"]


def test_notice_without_a_time_is_one_all_the_same() -> None:
    assert parse_notice('{"action": "hibernate"}') == Notice("hibernate", None)


def test_aws_variables_decide_whom_to_ask() -> None:
    assert isinstance(build_interruptions({"AWS_EC2_METADATA_DISABLED": "TRUE"}), NoInterruptions)
    v6 = build_interruptions({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"})
    assert isinstance(v6, SpotInterruptions)
    assert v6._endpoint == ENDPOINT_V6


def test_proxies_of_the_environment_are_not_asked(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    machine.give_notice()
    assert wait(machine.metadata_url, at_most_s=10) is not None


def test_machine_gives_no_role_to_whoever_has_no_keys(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in machine.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    assert botocore.session.get_session().get_credentials() is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    assert botocore.session.get_session().get_credentials().method == "env"

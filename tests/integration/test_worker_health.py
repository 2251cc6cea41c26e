"""What a process without another door tells of itself."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection

import pytest
from starlette.testclient import TestClient

from cli.launcher.ports import find_free_port
from runtime.blobs import OwnBucket
from runtime.metrics_server import Pulse, serving_metrics
from runtime.settings import Settings
from tests.integration.machines import FakeMachine, answering, fake_machine, logged
from workers.guards import POLL_BOUND_S, begin_stop, find_trouble, guarding
from workers.processes import relay
from workers.segment import create_segment_app


@dataclass
class Idle:
    """A consumer that holds nothing."""

    held: int = 0
    polling_since: float | None = None


@pytest.fixture
def machine() -> Iterator[FakeMachine]:
    with fake_machine() as machine:
        yield machine


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def settings(port: int) -> Settings:
    return Settings(database_url="postgresql://nobody@127.0.0.1/none", metrics_port=port)


def trouble(consumer: Idle, *, pulse_bound_s: float = 60.0, is_stopping: bool = False) -> str | None:
    stop = asyncio.Event()
    if is_stopping:
        stop.set()
    return find_trouble(stop, Pulse(bound_s=pulse_bound_s), [consumer], now=time.monotonic())


def test_metrics_and_health_are_served_while_the_context_lasts() -> None:
    port, said = find_free_port(), iter([None, "broken"])
    with serving_metrics(host="127.0.0.1", port=port, health=lambda: next(said)):
        assert "plumbline_messages_total" in get(port, "/metrics")[1]
        assert get(port, "/healthz") == (200, json.dumps({"status": "ok"}))
        assert get(port, "/healthz") == (503, json.dumps({"status": "broken"}))
        assert get(port, "/else")[0] == 404
    with pytest.raises(ConnectionRefusedError):
        get(port, "/healthz")


def test_port_zero_serves_nothing() -> None:
    threads = threading.active_count()
    with serving_metrics(host="127.0.0.1", port=0, health=lambda: None) as port:
        assert port is None
        assert threading.active_count() == threads


def test_consumer_is_well_while_it_polls_and_while_it_is_full() -> None:
    assert trouble(Idle(polling_since=time.monotonic() - 20)) is None
    assert trouble(Idle(polling_since=None)) is None


def test_consumer_is_not_well_when_it_drains_or_hangs() -> None:
    assert trouble(Idle(), is_stopping=True) == "draining"
    assert trouble(Idle(), pulse_bound_s=-1.0) == "the event loop does not turn"
    assert trouble(Idle(polling_since=time.monotonic() - POLL_BOUND_S - 1)) == "a receiver hangs"


def test_relay_is_not_well_when_it_stands_still_or_lost_a_sweep() -> None:
    stop, alive, ended = threading.Event(), threading.current_thread(), threading.Thread(name="sweeps")
    assert relay.find_trouble(stop, Pulse(bound_s=60), [alive]) is None
    assert relay.find_trouble(stop, Pulse(bound_s=-1.0), [alive]) == "the relay does not turn"
    assert relay.find_trouble(stop, Pulse(bound_s=60), [alive, ended]) == "ended: sweeps"
    stop.set()
    assert relay.find_trouble(stop, Pulse(bound_s=60), [alive]) == "draining"


def test_notice_stops_a_guarded_consumer_with_its_reason(machine: FakeMachine) -> None:
    port = find_free_port()
    machine.give_notice()

    async def run() -> None:
        stop = asyncio.Event()
        async with guarding(stop, settings(port), [Idle()], environment=machine.environment):
            await asyncio.wait_for(stop.wait(), 10)
            assert (await asyncio.to_thread(get, port, "/healthz"))[0] == 503

    with logged() as lines:
        asyncio.run(run())
    assert [(line["event"], line["reason"]) for line in lines] == [("worker_stopping", "spot_terminate")]


def test_guards_that_fail_disturb_nobody() -> None:
    disturbed = {"AWS_EC2_METADATA_DISABLED": "true"}

    async def run(agent_url: str) -> None:
        stop = asyncio.Event()
        guards = guarding(stop, settings(0), [Idle(held=1)], environment=disturbed | {"ECS_AGENT_URI": agent_url})
        async with guards:
            await asyncio.sleep(0.3)
            assert not stop.is_set()

    with answering(lambda method, path: (500, "no")) as agent_url, logged() as lines:
        asyncio.run(run(agent_url))
    assert [line["event"] for line in lines] == ["task_protection_failed"]


def test_first_reason_to_stop_is_the_one_that_is_told() -> None:
    stop = asyncio.Event()
    with logged() as lines:
        begin_stop(stop, "SIGTERM")
        begin_stop(stop, "spot_terminate")
    assert [line["reason"] for line in lines] == ["SIGTERM"]


def test_segment_service_tells_its_figures_beside_its_masks() -> None:
    with TestClient(create_segment_app(OwnBucket("none", client=object()), threads=1)) as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "python_info" in answer.text

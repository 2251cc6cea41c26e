"""What the launcher tells its processes."""

import pytest

from cli.launcher.bootstrap import DatabaseUrls
from cli.launcher.child import ChildSpec
from cli.launcher.stack import METERED, Consumer, service_specs, stack_environment
from runtime.aws import AwsEndpoint
from schema.enums import Topic

PORTS = {"api": 1, "segment": 2, "machine": 3} | {f"{name}-metrics": 10 + n for n, name in enumerate(METERED)}


def environment() -> dict[str, str]:
    return stack_environment(
        DatabaseUrls(owner="o", app="a", relay="r"),
        endpoint=AwsEndpoint("http://127.0.0.1:1", "us-east-1", "key", "word"),
        bucket="plumbline",
        queue_prefix="plumbline",
        api_port=1,
        segment_port=2,
        log_format="json",
        secret="0123abcd",
    )


def specs() -> dict[str, ChildSpec]:
    made = service_specs(environment(), relay_url="r", ports=PORTS, drain_s=25.0)
    return {spec.name: spec for spec in made}


def test_links_are_signed_with_the_secret_of_this_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_SECRET", raising=False)
    assert environment()["PLUMBLINE_SECRET"] == "0123abcd"


def test_database_urls_of_other_roles_reach_no_process_but_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_RELAY_DATABASE_URL", "r")
    assert "PLUMBLINE_RELAY_DATABASE_URL" not in environment()
    assert [name for name, spec in specs().items() if "PLUMBLINE_RELAY_DATABASE_URL" in spec.env] == ["relay"]


def test_real_machine_and_real_agent_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECS_AGENT_URI", "http://169.254.170.2/api/x")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
    for spec in specs().values():
        asked = [spec.env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT"), spec.env.get("ECS_AGENT_URI")]
        if spec.name in list(Consumer):
            assert asked == [f"http://127.0.0.1:3/machines/{spec.name}", f"http://127.0.0.1:3/api/{spec.name}"]
        else:
            assert asked == [None, None]
            assert spec.env["AWS_EC2_METADATA_DISABLED"] == "true"


def test_workers_have_longer_to_end_than_they_drain() -> None:
    assert all(specs()[name].stop_timeout_s > 25.0 for name in Consumer)


def test_every_process_of_ours_has_a_check_and_an_address() -> None:
    assert [name for name, spec in specs().items() if spec.check is None or spec.url is None] == []
    assert len({spec.url for spec in specs().values()}) == len(specs())


def test_every_topic_has_a_worker() -> None:
    consumed = [spec.argv[-1].split(",") for spec in specs().values() if "consume" in spec.argv]
    assert sorted(topic for topics in consumed for topic in topics) == sorted(topic.value for topic in Topic)

"""What the launcher tells its processes."""

import pytest

from cli.launcher.bootstrap import DatabaseUrls
from cli.launcher.stack import service_specs, stack_environment
from runtime.aws import AwsEndpoint
from schema.enums import Topic


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


def test_links_are_signed_with_the_secret_of_this_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUMBLINE_SECRET", raising=False)
    assert environment()["PLUMBLINE_SECRET"] == "0123abcd"


def test_database_urls_of_other_roles_reach_no_process_but_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUMBLINE_RELAY_DATABASE_URL", "r")
    assert "PLUMBLINE_RELAY_DATABASE_URL" not in environment()
    specs = service_specs(environment(), relay_url="r", api_port=1, segment_port=2)
    assert [spec.name for spec in specs if "PLUMBLINE_RELAY_DATABASE_URL" in spec.env] == ["relay"]


def test_every_topic_has_a_worker() -> None:
    specs = service_specs(environment(), relay_url="r", api_port=1, segment_port=2)
    consumed = [spec.argv[-1].split(",") for spec in specs if "consume" in spec.argv]
    assert sorted(topic for topics in consumed for topic in topics) == sorted(topic.value for topic in Topic)

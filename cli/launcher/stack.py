"""What the embedded stack consists of: PostgreSQL, emulator and our own processes, with the environment of each. Starts
nothing itself; `up.py` does."""

import os
import signal
import sys
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from cli.launcher import machine
from cli.launcher.bootstrap import DatabaseUrls
from cli.launcher.child import CallCheck, ChildSpec, HttpCheck
from cli.launcher.postgres import Cluster, child_environment, is_ready
from cli.launcher.state import STATE_DIR_VARIABLE, StateDir, source_root
from runtime.aws import DEFAULT_REGION, AwsEndpoint

EMULATOR_HEALTH: Final = "/_ministack/health"
NOWHERE: Final = "/dev/null"


class Consumer(StrEnum):
    """A process that consumes queues; each runs on a machine of its own (`machine.py`)."""

    WORKER = "worker"
    PREDICTOR = "predictor"
    DECIDER = "decider"


TOPICS: Final = {
    Consumer.WORKER: "images",
    Consumer.PREDICTOR: "prelabel,model,run",
    Consumer.DECIDER: "decide,release,import,webhook",
}
# These serve their metrics and their health on a port for that alone.
METERED: Final = ("relay", *Consumer)
# What a consumer may need beyond `drain_s`: its last poll, settling, the agent, the interpreter's own end.
STOP_SLACK_S: Final = 20.0


def postgres_spec(cluster: Cluster, *, port: int) -> ChildSpec:
    """Return the database server; SIGINT, also at the launcher's death, is its fast and clean shutdown."""
    return ChildSpec(
        name="postgres",
        argv=cluster.argv(port=port),
        env=child_environment(),
        check=CallCheck(partial(is_ready, cluster.admin_url(port=port))),
        url=f"postgresql://127.0.0.1:{port}",
        stop_signal=signal.SIGINT,
        stop_timeout_s=30.0,
        popen_options=cluster.popen_options(),
    )


def emulator_environment(folder: Path, *, port: int, key_id: str | None, is_durable: bool = True) -> dict[str, str]:
    """Return the environment of `python -m cli.launcher.emulator`; its state lies below `folder`.

    Without `key_id` any access key is served, without `is_durable` answers do not wait for the disk: both for tests.
    """
    key = {} if key_id is None else {"PLUMBLINE_EMULATOR_KEY_ID": key_id}
    return {
        **_inherited(),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "STATE_DIR": str(folder / "state"),
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        **key,
        "PLUMBLINE_EMULATOR_DURABLE": "1" if is_durable else "0",
    }


def emulator_spec(folder: Path, *, port: int, key_id: str) -> ChildSpec:
    """Return the S3 + SQS emulator, its state below `folder`."""
    return ChildSpec(
        name="emulator",
        argv=python_argv("cli.launcher.emulator"),
        env=emulator_environment(folder, port=port, key_id=key_id),
        cwd=source_root(),
        check=HttpCheck(port, EMULATOR_HEALTH),
        url=f"http://127.0.0.1:{port}",
    )


def python_argv(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs one of our modules, unbuffered, so that lines appear as they are written."""
    return (sys.executable, "-u", "-m", module, *arguments)


def _inherited() -> dict[str, str]:
    """Return the caller's environment without what would lead a process away from this stack.

    A person's AWS profile, keys and endpoints go, and so does the agent of a container that the launcher itself runs
    in; our own variables too, which each child gets as it needs them.
    """
    foreign = ("AWS_", "ECS_", "PLUMBLINE_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [kept.get(name), "127.0.0.1", "localhost"]))
    return kept


def stack_environment(
    urls: DatabaseUrls,
    *,
    endpoint: AwsEndpoint,
    bucket: str,
    queue_prefix: str,
    api_port: int,
    segment_port: int,
    log_format: str,
    secret: str,
) -> dict[str, str]:
    """Return the variables that make a process of ours work on this stack.

    What the operator set as PLUMBLINE_* and the stack does not decide (time-outs, limits) is passed on.
    """
    given = {name: value for name, value in os.environ.items() if name.startswith("PLUMBLINE_")}
    for name in ("PLUMBLINE_OWNER_DATABASE_URL", "PLUMBLINE_RELAY_DATABASE_URL"):
        given.pop(name, None)
    return {
        "PLUMBLINE_LOG_FORMAT": log_format,
        "PLUMBLINE_SECRET": secret,
        "PLUMBLINE_WEBHOOK_PRIVATE": "1",  # all is on this machine here, receivers too
        **given,
        "PLUMBLINE_DATABASE_URL": urls.app,
        "PLUMBLINE_BUCKET": bucket,
        "PLUMBLINE_QUEUE_PREFIX": queue_prefix,
        "PLUMBLINE_API_HOST": "127.0.0.1",
        "PLUMBLINE_API_PORT": str(api_port),
        "PLUMBLINE_SEGMENT_HOST": "127.0.0.1",
        "PLUMBLINE_SEGMENT_PORT": str(segment_port),
        **aws_environment(endpoint),
    }


def aws_environment(endpoint: AwsEndpoint) -> dict[str, str]:
    """Return botocore's variables for the endpoint; files and machine roles of a real account are shut out."""
    return {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": endpoint.access_key_id,
        "AWS_SECRET_ACCESS_KEY": endpoint.secret_access_key,
        "AWS_DEFAULT_REGION": endpoint.region,
        "AWS_REGION": endpoint.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": NOWHERE,
        "AWS_SHARED_CREDENTIALS_FILE": NOWHERE,
    }


def emulator_endpoint(*, port: int, key_id: str, secret: str) -> AwsEndpoint:
    return AwsEndpoint(
        url=f"http://127.0.0.1:{port}", region=DEFAULT_REGION, access_key_id=key_id, secret_access_key=secret
    )


def machine_spec(state: StateDir, *, port: int) -> ChildSpec:
    """Return what speaks for the consumers' machines: IMDSv2 and the ECS agent."""
    return ChildSpec(
        name="machine",
        argv=python_argv("cli.launcher.machine"),
        env={
            **_inherited(),
            STATE_DIR_VARIABLE: str(state.root),
            machine.PORT_VARIABLE: str(port),
            machine.KEY_VARIABLE: state.secret("machine"),
            machine.NAMES_VARIABLE: ",".join(Consumer),
        },
        cwd=source_root(),
        check=HttpCheck(port),
        url=f"http://127.0.0.1:{port}",
    )


def machine_environment(name: str, *, port: int) -> dict[str, str]:
    """Return AWS's own variables that lead a process to its machine.

    botocore may ask it too, for want of keys: it has no role to give. So a real machine's role stays shut out.
    """
    return {
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{port}/machines/{name}",
        "ECS_AGENT_URI": f"http://127.0.0.1:{port}/api/{name}",
    }


def service_specs(
    environment: Mapping[str, str], *, relay_url: str, ports: Mapping[str, int], drain_s: float
) -> list[ChildSpec]:
    """Return our own processes; only the relay gets the relay's database URL.

    `ports` has `api`, `segment`, `machine` and `<name>-metrics` of each process that has no other door.
    """
    env = {**_inherited(), **environment}
    api_port, segment_port = ports["api"], ports["segment"]

    def worker(name: str, *arguments: str, stop_timeout_s: float, **more: str) -> ChildSpec:
        port = ports[f"{name}-metrics"]
        own = {"PLUMBLINE_METRICS_HOST": "127.0.0.1", "PLUMBLINE_METRICS_PORT": str(port)}
        return ChildSpec(
            name=name,
            argv=python_argv("workers", *arguments),
            env={**env, **own, **more},
            cwd=source_root(),
            check=HttpCheck(port),
            url=f"http://127.0.0.1:{port}",
            stop_timeout_s=stop_timeout_s,
        )

    consumers = [
        worker(
            name,
            "consume",
            "--topics",
            topics,
            stop_timeout_s=drain_s + STOP_SLACK_S,
            **machine_environment(name, port=ports["machine"]),
        )
        for name, topics in TOPICS.items()
    ]
    return [
        ChildSpec(
            name="segment",
            argv=python_argv("workers", "segment"),
            env=env,
            cwd=source_root(),
            check=HttpCheck(segment_port),
            url=f"http://127.0.0.1:{segment_port}",
        ),
        worker("relay", "relay", stop_timeout_s=STOP_SLACK_S, PLUMBLINE_RELAY_DATABASE_URL=relay_url),
        *consumers,
        ChildSpec(
            name="api",
            argv=python_argv("api"),
            env=env,
            cwd=source_root(),
            check=HttpCheck(api_port),
            url=f"http://127.0.0.1:{api_port}",
        ),
    ]

"""What the embedded stack consists of: PostgreSQL, emulator and our own processes, with the environment of each. Starts
nothing itself; `up.py` does."""

import os
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from cli.launcher.bootstrap import DatabaseUrls
from cli.launcher.child import CallCheck, ChildSpec, HttpCheck
from cli.launcher.postgres import Cluster, child_environment, is_ready
from cli.launcher.state import source_root
from runtime.aws import DEFAULT_REGION, AwsEndpoint

EMULATOR_HEALTH: Final = "/_ministack/health"
NOWHERE: Final = "/dev/null"


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

    A person's AWS profile, keys and endpoints go; so do our own variables, which each child gets as it needs them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PLUMBLINE_", "PG"))}
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


def service_specs(
    environment: Mapping[str, str], *, relay_url: str, api_port: int, segment_port: int
) -> list[ChildSpec]:
    """Return our own processes in the order of their start; only the relay gets the relay's database URL."""
    env = {**_inherited(), **environment}

    def worker(name: str, *arguments: str, **more: str) -> ChildSpec:
        return ChildSpec(name=name, argv=python_argv("workers", *arguments), env={**env, **more}, cwd=source_root())

    return [
        ChildSpec(
            name="segment",
            argv=python_argv("workers", "segment"),
            env=env,
            cwd=source_root(),
            check=HttpCheck(segment_port),
            url=f"http://127.0.0.1:{segment_port}",
        ),
        worker("relay", "relay", PLUMBLINE_RELAY_DATABASE_URL=relay_url),
        worker("worker", "consume", "--topics", "images,prelabel"),
        worker("decider", "consume", "--topics", "decide,release,import,webhook"),
        ChildSpec(
            name="api",
            argv=python_argv("api"),
            env=env,
            cwd=source_root(),
            check=HttpCheck(api_port),
            url=f"http://127.0.0.1:{api_port}",
        ),
    ]

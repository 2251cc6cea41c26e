"""The one place that makes boto3 clients. Endpoints come from botocore's own variables unless one is passed in; holds
no client, so that every process and thread owns its own."""

import os
from dataclasses import dataclass
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LONG_POLL_S = 20
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = LONG_POLL_S + 40.0
ATTEMPTS = 5
DEFAULT_REGION = "us-east-1"
# Everything that a call may raise: refused by the service, or never answered.
AWS_ERRORS: tuple[type[Exception], ...] = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class AwsEndpoint:
    """Where S3 and SQS of the embedded stack answer, and the key that opens them."""

    url: str
    region: str
    access_key_id: str
    secret_access_key: str


def _has_own_endpoint(name: str) -> bool:
    return any(os.environ.get(variable) for variable in ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{name.upper()}"))


def client_config(*, path_style: bool, max_connections: int = 32, direct: bool = False) -> Config:
    """Return retries and timeouts that outlast a long poll; `direct` ignores any HTTP proxy of the environment."""
    return Config(
        retries={"mode": "standard", "max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=max_connections,
        s3={"addressing_style": "path" if path_style else "auto"},
        proxies={} if direct else None,
    )


def aws_client(name: Literal["s3", "sqs"], *, endpoint: AwsEndpoint | None = None) -> Any:
    """Make a client of its own session (sessions are not safe to share between threads; clients are).

    Without `endpoint` everything comes from `AWS_*`; an endpoint that is not Amazon's is addressed by path, because
    bucket names below a host name need DNS.
    """
    session = boto3.session.Session()
    if endpoint is None:
        region = session.region_name or DEFAULT_REGION
        return session.client(name, region_name=region, config=client_config(path_style=_has_own_endpoint(name)))
    return session.client(
        name,
        endpoint_url=endpoint.url,
        region_name=endpoint.region,
        aws_access_key_id=endpoint.access_key_id,
        aws_secret_access_key=endpoint.secret_access_key,
        config=client_config(path_style=True, direct=True),
    )

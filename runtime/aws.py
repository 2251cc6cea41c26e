"""The one place that makes boto3 clients. Endpoints come from botocore's own variables unless one is passed in; holds
no client, so that every process and thread owns its own."""

import os
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, Literal

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher
from botocore.exceptions import BotoCoreError, ClientError

LONG_POLL_S = 20
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = LONG_POLL_S + 40.0
ATTEMPTS = 5
DEFAULT_REGION = "us-east-1"
ROLE_SESSION = "plumbline"
_MAKING = Lock()
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take: seconds to connect and to read, and how often it is tried."""

    connect_s: float = CONNECT_TIMEOUT_S
    read_s: float = READ_TIMEOUT_S
    attempts: int = ATTEMPTS


PATIENT = Patience()


def client_config(
    *, path_style: bool, max_connections: int = 32, direct: bool = False, patience: Patience = PATIENT
) -> Config:
    """Return retries and timeouts that outlast a long poll; `direct` ignores any HTTP proxy of the environment."""
    return Config(
        # botocore's own `max_attempts` would count the repeats alone.
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        max_pool_connections=max_connections,
        s3={"addressing_style": "path" if path_style else "auto"},
        proxies={} if direct else None,
    )


def aws_client(
    name: Literal["s3", "sqs", "sts"], *, endpoint: AwsEndpoint | None = None, patience: Patience = PATIENT
) -> Any:
    """Make a client. Sessions are not safe to share between threads, clients are.

    Without `endpoint` everything comes from `AWS_*`; an endpoint that is not Amazon's is addressed by path, because
    bucket names below a host name need DNS.
    """
    if endpoint is None:
        session = boto3.session.Session()
        region = session.region_name or DEFAULT_REGION
        config = client_config(path_style=_has_own_endpoint(name), patience=patience)
        return session.client(name, region_name=region, config=config)
    with _MAKING:
        return _session_of_endpoints().client(
            name,
            endpoint_url=endpoint.url,
            region_name=endpoint.region,
            aws_access_key_id=endpoint.access_key_id,
            aws_secret_access_key=endpoint.secret_access_key,
            config=client_config(path_style=True, direct=True, patience=patience),
        )


@cache
def _session_of_endpoints() -> boto3.session.Session:
    """One session for all clients that are told everything: reading the descriptions of services takes longest."""
    return boto3.session.Session()


def assumed_client(
    *,
    role_arn: str,
    external_id: str | None,
    region: str | None,
    endpoint: AwsEndpoint | None = None,
    patience: Patience = PATIENT,
) -> Any:
    """Make an S3 client that acts as a client's role; its credentials are fetched at the first call and renewed."""
    wanted = {"RoleArn": role_arn, "RoleSessionName": ROLE_SESSION}
    if external_id is not None:
        wanted["ExternalId"] = external_id
    refresh = create_assume_role_refresher(aws_client("sts", endpoint=endpoint, patience=patience), wanted)
    inner = botocore.session.get_session()
    # The documented hook for credentials of one's own; boto3 itself has none that renew.
    inner._credentials = DeferredRefreshableCredentials(refresh, "assume-role")
    session = boto3.session.Session(botocore_session=inner)
    return session.client(
        "s3",
        endpoint_url=endpoint.url if endpoint else None,
        region_name=region or (endpoint.region if endpoint else session.region_name or DEFAULT_REGION),
        config=client_config(
            path_style=endpoint is not None or _has_own_endpoint("s3"), direct=endpoint is not None, patience=patience
        ),
    )

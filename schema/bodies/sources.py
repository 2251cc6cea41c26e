"""Sources: buckets of a client, what a connection test finds in them, how they are set up, and whom they feed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from schema.bodies.base import Body
from schema.enums import ImageState, SourceEvents, SourceKind

Name = Annotated[str, Field(min_length=1, max_length=120, examples=["Field photographs"])]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["eu-central-1"])]
Account = Annotated[str, Field(pattern=r"^\d{12}$", examples=["123456789012"])]
RoleArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,128}$",
        examples=["arn:aws:iam::123456789012:role/plumbline-source"],
    ),
]


class NewSourceBody(Body):
    """A bucket and the prefix below which images lie; an empty prefix means all of it."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["field-photos"])]
    prefix: Annotated[str, Field(max_length=512, examples=["2025/"])] = ""
    name: Name | None = None
    region: Region | None = None
    account: Account | None = None
    role_arn: Annotated[
        RoleArn | None, Field(description="the role that lets us read; it is assumed with the source's external id")
    ] = None
    events: Annotated[SourceEvents, Field(description="how the bucket tells of new objects")] = SourceEvents.S3


class ChangedSourceBody(Body):
    """What changes; fields that are absent stay as they are, null clears one."""

    name: Name | None = None
    region: Region | None = None
    account: Account | None = None
    role_arn: RoleArn | None = None
    events: SourceEvents = SourceEvents.S3


class CheckBody(Body):
    """One question to the bucket. What did not pass but is a warning keeps no image out."""

    code: Annotated[str, Field(examples=["proof"])]
    passed: bool
    warning: bool
    found: str
    remedy: str | None
    took_ms: int


class ListingBody(Body):
    """A listing that is under way, in the order of the keys' bytes. It survives whatever process makes it."""

    began_at: datetime
    after: Annotated[str | None, Field(description="the last key that was compared; null before the first page")]


class ListingFailureBody(Body):
    """Why a bucket could not be listed, or keys of it not be read; it is tried again by itself."""

    at: datetime
    error: Annotated[str, Field(examples=["the bucket field-photos does not let us read"])]


class SourceProgressBody(Body):
    """How much of a bucket is known; `listed_at` is when it was last listed from end to end, null while that waits."""

    listed_at: datetime | None
    listing: Annotated[ListingBody | None, Field(description="null while none is under way")]
    failure: Annotated[ListingFailureBody | None, Field(description="the last one; null once a listing ended well")]
    keys: int
    images: dict[ImageState, int]


class SourceBody(Body):
    """A source. Put `nonce` as the text of `proof_key` in the bucket, then verify it."""

    id: int
    name: str | None
    kind: SourceKind
    bucket: str
    prefix: str
    region: str | None
    account: str | None
    role_arn: str | None
    external_id: str
    events: SourceEvents
    proof_key: Annotated[str, Field(examples=["2025/.plumbline-proof"])]
    nonce: str
    verified_at: datetime | None
    reconciled_at: datetime | None
    checks: Annotated[tuple[CheckBody, ...] | None, Field(description="what the last connection test found")]
    checked_at: datetime | None
    created_at: datetime
    progress: Annotated[SourceProgressBody | None, Field(description="of a single source; null in lists")] = None


class SetupBody(Body):
    """What to set up in the client's own account: a role with the external id, and the bucket's notifications."""

    queue_arn: str
    principal: Annotated[str, Field(description="who assumes the role")]
    external_id: str
    trust_policy: dict[str, Any]
    permissions_policy: dict[str, Any]
    bucket_policy: Annotated[dict[str, Any], Field(description="instead of a role, where none is wanted")]
    notification: Annotated[dict[str, Any] | None, Field(description="null where the bucket sends no events")]
    terraform: str


class FeedBody(Body):
    """A source's connection to a project. An ended one brings nothing new; what it brought stays."""

    source_id: int
    source: Annotated[str | None, Field(description="the source's name")]
    bucket: str
    prefix: str
    project_id: int
    project: str
    created_at: datetime
    filled_at: Annotated[datetime | None, Field(description="when everything from before it had its item")]
    ended_at: datetime | None


class FeedsBody(Body):
    items: tuple[FeedBody, ...]

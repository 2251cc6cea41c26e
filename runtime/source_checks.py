"""The connection test of a client's bucket: every question that explains why images do or do not come in. Each call has
one short try, so that the whole ends within 20 seconds; must never run inside a transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from domain.ports import BucketAccess
from domain.sources.checks import Check, Expected
from domain.sources.service import is_image_key
from runtime.aws import AWS_ERRORS, DEFAULT_REGION, ROLE_SESSION, AwsEndpoint, Patience, assumed_client, aws_client
from runtime.blobs import error_code

IMPATIENT = Patience(connect_s=1.5, read_s=2.5, attempts=1)
# A question is not begun after this; the longest one makes two calls.
BUDGET_S = 11.0
LISTED = 50


@dataclass(frozen=True, slots=True)
class _Answer:
    passed: bool
    found: str
    remedy: str | None = None
    warning: bool = False


class SourceChecker:
    """Asks clients' buckets; makes its clients anew for each test, so that a changed role is met at once."""

    def __init__(self, *, endpoint: AwsEndpoint | None = None) -> None:
        self._endpoint = endpoint

    def check(self, access: BucketAccess, expected: Expected) -> tuple[Check, ...]:
        """Ask everything in order; what is not reached in time is told so."""
        questions = _Questions(self._client(access), access, expected)
        listed: list[tuple[str, Callable[[], _Answer]]] = [
            ("reachable", questions.ask_reachable),
            ("region", questions.ask_region),
            ("list", questions.ask_list),
            ("read", questions.ask_read),
            ("proof", questions.ask_proof),
            ("write_refused", questions.ask_write_refused),
        ]
        if access.role_arn is not None:
            listed.append(("external_id_required", lambda: self._ask_external_id(access)))
        listed += [("versioning", questions.ask_versioning), ("notifications", questions.ask_notifications)]
        start = time.monotonic()
        checks: list[Check] = []
        for code, ask in listed:
            if checks and not checks[0].passed:
                checks.append(_skipped(code, "not tried: the bucket is not reachable"))
            elif time.monotonic() - start > BUDGET_S:
                checks.append(_skipped(code, "not tried: the answers before took too long"))
            else:
                checks.append(_ask(code, ask))
        return tuple(checks)

    def _client(self, access: BucketAccess) -> Any:
        if access.role_arn is None:
            return aws_client("s3", endpoint=self._endpoint, patience=IMPATIENT)
        return assumed_client(
            role_arn=access.role_arn,
            external_id=access.external_id,
            region=access.region,
            endpoint=self._endpoint,
            patience=IMPATIENT,
        )

    def _ask_external_id(self, access: BucketAccess) -> _Answer:
        sts = aws_client("sts", endpoint=self._endpoint, patience=IMPATIENT)
        try:
            sts.assume_role(RoleArn=access.role_arn, RoleSessionName=ROLE_SESSION)
        except ClientError as error:
            if error_code(error) == "AccessDenied":
                return _Answer(True, "the role refuses us without the external id")
            raise
        return _Answer(
            False,
            "the role lets us in without the external id",
            "add the condition sts:ExternalId to the role's trust policy, as GET …/setup shows it",
            warning=True,
        )


class _Questions:
    """The questions to one bucket; a later one may use what an earlier one found."""

    def __init__(self, s3: Any, access: BucketAccess, expected: Expected) -> None:
        self._s3 = s3
        self._bucket = access.bucket
        self._expected = expected
        self._region: str | None = None
        self._some_key: str | None = None

    def ask_reachable(self) -> _Answer:
        answer = self._s3.head_bucket(Bucket=self._bucket)
        self._region = answer.get("BucketRegion") or _header(answer, "x-amz-bucket-region")
        return _Answer(True, f"s3://{self._bucket} answers")

    def ask_region(self) -> _Answer:
        region = self._region or self._s3.get_bucket_location(Bucket=self._bucket).get("LocationConstraint")
        found, wanted = region or DEFAULT_REGION, self._expected.region
        if wanted is not None and wanted != found:
            return _Answer(False, f"the bucket is in {found}", f"change the source's region from {wanted} to {found}")
        return _Answer(True, f"the bucket is in {found}")

    def ask_list(self) -> _Answer:
        page = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=self._expected.prefix, MaxKeys=LISTED)
        keys = [entry["Key"] for entry in page.get("Contents", ()) if is_image_key(entry["Key"])]
        self._some_key = keys[0] if keys else None
        if not self._is_proven():
            return _Answer(True, "it can be listed")
        more = "more than " if page.get("IsTruncated") else ""
        return _Answer(True, f"{more}{len(keys)} objects below '{self._expected.prefix}'")

    def ask_read(self) -> _Answer:
        if self._some_key is None:
            return _Answer(True, "there is no object yet to read")
        self._s3.get_object(Bucket=self._bucket, Key=self._some_key)["Body"].close()
        if not self._is_proven():
            return _Answer(True, "an object can be read")
        return _Answer(True, f"{self._some_key} can be read")

    def ask_proof(self) -> _Answer:
        key = self._expected.proof_key
        remedy = f"put the source's nonce as the text of {key} and verify the source"
        found = self._read_proof()
        if found is None:
            return _Answer(False, f"{key} is missing", remedy)
        if found.strip() != self._expected.nonce.encode():
            return _Answer(False, f"{key} holds another text", remedy)
        return _Answer(True, f"{key} holds the nonce")

    def _is_proven(self) -> bool:
        """Tell whether the bucket is the client's: of another's, which may let us in too, nothing is told."""
        try:
            found = self._read_proof()
        except ClientError:
            return False
        return found is not None and found.strip() == self._expected.nonce.encode()

    def _read_proof(self) -> bytes | None:
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=self._expected.proof_key)["Body"].read(1024)
        except ClientError as error:
            if error_code(error) not in ("NoSuchKey", "404"):
                raise
            return None
        return found

    def ask_write_refused(self) -> _Answer:
        key = self._expected.write_key
        if not self._is_proven():
            found = "not tried: nothing is written to a bucket that is not proven to be yours"
            return _Answer(False, found, "verify the source and test again", warning=True)
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=b"")
        except ClientError as error:
            if error_code(error) == "AccessDenied":
                return _Answer(True, "the bucket refuses our writing, as it should")
            raise
        self._s3.delete_object(Bucket=self._bucket, Key=key)
        return _Answer(
            False, "we may write to the bucket", "grant us reading only; nothing of ours is written there", warning=True
        )

    def ask_versioning(self) -> _Answer:
        state = self._s3.get_bucket_versioning(Bucket=self._bucket).get("Status", "off")
        return _Answer(True, f"versioning is {state.lower()}")

    def ask_notifications(self) -> _Answer:
        every = f"the bucket is listed every {self._expected.listed_every_s:g} s"
        if self._expected.events == "none":
            return _Answer(True, f"no events are expected; {every}")
        found = self._s3.get_bucket_notification_configuration(Bucket=self._bucket)
        if self._expected.events == "eventbridge":
            if "EventBridgeConfiguration" in found:
                return _Answer(True, "the bucket sends its events to EventBridge")
            return _Answer(False, "the bucket sends nothing to EventBridge", f"turn it on; until then {every}", True)
        ours = [q for q in found.get("QueueConfigurations", ()) if q["QueueArn"] == self._expected.queue_arn]
        if any(_covers(entry, self._expected.prefix) for entry in ours):
            return _Answer(True, "new objects are announced to our queue")
        what = "for other keys or events only" if ours else "not to our queue"
        return _Answer(
            False,
            f"the bucket announces new objects {what}",
            f"add the notification that GET …/setup shows; until then {every}",
            True,
        )


def _covers(entry: dict[str, Any], prefix: str) -> bool:
    """Tell whether a notification is about all new objects below a prefix; SNS and suffixes are not looked into."""
    rules = {r["Name"].lower(): r["Value"] for r in entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())}
    return (
        any(event.startswith("s3:ObjectCreated:") for event in entry["Events"])
        and prefix.startswith(rules.get("prefix", ""))
        and not rules.get("suffix")
    )


def _ask(code: str, question: Callable[[], _Answer]) -> Check:
    start = time.monotonic()
    try:
        answer = question()
    except AWS_ERRORS as error:
        answer = _refused(code, error)
    return Check(
        code=code,
        passed=answer.passed,
        warning=answer.warning,
        found=answer.found,
        remedy=answer.remedy,
        took_ms=round((time.monotonic() - start) * 1000),
    )


# What the bucket must let us do for each question, and whether images come in without it.
_NEEDED = {
    "reachable": ("s3:ListBucket", False),
    "region": ("s3:GetBucketLocation", True),
    "list": ("s3:ListBucket", False),
    "read": ("s3:GetObject", False),
    "proof": ("s3:GetObject", False),
    "versioning": ("s3:GetBucketVersioning", True),
    "notifications": ("s3:GetBucketNotification", True),
}


def _refused(code: str, error: Exception) -> _Answer:
    if isinstance(error, BotoCoreError):
        return _Answer(False, f"no answer: {error}", "check the region and whether the bucket can be reached from here")
    what = error_code(error)
    if getattr(error, "operation_name", "") == "AssumeRole":
        remedy = "the role's trust policy must name our account and the external id; GET …/setup shows it"
        return _Answer(False, f"the role does not let us in ({what})", remedy)
    needed, warning = _NEEDED.get(code, ("", True))
    allow = f"allow {needed}" if needed else None
    if what in ("404", "NoSuchBucket"):
        return _Answer(False, "there is no such bucket", "check its name and region", warning)
    return _Answer(False, f"refused ({what})", allow, warning)


def _skipped(code: str, found: str) -> Check:
    return Check(code=code, passed=False, warning=False, found=found, remedy=None, took_ms=0)


def _header(answer: dict[str, Any], name: str) -> str | None:
    value: str | None = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(name)
    return value

"""What a client sets up in their account so that Plumbline may read a bucket and hears of new objects. Pure text."""

import json
from dataclasses import dataclass
from typing import Any

from domain.sources.queries import SourceRow
from schema.enums import SourceEvents

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")
_DETAIL_TYPES = ["Object Created", "Object Deleted"]
_READS = ["s3:GetObject", "s3:GetObjectVersion"]
_LISTS = ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketNotification"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """Documents of IAM and S3, and the same as Terraform."""

    queue_arn: str
    principal: str
    external_id: str
    trust_policy: Json
    permissions_policy: Json
    bucket_policy: Json
    notification: Json | None
    terraform: str


def make_setup(source: SourceRow, *, queue_arn: str) -> Setup:
    """Return what to set up; `queue_arn` is the queue that hears of images, in the account that reads them."""
    principal = f"arn:aws:iam::{queue_arn.split(':')[4]}:root"
    trust = _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": source.external_id}},
            }
        ]
    )
    statements = _statements(source)
    return Setup(
        queue_arn=queue_arn,
        principal=principal,
        external_id=source.external_id,
        trust_policy=trust,
        permissions_policy=_document(statements),
        bucket_policy=_document([{"Principal": {"AWS": principal}} | s for s in statements]),
        notification=_notification(source, queue_arn),
        terraform=_terraform(source, trust, _document(statements), queue_arn),
    )


def _document(statements: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _statements(source: SourceRow) -> list[Json]:
    bucket = f"arn:aws:s3:::{source.bucket}"
    return [
        {"Effect": "Allow", "Action": _READS, "Resource": f"{bucket}/{source.prefix}*"},
        {"Effect": "Allow", "Action": _LISTS, "Resource": bucket},
    ]


def _notification(source: SourceRow, queue_arn: str) -> Json | None:
    if source.events == SourceEvents.NONE:
        return None
    if source.events == SourceEvents.EVENTBRIDGE:
        return {"EventBridgeConfiguration": {}}
    wanted: Json = {"Id": f"plumbline-{source.id}", "QueueArn": queue_arn, "Events": list(EVENTS)}
    if source.prefix:
        wanted["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": source.prefix}]}}
    return {"QueueConfigurations": [wanted]}


def _terraform(source: SourceRow, trust: Json, permissions: Json, queue_arn: str) -> str:
    name = f"plumbline_{source.id}"
    role = f"""resource "aws_iam_role" "{name}" {{
  name               = "plumbline-source-{source.id}"
  assume_role_policy = jsonencode({_hcl(trust)})
}}

resource "aws_iam_role_policy" "{name}" {{
  name   = "read"
  role   = aws_iam_role.{name}.id
  policy = jsonencode({_hcl(permissions)})
}}

output "{name}_role_arn" {{
  value = aws_iam_role.{name}.arn
}}
"""
    return role + _terraform_events(source, name, queue_arn)


def _terraform_events(source: SourceRow, name: str, queue_arn: str) -> str:
    bucket = _quoted(source.bucket)
    if source.events == SourceEvents.NONE:
        return ""
    if source.events == SourceEvents.EVENTBRIDGE:
        objects = {"key": [{"prefix": source.prefix}]} if source.prefix else {}
        detail = {"bucket": {"name": [source.bucket]}} | ({"object": objects} if objects else {})
        pattern = {"source": ["aws.s3"], "detail-type": _DETAIL_TYPES, "detail": detail}
        return f"""
resource "aws_s3_bucket_notification" "{name}" {{
  bucket      = {bucket}
  eventbridge = true
}}

resource "aws_cloudwatch_event_rule" "{name}" {{
  name          = "plumbline-source-{source.id}"
  event_pattern = jsonencode({_hcl(pattern)})
}}

resource "aws_cloudwatch_event_target" "{name}" {{
  rule = aws_cloudwatch_event_rule.{name}.name
  arn  = {_quoted(queue_arn)}
}}
"""
    prefix = f"\n    filter_prefix = {_quoted(source.prefix)}" if source.prefix else ""
    return f"""
resource "aws_s3_bucket_notification" "{name}" {{
  bucket = {bucket}

  queue {{
    queue_arn     = {_quoted(queue_arn)}
    events        = {json.dumps(EVENTS)}{prefix}
  }}
}}
"""


def _hcl(value: Json) -> str:
    """Return JSON that Terraform reads as an expression: `${` and `%{` would begin a template."""
    return _escaped(json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n  "))


def _quoted(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")

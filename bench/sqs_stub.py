"""SQS without a network: answers the JSON protocol inside this process, where aiobotocore would open a connection.
Knows what the loop asks for, and nothing of time."""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from aiobotocore.awsrequest import AioAWSResponse

EMPTY_WAIT_S = 0.01
ACTIONS = {
    "GetQueueUrl": "_get_queue_url",
    "ReceiveMessage": "_receive_message",
    "DeleteMessageBatch": "_delete_message_batch",
    "ChangeMessageVisibilityBatch": "_change_message_visibility_batch",
}
HEADERS = {"content-type": "application/x-amz-json-1.0"}
BODY = (
    '{"id":"6f0d1bb2-9c0e-5c38-9a2e-3d1c4b0f6a11","version":1,"occurred_at":"2026-01-01T00:00:00Z","trace":'
    '"00-0af7651916cd43dd8448eb211c80319c-8448eb211c80319c-00","body":{"type":"decide","client_org":1,"task_id":7,'
    '"submits":2}}'
)


class _Raw:
    """What is left to read of an answer."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self) -> bytes:
        return self._content


class StubSession:
    """Stands in for aiobotocore's HTTP session (`AioConfig(http_session_cls=…)`)."""

    left = 0
    deleted = 0
    _number = 0

    def __init__(self, **_: Any) -> None:
        """Takes the options of the real one and needs none."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    async def close(self) -> None:
        return

    async def send(self, request: Any) -> AioAWSResponse:
        target = request.headers["X-Amz-Target"]
        action = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        answer = getattr(self, ACTIONS[action])(json.loads(request.body))
        # An answer from a network lets others run first, and an empty one is long in coming.
        await asyncio.sleep(0 if answer else EMPTY_WAIT_S)
        return AioAWSResponse(request.url, 200, dict(HEADERS), _Raw(json.dumps(answer).encode()))

    @classmethod
    def refill(cls, messages: int) -> None:
        cls.left, cls.deleted = messages, 0

    @staticmethod
    def _get_queue_url(wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {"QueueUrl": f"http://127.0.0.1:9/000000000000/{wanted['QueueName']}"}

    @classmethod
    def _receive_message(cls, wanted: Mapping[str, Any]) -> dict[str, Any]:
        count = min(cls.left, wanted["MaxNumberOfMessages"])
        cls.left -= count
        cls._number += count
        return {"Messages": [_message(cls._number - i) for i in range(count)]} if count else {}

    @classmethod
    def _delete_message_batch(cls, wanted: Mapping[str, Any]) -> dict[str, Any]:
        cls.deleted += len(wanted["Entries"])
        return {"Successful": [{"Id": entry["Id"]} for entry in wanted["Entries"]], "Failed": []}

    @staticmethod
    def _change_message_visibility_batch(wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {"Successful": [{"Id": entry["Id"]} for entry in wanted["Entries"]], "Failed": []}


def _message(number: int) -> dict[str, Any]:
    return {
        "MessageId": f"{number:036}",
        "ReceiptHandle": f"r{number:0150}",
        "MD5OfBody": "0" * 32,
        "Body": BODY,
        "Attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000"},
    }

"""The client that writes its bucket while everything breaks. A request whose answer was lost is sent again, so what a
key holds in the end is what the listing says."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from bench.chaos.pictures import Step
from runtime.aws import AWS_ERRORS, AwsEndpoint, Patience, aws_client

PAUSE_S: Final = 0.3
# Quick to notice that the emulator is away, so that the next request meets it as soon as it is back.
IMPATIENT: Final = Patience(connect_s=2.0, read_s=20.0, attempts=1)


class Uploader:
    """Sends the steps in their order from one thread; `wait_for_turn(n)` holds back the n-th as long as it likes."""

    def __init__(
        self,
        endpoint: AwsEndpoint,
        *,
        bucket: str,
        steps: Sequence[Step],
        wait_for_turn: Callable[[int], None],
        stop: threading.Event,
    ) -> None:
        self._s3: Any = aws_client("s3", endpoint=endpoint, patience=IMPATIENT)
        self._bucket = bucket
        self._steps = steps
        self._wait_for_turn = wait_for_turn
        self._stop = stop
        self.done = 0
        self.retried = 0
        self.finished_at: float | None = None

    @property
    def share_done(self) -> float:
        return self.done / len(self._steps) if self._steps else 1.0

    def run(self) -> None:
        for number, step in enumerate(self._steps):
            self._wait_for_turn(number)
            self._send(step)
            if self._stop.is_set():
                return
            self.done += 1
        self._wait_for_turn(len(self._steps))
        self.finished_at = time.monotonic()

    def _send(self, step: Step) -> None:
        while not self._stop.is_set():
            try:
                if step.bytes is None:
                    self._s3.delete_object(Bucket=self._bucket, Key=step.key)
                else:
                    self._s3.put_object(Bucket=self._bucket, Key=step.key, Body=step.bytes.body)
                return
            except AWS_ERRORS:
                self.retried += 1
                self._stop.wait(PAUSE_S)


def list_bucket(endpoint: AwsEndpoint, bucket: str) -> dict[str, str]:
    """Return key to ETag of everything that lies in the bucket."""
    pages = aws_client("s3", endpoint=endpoint).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Contents", ())}

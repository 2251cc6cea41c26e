"""A worker that handles one message of a test and is killed before one line of ours, as by the kernel: no clean-up.

`python -m tests.integration.killed_worker` reads what to do as JSON from its standard input.
"""

import json
import os
import signal
import sys

from domain.tracing import following, new_trace_id
from runtime.aws import AwsEndpoint, aws_client
from runtime.logs import configure_logging
from runtime.settings import Settings
from schema.enums import Topic
from tests.integration.crash_points import Tracer
from workers.envelope import parse_body
from workers.handlers import HANDLERS, images, imports
from workers.work import build_work


def end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    told = json.load(sys.stdin)
    configure_logging(format="json", level="WARNING", process="killed")
    settings = Settings(**told["settings"])
    imports.PAGE, images.FEED_PAGE = 1, 1
    work = build_work(settings, s3=aws_client("s3", endpoint=AwsEndpoint(*told["endpoint"])))
    tracer = Tracer(lambda: 0, stop_at=told["place"], act=end_at_once)
    with tracer.follow(every_thread=True), following(new_trace_id()):
        HANDLERS[Topic(told["topic"])](work, parse_body(told["body"]))


if __name__ == "__main__":
    main()

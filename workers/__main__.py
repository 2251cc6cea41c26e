"""`python -m workers consume --topics images,prelabel | relay | segment`: the entry point of worker processes."""

import argparse
import asyncio
import importlib

from runtime.logs import configure_logging
from runtime.names import check_import_names
from runtime.settings import load_settings
from runtime.span_export import export_spans
from schema.enums import Topic


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    consuming = commands.add_parser("consume", help="consume queues")
    consuming.add_argument("--topics", default=",".join(t.value for t in Topic), help="comma-separated topics")
    consuming.add_argument("--concurrency", type=int, default=4, help="messages handled at a time, each topic")
    commands.add_parser("relay", help="send the outbox; sweep")
    commands.add_parser("segment", help="serve masks for extreme points")
    arguments = parser.parse_args()
    check_import_names()
    settings = load_settings()
    configure_logging(format=settings.log_format, level=settings.log_level, process=arguments.command)
    export_spans(process=arguments.command)
    # Each process loads only what it runs: the relay needs no picture library, the segmenter no queue.
    process = importlib.import_module(f"workers.processes.{arguments.command}")
    if arguments.command == "consume":
        topics = [Topic(name) for name in arguments.topics.split(",")]
        asyncio.run(process.consume(settings, topics, concurrency=arguments.concurrency))
    else:
        getattr(process, arguments.command)(settings)


if __name__ == "__main__":
    main()

"""`plumbline queue …`: how full the queues are, and dead letters; straight on SQS, as the operator."""

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer

from cli.connection import stack_endpoint, stack_environment
from cli.exits import CommandFailed, Exit
from cli.printing import JsonFlag, print_json, print_table, show_progress
from runtime.aws import AWS_ERRORS, aws_client
from runtime.dead_letters import DeadLetter, QueueDesk
from schema.enums import Topic

app = typer.Typer(no_args_is_help=True, help="Queues and their dead letters (as the operator).")

Answer = TypeVar("Answer")
TopicArgument = Annotated[Topic, typer.Argument(help="The queue.")]
BODY_SHOWN = 100


@app.command("list")
def list_queues(as_json: JsonFlag = False) -> None:
    """Show how many messages each queue holds; dead ones wait for: plumbline queue redrive."""
    desk = _open_desk()
    depths = {topic: _ask(partial(desk.count, topic)) for topic in Topic}
    rows = [
        {"queue": t.value, "waiting": d.waiting, "in_flight": d.in_flight, "delayed": d.delayed, "dead": d.dead}
        for t, d in depths.items()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["queue", "waiting", "in flight", "delayed", "dead"], [list(row.values()) for row in rows])


@app.command("dead")
def list_dead(
    topic: TopicArgument,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Look at a queue's dead letters, the oldest first; they stay where they are."""
    letters = _ask(lambda: _open_desk().list_dead(topic, limit=limit))
    if as_json:
        print_json([_shown(letter) for letter in letters])
        return
    rows = [[x.id, f"{x.sent_at:%Y-%m-%d %H:%M:%S}", x.error, _short(x.body)] for x in letters]
    print_table(["id", "sent (UTC)", "reason", "message"], rows)


@app.command("redrive")
def redrive(
    topic: TopicArgument,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100_000,
    as_json: JsonFlag = False,
) -> None:
    """Put a queue's dead letters back into it."""
    desk = _open_desk()
    total = min(limit, _ask(lambda: desk.count(topic)).dead)
    with show_progress(f"{topic.value}-dead → {topic.value}", total=total) as advance:
        moved = _ask(lambda: desk.redrive(topic, limit=limit, on_done=advance))
    if as_json:
        print_json({"queue": topic.value, "moved": moved})
    else:
        print(f"{moved} messages are back in {topic.value}")


def _open_desk() -> QueueDesk:
    environment = stack_environment()
    client = aws_client("sqs", endpoint=stack_endpoint(environment))
    return QueueDesk(prefix=environment.get("PLUMBLINE_QUEUE_PREFIX", "plumbline"), client=client)


def _ask(question: Callable[[], Answer]) -> Answer:
    """Call SQS; raises CommandFailed where it does not answer."""
    try:
        return question()
    except AWS_ERRORS as error:
        raise CommandFailed(f"the queues do not answer: {error}", exit_code=Exit.NOT_RUNNING) from error


def _shown(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "sent_at": letter.sent_at.isoformat(),
        "error": letter.error,
        "attributes": dict(letter.attributes),
        "body": _parsed(letter.body),
    }


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def _short(body: str) -> str:
    """Return what a message says, without its envelope, on one line."""
    parsed = _parsed(body)
    said = parsed["body"] if isinstance(parsed, dict) and "body" in parsed else parsed
    text = said if isinstance(said, str) else json.dumps(said)
    return text if len(text) <= BODY_SHOWN else text[: BODY_SHOWN - 1] + "…"

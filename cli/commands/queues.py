"""`plumbline queue …`: how full the queues are, and the dead-letter desk of the whole installation, as the operator."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer

from cli.connection import stack_endpoint, stack_environment
from cli.exits import CommandFailed, Exit
from cli.letters import OperatorDesk, open_operator_desk
from cli.printing import JsonFlag, print_json, print_table, show_progress
from domain.dead_letters.about import About
from domain.dead_letters.queries.desk import Letter, LetterFilter
from domain.dead_letters.rules import parse_document, remedy_of, said_by
from domain.dead_letters.service import DEFAULT_RATE_PER_S, Chosen
from runtime.aws import AWS_ERRORS, aws_client
from runtime.dead_letters import DeadQueues
from runtime.moving import MOST_RATE_PER_S, MoveFailed, move_back
from schema.enums import DeadLetterState, Topic

app = typer.Typer(no_args_is_help=True, help="Queues and their dead letters (as the operator).")

Answer = TypeVar("Answer")
LettersArgument = Annotated[list[int] | None, typer.Argument(help="Letters by id; none: those that the options find.")]
QueueOption = Annotated[Topic | None, typer.Option("--queue", help="Waiting letters of this queue.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Those that died of this, such as worker_died.")]
AllFlag = Annotated[bool, typer.Option("--all", help="Every waiting letter.")]
RateOption = Annotated[float, typer.Option("--rate", min=0.02, max=1_000, help="So many messages a second.")]
BODY_SHOWN = 100


@app.command("list")
def list_queues(as_json: JsonFlag = False) -> None:
    """Show how many messages each queue holds, and the dead letters on the desk."""
    environment = stack_environment()
    queues = _open_queues()
    depths = {topic: _ask(partial(queues.count, topic)) for topic in Topic}
    try:
        with open_operator_desk(environment) as desk:
            filed: dict[tuple[str, str], int] | None = desk.count_by_state()
    except CommandFailed as error:  # queues are looked at above all when the rest is away
        filed = None
        print(f"plumbline: the desk is not shown: {error}", file=sys.stderr)
    rows: list[dict[str, Any]] = [
        {"queue": t.value, "waiting": d.waiting, "in_flight": d.in_flight, "delayed": d.delayed, "unfiled": d.dead}
        | {s.value: None if filed is None else filed.get((t.value, s.value), 0) for s in DeadLetterState}
        for t, d in depths.items()
    ]
    if as_json:
        print_json(rows)
        return
    head = ["queue", "waiting", "in flight", "delayed", "dead, unfiled", "dead letters", "redriven", "discarded"]
    print_table(head, [list(row.values()) for row in rows])


@app.command("dead")
def list_dead(
    topic: Annotated[Topic | None, typer.Argument(metavar="[QUEUE]", help="Only of this queue.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only what died of this, such as worker_died.")] = None,
    state: Annotated[DeadLetterState, typer.Option(help="What became of them.")] = DeadLetterState.DEAD,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List dead letters, the newest first."""
    wanted = LetterFilter(topic.value if topic else None, reason, state.value)
    with open_operator_desk(stack_environment()) as desk:
        letters = desk.list_letters(wanted, limit=limit)
    if as_json:
        print_json([_line(letter) for letter in letters])
        return
    head = ["id", "died (UTC)", "queue", "reason", "tries", "organisation", "message"]
    print_table(
        head,
        [
            [x.id, f"{x.died_at:%Y-%m-%d %H:%M:%S}", x.queue, x.reason, x.attempts, x.organisation_id, _short(x.text)]
            for x in letters
        ],
    )


@app.command("show")
def show_letter(
    letter_id: Annotated[int, typer.Argument(metavar="ID", help="The letter's id.")], as_json: JsonFlag = False
) -> None:
    """Show a dead letter: why it died, what helps, what it is about, and the whole message."""
    with open_operator_desk(stack_environment()) as desk:
        letter, about = desk.show(letter_id)
    facts = _line(letter) | {"remedy": remedy_of(letter.reason), "about": _about(about)}
    if as_json:
        print_json(facts | {"text": letter.text, "message": parse_document(letter.text)})
        return
    facts["about"] = ", ".join(f"{name} {value}" for name, value in facts["about"].items())
    print_table(["", ""], [[name.replace("_", " "), value] for name, value in facts.items()])
    print()
    print(letter.text)


@app.command("redrive")
def redrive(
    letters: LettersArgument = None,
    queue: QueueOption = None,
    reason: ReasonOption = None,
    everything: AllFlag = False,
    rate: RateOption = DEFAULT_RATE_PER_S,
    as_json: JsonFlag = False,
) -> None:
    """Put dead letters back into their queues. It cannot be taken back; what dies meanwhile is left."""
    chosen = _choose(letters, queue, reason, everything=everything)
    with open_operator_desk(stack_environment()) as desk:
        done = _settle(desk, chosen, "back", lambda tell: desk.redrive(chosen, rate_per_s=rate, on_done=tell))
    if as_json:
        print_json({"letter_ids": done, "seconds": len(done) / rate})
    else:
        print(f"{_counted(done)} on the way back; the last leaves in {max(0, len(done) - 1) / rate:.0f} s")


@app.command("discard")
def discard(
    why: Annotated[str, typer.Option("--reason-text", help="Why they are not needed; it stays on each letter.")],
    letters: LettersArgument = None,
    queue: QueueOption = None,
    reason: ReasonOption = None,
    everything: AllFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Let dead letters go for good."""
    chosen = _choose(letters, queue, reason, everything=everything)
    if not why.strip():
        raise typer.BadParameter("say why", param_hint="--reason-text")
    with open_operator_desk(stack_environment()) as desk:
        done = _settle(desk, chosen, "discarded", lambda tell: desk.discard(chosen, why=why.strip(), on_done=tell))
    if as_json:
        print_json({"letter_ids": done})
    else:
        print(f"{_counted(done)} discarded")


@app.command("move")
def move(
    topic: Annotated[Topic, typer.Argument(metavar="QUEUE", help="The queue.")],
    rate: Annotated[int, typer.Option("--rate", min=1, max=MOST_RATE_PER_S, help="So many messages a second.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Move what still lies unfiled in a dead-letter queue of SQS back into its queue, without the database."""
    queues, client = _open_queues(), _open_client()
    total = _ask(lambda: queues.count(topic)).dead
    with show_progress(f"{topic.value}-dead → {topic.value}", total=total) as advance:
        moved = _ask(lambda: move_back(queues, client, topic, rate_per_s=rate, on_moved=advance))
    if as_json:
        print_json({"queue": topic.value, "moved": moved})
    else:
        print(f"{moved} messages are back in {topic.value}")


def _open_client() -> Any:
    return aws_client("sqs", endpoint=stack_endpoint(stack_environment()))


def _open_queues() -> DeadQueues:
    return DeadQueues(prefix=stack_environment().get("PLUMBLINE_QUEUE_PREFIX", "plumbline"), client=_open_client())


def _ask(question: Callable[[], Answer]) -> Answer:
    """Call SQS; raises CommandFailed where it does not answer."""
    try:
        return question()
    except MoveFailed as error:
        raise CommandFailed(f"SQS stopped moving messages: {error}") from error
    except AWS_ERRORS as error:
        raise CommandFailed(f"the queues do not answer: {error}", exit_code=Exit.NOT_RUNNING) from error


def _choose(letters: list[int] | None, queue: Topic | None, reason: str | None, *, everything: bool) -> Chosen:
    """Return which letters are meant; raises BadParameter unless they are chosen in exactly one way."""
    filtered = queue is not None or reason is not None
    if sum([bool(letters), filtered, everything]) != 1:
        raise typer.BadParameter("give ids, or --queue and --reason, or --all")
    if letters:
        return list(dict.fromkeys(letters))
    return LetterFilter(queue.value if queue else None, reason)


def _settle(
    desk: OperatorDesk, chosen: Chosen, what: str, run: Callable[[Callable[[int], None]], list[int]]
) -> list[int]:
    """Run a decision with its progress; raises CommandFailed when none of the letters that were named waits."""
    with show_progress(f"dead letters → {what}", total=desk.count(chosen)) as advance:
        done = run(advance)
    if isinstance(chosen, LetterFilter):
        return done
    settled = sorted(set(chosen) - set(done))
    told = f"not among the waiting letters: {', '.join(map(str, settled))}"
    if settled and not done:
        raise CommandFailed(f"{told}; see: plumbline queue show ID", exit_code=Exit.NOT_FOUND)
    if settled:
        print(f"plumbline: {told}", file=sys.stderr)
    return done


def _counted(letters: list[int]) -> str:
    return "1 letter" if len(letters) == 1 else f"{len(letters)} letters"


def _line(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "organisation_id": letter.organisation_id,
        "queue": letter.queue,
        "kind": letter.kind,
        "reason": letter.reason,
        "error": letter.error,
        "attempts": letter.attempts,
        "state": letter.state,
        "sent_at": letter.sent_at.isoformat(),
        "died_at": letter.died_at.isoformat(),
        "settled_at": letter.settled_at.isoformat() if letter.settled_at else None,
        "settled_by": letter.settled_by,
        "note": letter.note,
        "redriven_before": letter.redriven_before,
        "message_id": letter.message_id,
        "envelope_id": letter.envelope_id,
        "trace_id": letter.trace_id.hex if letter.trace_id else None,
    }


def _about(about: About) -> dict[str, Any]:
    named = {
        "project_id": about.project_id,
        "image_id": about.target.image_id,
        "task_id": about.target.task_id,
        "release_id": about.target.release_id,
        "import_id": about.target.import_id,
        "feed_id": about.target.feed_id,
        "event_id": about.target.event_id,
        "webhook_id": about.webhook_id,
        "delivery_id": about.target.delivery_id,
        "source_id": about.target.source_id,
        "bucket": about.target.bucket,
        "key": about.target.key,
    }
    return {name: value for name, value in named.items() if value is not None}


def _short(text: str) -> str:
    """Return what a message says on one line, cut to what fits beside the rest."""
    said = said_by(text)
    return said if len(said) <= BODY_SHOWN else said[: BODY_SHOWN - 1] + "…"

"""The command `plumbline`: three moves each, parse, call, print. Failures are told on stderr with the remedy; how a
command ends is in `exits.py`. The nouns are in `commands/`, one module each."""

import os
import sys
from typing import Annotated

import typer

from cli.commands import (
    boards,
    image,
    import_,
    member,
    models,
    org,
    project,
    queues,
    release,
    review,
    runs,
    source,
    task,
    tokens,
    upload,
    webhook,
    work_order,
)
from cli.connection import find_api_url
from cli.exits import CommandFailed, Exit
from cli.launcher import up as stack
from cli.launcher.machine_client import NotRunning
from cli.launcher.stack import Consumer
from cli.launcher.state import LauncherError
from cli.printing import JsonFlag, print_json, print_table
from runtime.names import check_import_names

app = typer.Typer(
    no_args_is_help=True,
    help="Plumbline: buckets of images → labels that a client can trust.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not running, 4 not found. "
    "With --json stdout holds JSON only.",
)
_NOUNS = {
    "org": org,
    "member": member,
    "token": tokens,
    "project": project,
    "work-order": work_order,
    "source": source,
    "image": image,
    "import": import_,
    "task": task,
    "review": review,
    "release": release,
    "model": models,
    "run": runs,
    "webhook": webhook,
    "queue": queues,
    "time": boards,
}
for _name, _noun in _NOUNS.items():
    app.add_typer(_noun.app, name=_name)
app.command("board")(boards.show_board)
app.add_typer(upload.app)  # no noun: `plumbline upload FOLDER`


@app.command("up")
def up(detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background.")] = False) -> None:
    """Start the whole stack and keep it running."""
    code = stack.up(detach=detach)
    if detach and code == 0:
        print(f"Plumbline is up: {find_api_url()}  (stop it with: plumbline down)")
    raise typer.Exit(code)


@app.command("down")
def down() -> None:
    """Stop the stack, or what a killed launcher left of it; the data stay."""
    print("stopped" if stack.down() else "nothing was running")


@app.command("status")
def status(as_json: JsonFlag = False) -> None:
    """Show the processes of the stack. Exit code 3 when it is not running."""
    rows = stack.status()
    if as_json:
        print_json(
            [
                {
                    "name": r.name,
                    "pid": r.pid,
                    "state": r.state,
                    "restarts": r.restarts,
                    "url": r.url,
                    "protected": r.is_protected,
                }
                for r in rows
            ]
        )
    elif not rows:
        print("not running; start it with: plumbline up")
    else:
        print_table(
            ["process", "pid", "state", "restarts", "protected", "url"],
            [[r.name, r.pid, r.state, r.restarts, "yes" if r.is_protected else None, r.url] for r in rows],
        )
    if not any(row.pid for row in rows):
        raise typer.Exit(Exit.NOT_RUNNING)


@app.command("interrupt")
def interrupt(
    name: Annotated[Consumer, typer.Argument(help="The process whose machine goes.")] = Consumer.WORKER,
    after: Annotated[int, typer.Option(min=0, help="Seconds until it is killed; EC2 gives 120.")] = 120,
    as_json: JsonFlag = False,
) -> None:
    """Take a worker's machine away, as EC2 takes a spot instance: it finishes what it can, and another one starts."""
    try:
        told = stack.interrupt(name, after_s=after)
    except NotRunning as error:
        raise CommandFailed(str(error), exit_code=Exit.NOT_RUNNING) from error
    if as_json:
        print_json(told)
    else:
        print(f"{told['process']} (pid {told['pid']}) was told that its machine goes at {told['time']}")


@app.command("demo")
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the run instead of staying up.")] = False,
) -> None:
    """Start the stack and run the main job on real photographs."""
    from cli.demo.run import run_demo  # noqa: PLC0415 - needs the extra `demo`, which an installation without it does not have

    raise typer.Exit(run_demo(once=once))


def run() -> None:
    """Run a command; expected failures are told on stderr."""
    check_import_names()
    try:
        app()
    except (CommandFailed, LauncherError) as error:
        print(f"plumbline: {error}", file=sys.stderr)
        sys.exit(error.exit_code if isinstance(error, CommandFailed) else Exit.FAILED)
    except BrokenPipeError:  # `plumbline … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.FAILED)

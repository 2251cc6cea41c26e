"""How a command ends: its exit code, and the failure that carries one."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of `plumbline`; scripts may rely on them."""

    DONE = 0
    FAILED = 1  # refused, or it did not work: stderr says why and what to do
    USAGE = 2  # the command line itself is wrong; Typer ends with it
    NOT_RUNNING = 3
    NOT_FOUND = 4


class CommandFailed(Exception):
    """A command cannot do what was asked; the message says why and what to do."""

    def __init__(self, message: str, *, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code

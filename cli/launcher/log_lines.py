"""Prints the lines of all children on one stream, each after its child's name. Parses nothing."""

import asyncio
import os
from typing import Final, TextIO

COLOURS: Final = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
NAME_WIDTH: Final = 9
CHUNK_BYTES: Final = 65_536
LINE_MAX_BYTES: Final = 262_144


class LogLines:
    """A stream that several children share; names are coloured on a terminal (NO_COLOR is respected)."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._colours: dict[str, int] = {}

    def write(self, name: str, line: str) -> None:
        prefix = f"{name:<{NAME_WIDTH}} |"
        if self._coloured:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        try:
            print(prefix, line, file=self._stream, flush=True)
        except OSError:
            # A terminal that was closed is no reason to stop the stack.
            return

    async def copy(self, name: str, source: asyncio.StreamReader) -> None:
        """Print the child's output until it closes; a line without end is cut after 256 KiB."""
        rest = b""
        while chunk := await source.read(CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.write(name, line.rstrip(b"\r").decode(errors="replace"))
            if len(rest) > LINE_MAX_BYTES:
                self.write(name, rest.decode(errors="replace"))
                rest = b""
        if rest:
            self.write(name, rest.decode(errors="replace"))

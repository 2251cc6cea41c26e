"""Decodes strangers' pictures in children with limits on memory, processor time and wall clock.

A child (`python -m workers.decoder`) imports Pillow and little else, inherits no secrets, and is replaced after a
number of pictures or when it dies; requests and replies are JSON lines over pipes.
"""

import json
import os
import queue
import resource
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from PIL import Image

from domain.ingest.errors import PictureRefused, Reason
from domain.ingest.headers.header import Header
from domain.ingest.pictures import Prepared, prepare

_PICTURES_A_CHILD = 500
_START_TIMEOUT_S = 60.0
# A picture may take memory in proportion to its pixels, so that a small one with monstrous metadata stays small. The
# hungriest are 16-bit TIFFs and turned progressive JPEGs in four inks: about 20 bytes a pixel.
_BYTES_A_PICTURE = 256_000_000
_BYTES_A_PIXEL = 24
_ROOT = Path(__file__).resolve().parents[1]
_READY = {"ready": True}
_HELD = Path("/proc/self/statm")


class Decoder:
    """A small pool of decoding children. `prepare` may be called from many threads; it waits for a free child."""

    def __init__(
        self,
        *,
        memory_bytes: int,
        timeout_s: float,
        thumbnail_px: int,
        max_px: int,
        children: int = 1,
    ) -> None:
        self._limits = {
            "memory_bytes": memory_bytes,
            "cpu_s": int(timeout_s) + 1,
            "thumbnail_px": thumbnail_px,
            "max_px": max_px,
        }
        self._timeout_s = timeout_s
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()  # None: a place whose child is to be started
        self._places = children
        for _ in range(children):
            self._free.put(None)

    def prepare(self, path: Path, out_dir: Path) -> Prepared:
        """Do `domain.ingest.pictures.prepare` in a child.

        Raises PictureRefused, also when the child exceeds its memory (too_large), its time or dies twice (unreadable);
        OSError when a file cannot be read or written; RuntimeError when no child can be started at all.
        """
        try:
            return self._prepare(path, out_dir)
        except _ChildDied:  # perhaps by a hand from outside: an operator's, or the kernel's for want of memory
            try:
                return self._prepare(path, out_dir)
            except _ChildDied as error:
                raise _unreadable("Reading it broke off twice.") from error

    def _prepare(self, path: Path, out_dir: Path) -> Prepared:
        child = self._free.get()
        try:
            if child is None or not child.is_usable():
                if child is not None:
                    child.end()
                child = None
                child = _Child(self._limits)
            reply = child.ask({"path": str(path), "out_dir": str(out_dir)}, timeout_s=self._timeout_s)
        finally:
            self._free.put(child)
        return _parse(reply)

    def close(self, *, wait: bool = True) -> None:
        """End all children, those at work once they are done; the decoder starts new ones if used again.

        Without `wait` children at work are left alone: they end with this process.
        """
        held = [self._free.get() for _ in range(self._places)] if wait else self._take_idle()
        for child in held:
            if child is not None:
                child.end()
            self._free.put(None)

    def _take_idle(self) -> "list[_Child | None]":
        idle = []
        with suppress(queue.Empty):
            for _ in range(self._places):
                idle.append(self._free.get_nowait())
        return idle


class _ChildDied(Exception):
    """The child ended without an answer. Whether the picture did that, only a second try can tell."""


class _Child:
    """One decoding process; used by one thread at a time."""

    def __init__(self, limits: dict[str, int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.decoder", json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "MALLOC_ARENA_MAX": "1"},
            start_new_session=True,  # Ctrl-C must not end it: the picture in work would be read once more
        )
        self._pictures = 0
        self._lost = threading.Event()
        try:
            reply = self._read_line(timeout_s=_START_TIMEOUT_S)
        except (PictureRefused, _ChildDied) as error:
            raise RuntimeError("the decoding child does not start; is its memory limit too small?") from error
        if reply != _READY:
            raise RuntimeError("the decoding child does not start as expected")

    def is_usable(self) -> bool:
        return not self._lost.is_set() and self._pictures < _PICTURES_A_CHILD and self._process.poll() is None

    def ask(self, request: dict[str, str], *, timeout_s: float) -> dict[str, Any]:
        self._pictures += 1
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError as error:
            self.end()
            raise _ChildDied from error
        reply = self._read_line(timeout_s=timeout_s)
        if reply.get("last"):
            self.end()
        return reply

    def end(self) -> None:
        self._lost.set()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read_line(self, *, timeout_s: float) -> dict[str, Any]:
        """Return the child's next reply; ends the child and raises PictureRefused when none comes in time.

        Raises _ChildDied when the child ended instead.
        """
        stdout = self._process.stdout
        assert stdout is not None
        deadline = time.monotonic() + timeout_s
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([stdout], [], [], max(deadline - time.monotonic(), 0))
            chunk = os.read(stdout.fileno(), 65_536) if readable else b""
            if not chunk:
                self.end()
                if readable:
                    raise _ChildDied
                raise _unreadable("Reading it took too long.")
            line += chunk
        reply: dict[str, Any] = json.loads(line)
        return reply


def _unreadable(what: str) -> PictureRefused:
    return PictureRefused(
        Reason.UNREADABLE,
        f"The picture could not be read. {what} Export it once more and upload it again.",
    )


def _parse(reply: dict[str, Any]) -> Prepared:
    if "reason" in reply:
        raise PictureRefused(Reason(reply["reason"]), reply["message"])
    if "errno" in reply:
        raise OSError(reply["errno"], reply["message"])
    return Prepared(
        width=reply["width"],
        height=reply["height"],
        turn=reply["turn"],
        working_copy=Path(reply["working_copy"]),
        content_type=reply["content_type"],
        thumbnail=Path(reply["thumbnail"]),
    )


def serve(limits: dict[str, int], requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the pipe closes; the body of a child process."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before decoding
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    _reply(replies, _READY)
    for line in requests:
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = int(used.ru_utime + used.ru_stime) + 1 + limits["cpu_s"]
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, resource.RLIM_INFINITY))
        _allow_memory(_BYTES_A_PICTURE, limits)
        _reply(replies, _answer(json.loads(line), limits))


def _allow_memory(more_bytes: int, limits: dict[str, int]) -> None:
    """Let the process grow by so much from what it holds now, never beyond its limit."""
    held_bytes = int(_HELD.read_text().split()[0]) * resource.getpagesize()
    most = limits["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (min(held_bytes + more_bytes, most), most))


def _answer(request: dict[str, str], limits: dict[str, int]) -> dict[str, Any]:
    def allow_decoding(header: Header) -> None:
        _allow_memory(_BYTES_A_PICTURE + _BYTES_A_PIXEL * header.width * header.height, limits)

    try:
        done = prepare(
            Path(request["path"]),
            out_dir=Path(request["out_dir"]),
            max_px=limits["max_px"],
            thumbnail_px=limits["thumbnail_px"],
            on_header=allow_decoding,
        )
    except PictureRefused as refusal:
        return {"reason": refusal.reason.value, "message": refusal.message}
    except MemoryError:
        message = "The picture needs more memory than it may have. Scale it down, or save it without metadata."
        return {"reason": Reason.TOO_LARGE.value, "message": message, "last": True}
    except OSError as error:
        # Without a number it is Pillow's own complaint, about this picture.
        return _give_up(error) if error.errno is None else {"errno": error.errno, "message": str(error)}
    except Exception as error:  # noqa: BLE001  # once in this process: a decoder's bug must not stop later pictures
        return _give_up(error)
    return {
        "width": done.width,
        "height": done.height,
        "turn": done.turn,
        "working_copy": str(done.working_copy),
        "content_type": done.content_type,
        "thumbnail": str(done.thumbnail),
    }


def _give_up(error: Exception) -> dict[str, Any]:
    message = _unreadable(f"({type(error).__name__}.)").message
    return {"reason": Reason.UNREADABLE.value, "message": message, "last": True}


def _reply(replies: IO[bytes], reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")
    replies.flush()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)

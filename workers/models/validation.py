"""Validates an uploaded model in a child of its own: the parent's call, and what the child does (`python -m` this).

The parent reads nothing of the upload, and of what the child leaves only what a card can be.
"""

import json
import os
import select
import shutil
import signal
import stat
import subprocess
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schema.models import CardOverrides, ModelCard
from workers.models.intake.archive import unpack
from workers.models.intake.overrides import parse_overrides
from workers.models.intake.refusals import ModelRefused, Reason, out_of_memory
from workers.models.sandbox import (
    Files,
    Limits,
    SandboxUnavailable,
    end_child,
    enter,
    read_argument,
    resident_bytes,
    start_child,
)
from workers.scratch import ScratchFolder

_MOST_REPLY_BYTES = 5_000_000
_LOOK_EVERY_S = 0.1


def validate_archive(
    path: Path,
    *,
    name_hint: str,
    overrides: Mapping[str, Any] | None = None,
    out_dir: Path,
    limits: Limits,
    timeout_s: float,
    threads: int = 1,
) -> ModelCard:
    """Unpack an upload into the empty folder `out_dir` and return the card of its model, tried once.

    `name_hint` is what the upload is called; `overrides` are the keys of `plumbline.json` and win over that file.
    `limits.file_bytes` bounds the unpacked whole. Must be called from a thread that lives until it returns.
    Raises ModelRefused, after which `out_dir` is empty; SandboxUnavailable and OSError, no fault of the model.
    """
    said = parse_overrides(dict(overrides or {}), "overrides")
    asked = {
        "path": str(path.resolve()),
        "name": name_hint,
        "out_dir": str(out_dir.resolve()),
        "overrides": said.model_dump(mode="json", exclude_unset=True),
        "limits": asdict(limits),
        "threads": threads,
    }
    try:
        with ScratchFolder("trial") as private:
            process = start_child(__name__, asked, folder=private, threads=threads)
            try:
                card = _parse(_read_reply(process, limits, deadline=time.monotonic() + timeout_s))
            finally:
                end_child(process)
        _check_left(out_dir, card)
    except BaseException:
        _empty(out_dir)
        raise
    return card


def _read_reply(process: subprocess.Popen[bytes], limits: Limits, *, deadline: float) -> bytes:
    """Return all that the child writes until it ends; it is ended by the caller when this raises."""
    assert process.stdout is not None
    reply = b""
    while True:
        readable, _, _ = select.select([process.stdout], [], [], _LOOK_EVERY_S)
        chunk = os.read(process.stdout.fileno(), 65_536) if readable else None
        if chunk == b"":
            break
        reply += chunk or b""
        if len(reply) > _MOST_REPLY_BYTES:
            raise _crashed()
        if resident_bytes(process.pid) > limits.memory_bytes:
            raise out_of_memory()
        if time.monotonic() > deadline:
            raise _took_too_long()
    if process.wait(timeout=60) == -signal.SIGXCPU:
        raise _took_too_long()
    return reply


def _parse(reply: bytes) -> ModelCard:
    try:
        said = json.loads(reply)
        if "unavailable" in said:
            raise SandboxUnavailable(said["unavailable"])
        if "reason" in said:
            message = "".join(c for c in str(said["message"])[:2_000] if c.isprintable())
            raise ModelRefused(Reason(said["reason"]), message)
        if "errno" in said:
            raise OSError(said["errno"], said["message"])
        return ModelCard.model_validate(said["card"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise _crashed() from error


def _took_too_long() -> ModelRefused:
    return ModelRefused(
        Reason.TOOK_TOO_LONG,
        "Looking at the model took too long (PLUMBLINE_MODEL_TIMEOUT_S). Take a smaller one or a smaller "
        "input, or ask whoever runs Plumbline to allow more.",
    )


def _crashed(what: str = "no answer") -> ModelRefused:
    return ModelRefused(
        Reason.CRASHED,
        f"The program that looks at models broke off over this one ({what}). Export the model anew and "
        "try it where you made it; if it works there, tell whoever runs Plumbline.",
    )


def _check_left(folder: Path, card: ModelCard) -> None:
    """Refuse what a child that was taken over might leave: links, other files than it says."""
    left = {entry.name: entry.stat(follow_symlinks=False) for entry in os.scandir(folder)}
    said = {file.name: file.bytes for file in card.files}
    if said != {name: found.st_size for name, found in left.items()} or not all(
        stat.S_ISREG(found.st_mode) for found in left.values()
    ):
        raise _crashed()


def _empty(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Do the work of the child, shut in already, and return its reply."""
    folder = Path(asked["out_dir"])
    try:
        left_out = unpack(
            Path(asked["path"]), name=asked["name"], into=folder, most_bytes=asked["limits"]["file_bytes"]
        )
        # It loads the libraries of networks, which no other process may do, nor this one before it is shut in.
        from workers.models.intake.examine import examine  # noqa: PLC0415

        card = examine(
            folder, CardOverrides.model_validate(asked["overrides"]), left_out=left_out, threads=asked["threads"]
        )
    except ModelRefused as refusal:
        return {"reason": refusal.reason.value, "message": refusal.message}
    except MemoryError:
        return {"reason": Reason.TOOK_TOO_MUCH_MEMORY.value, "message": out_of_memory().message}
    except OSError as error:  # of the disk; what a stranger's file does wrong was told above
        return {"errno": error.errno, "message": str(error)}
    return {"card": card.model_dump(mode="json")}


def main() -> None:
    """Answer the one question that the child was started with."""
    asked = read_argument()
    replies = os.fdopen(os.dup(1), "wb")
    # What libraries print would stand between our lines, and a stranger's words in our log.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        files = Files(readable=(Path(asked["path"]),), writable=(Path(asked["out_dir"]), Path.cwd()))
        enter(Limits(**asked["limits"]), files=files)
        reply = _answer(asked)
    except SandboxUnavailable as error:
        reply = {"unavailable": str(error)}
    except Exception as error:  # noqa: BLE001  # once in this process: a fault of ours over a file of theirs
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        reply = {"reason": Reason.CRASHED.value, "message": _crashed(what).message}
    replies.write(json.dumps(reply).encode())
    replies.flush()
    os._exit(0)  # nothing that a library left to do at the end is done


if __name__ == "__main__":
    main()

"""Private folders in the temporary one. A process that was killed leaves its own to whoever opens the next one here."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

_PREFIX: Final = "plumbline-"
_LOCK: Final = "owner.lock"
# What is in use lies beside the lock, which a child that may write there cannot take away.
_INSIDE: Final = "own"


class ScratchFolder:
    """A folder at `path` until it is closed, or its process ends, however it does.

    The kernel lets go of a dead process's lock, which tells that its folder is nobody's. `kind` names it for people.
    """

    def __init__(self, kind: str) -> None:
        _delete_orphans()
        self._home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-"))
        # It gets its name once it is locked: others look for that, and would find it free.
        unnamed = self._home / "unnamed"
        self._owner_fd: int | None = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._owner_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(self._home / _LOCK)
        self.path = self._home / _INSIDE
        self.path.mkdir(0o700)

    def close(self) -> None:
        """Delete the folder and all in it; may be called twice."""
        if self._owner_fd is not None:
            _delete(self._home)
            os.close(self._owner_fd)
            self._owner_fd = None

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _delete_orphans() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # another account's, or gone by now
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            _delete(lock.parent)
        finally:
            os.close(descriptor)


def _delete(home: Path) -> None:
    """Delete a home, its lock last: what cannot be deleted now is found again."""
    inside = home / _INSIDE
    _open_up(inside)
    shutil.rmtree(inside, ignore_errors=True)
    if not inside.exists():
        shutil.rmtree(home, ignore_errors=True)


def _open_up(folder: Path) -> None:
    """Take back the right to delete, which a child may have given up."""
    with suppress(OSError):
        folder.chmod(0o700)
        for here, folders, _ in os.walk(folder):
            for inner in (Path(here, name) for name in folders):
                if not inner.is_symlink():
                    inner.chmod(0o700)

"""Where the embedded stack keeps its state, and who runs in it: the stack file, the secrets, the identity of processes.
Starts and ends nothing."""

import dataclasses
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import cli

STATE_DIR_VARIABLE: Final = "PLUMBLINE_STATE_DIR"
STACK_VERSION: Final = 1


class LauncherError(Exception):
    """The stack cannot do what was asked; the message is for the operator."""


class AlreadyRunning(LauncherError):
    """Another launcher holds this state folder."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that cannot be mistaken for a later one with the same number.

    `started` is the boot id and the start time in clock ticks since boot (proc(5), stat field 22).
    """

    pid: int
    started: str

    @classmethod
    def find(cls, pid: int) -> Self | None:
        """Return the identity of the process that has this number now, None if there is none or it is a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        # The name in parentheses may hold spaces and parentheses; what follows the last one is regular.
        fields = stat.rpartition(")")[2].split()
        if fields[0] in ("Z", "X"):
            return None
        return cls(pid=pid, started=f"{boot}:{fields[19]}")

    def is_alive(self) -> bool:
        return ProcessId.find(self.pid) == self


@dataclass(frozen=True, slots=True)
class ChildRecord:
    """What the stack file says of one child."""

    name: str
    process: ProcessId | None
    state: str
    restarts: int
    url: str | None
    stop_signal: int


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack file: a launcher, its children, and what a client needs to reach them. Holds secrets.

    `urls` has `api`, `segment`, `emulator`, `machine`, `<name>-metrics` of the other processes, and the database as
    `admin`, `owner`, `app`, `relay`; `environment` is what a process of ours needs in order to work on this stack. A
    port keeps its number over restarts while it is free.
    """

    launcher: ProcessId
    ready: bool = False
    children: tuple[ChildRecord, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        return {"version": STACK_VERSION, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            launcher=ProcessId(**document["launcher"]),
            ready=document["ready"],
            children=tuple(
                ChildRecord(**{**child, "process": ProcessId(**child["process"]) if child["process"] else None})
                for child in document["children"]
            ),
            ports=document["ports"],
            urls=document["urls"],
            environment=document["environment"],
        )


@dataclass(frozen=True, slots=True)
class StateDir:
    """The state folder of one clone (`.plumbline/`)."""

    root: Path

    @property
    def stack_file(self) -> Path:
        return self.root / "stack.json"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def emulator(self) -> Path:
        return self.root / "emulator"

    @property
    def cluster_pointer(self) -> Path:
        return self.root / "cluster"

    def create(self) -> None:
        """Make the folders. Others may pass through the root (PostgreSQL may run as somebody else), not list it."""
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.root.chmod(0o711)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.emulator.mkdir(mode=0o700, exist_ok=True)

    def read_stack(self) -> Stack | None:
        """Return what the last launcher wrote; None if nothing readable is there."""
        try:
            document = json.loads(self.stack_file.read_text())
            return Stack.from_json(document) if document.get("version") == STACK_VERSION else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write_stack(self, stack: Stack) -> None:
        write_private(self.stack_file, json.dumps(stack.to_json(), indent=1))

    def secret(self, name: str) -> str:
        """Return the lasting secret of that name, made at its first use (hexadecimal, 128 bits)."""
        try:
            known: dict[str, str] = json.loads(self.secrets_file.read_text())
        except FileNotFoundError:
            known = {}
        if name not in known:
            known[name] = secrets.token_hex(16)
            write_private(self.secrets_file, json.dumps(known, indent=1))
        return known[name]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one launcher; the kernel lets go when that process ends, however it ends."""
        with (self.root / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(f"a stack is already running in {self.root}") from error
            yield


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def source_root() -> Path:
    """Return the folder that holds our packages: the clone, or `site-packages` of an installed wheel."""
    return Path(cli.__file__).resolve().parents[1]


def find_state_dir() -> StateDir:
    """Return PLUMBLINE_STATE_DIR, else `.plumbline` in the clone, else in the working folder."""
    given = os.environ.get(STATE_DIR_VARIABLE)
    if given:
        return StateDir(Path(given).absolute())
    clone = source_root()
    return StateDir((clone if (clone / "pyproject.toml").exists() else Path.cwd()) / ".plumbline")


def path_hash(path: Path) -> str:
    """Return 16 hexadecimal digits that stand for the path."""
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]

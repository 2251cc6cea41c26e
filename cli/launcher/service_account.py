"""Who runs PostgreSQL when the launcher runs as root, which PostgreSQL refuses: an unprivileged account that is already
there. Creates no account."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.launcher.state import LauncherError

# `postgres` owns nothing but databases; `nobody` is on every machine.
CANDIDATES: Final = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An existing unprivileged account."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """Return what makes subprocess start a child as this account, without any supplementary group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, argv: Sequence[str]) -> bool:
        """Whether the account can execute the program (binaries below a 0700 folder cannot even be started)."""
        try:
            done = subprocess.run(
                argv,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                check=False,
                **self.popen_options(),
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0

    def can_reach(self, folder: Path) -> bool:
        """Whether the account may pass through the folder."""
        return self.can_run(["/bin/sh", "-c", 'cd -- "$0"', str(folder)])


def find_service_account() -> ServiceAccount | None:
    """Return the account for PostgreSQL, None when we are not root and need no other."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return ServiceAccount(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LauncherError(f"PostgreSQL does not run as root and none of {', '.join(CANDIDATES)} exists here")

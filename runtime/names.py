"""Our import names are plain words that packages of others use too; this finds one that took ours.

It must not import any of them.
"""

import importlib.util
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

DISTRIBUTION = "plumbline"
IMPORT_NAMES = ("schema", "domain", "runtime", "api", "workers", "cli", "plumbline_client")


class ImportNameTaken(RuntimeError):
    """Another package, or a folder on the import path, stands where our code is expected."""


def check_import_names() -> None:
    """Raise ImportNameTaken unless all our names are ours: no other distribution has them, all lie in one place."""
    owners = packages_distributions()
    for name in IMPORT_NAMES:
        refuse_owner(name, owners.get(name, ()))
        refuse_place(name, find_place(name), root=Path(__file__).resolve().parent.parent)


def refuse_owner(name: str, owners: Sequence[str]) -> None:
    """Raise when a distribution other than ours provides the import name."""
    for owner in owners:
        if owner.lower().replace("_", "-") != DISTRIBUTION:
            raise ImportNameTaken(
                f"the installed package '{owner}' also provides the import name '{name}' that Plumbline uses; "
                f"remove it (pip uninstall {owner}) or install it in an environment of its own"
            )


def refuse_place(name: str, place: Path | None, *, root: Path) -> None:
    """Raise when the import name leads to another folder than the one that this file's package lies in."""
    if place is None:
        raise ImportNameTaken(f"the package '{name}' of Plumbline cannot be found; install {DISTRIBUTION} again")
    if place != root / name:
        raise ImportNameTaken(
            f"the import name '{name}' leads to {place} instead of {root / name}; remove that folder from the import "
            f"path (PYTHONPATH, the current folder) or install its package in an environment of its own"
        )


def find_place(name: str) -> Path | None:
    """Find the folder of a package without importing it."""
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() if places else None

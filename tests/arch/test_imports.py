"""The arrows between packages hold, and our import names are our own."""

import ast
import tomllib

import pytest
from importlinter.cli import lint_imports

from runtime.names import IMPORT_NAMES, check_import_names
from tests.arch.source import ROOT, Module, shipped_modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HOMES = {"torch": "workers/", "boto3": "runtime/", "aiobotocore": "runtime/", "fastapi": "api/"}


def imported(module: Module) -> set[str]:
    """Return the top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_the_contracts_between_packages_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0, capsys.readouterr().out


def test_a_library_with_one_home_is_imported_there_alone() -> None:
    strangers = {
        (module.path, name)
        for module in shipped_modules()
        for name in imported(module) & set(HOMES)
        if not module.path.startswith(HOMES[name])
    }
    assert strangers == set()


def test_our_import_names_belong_to_our_distribution() -> None:
    check_import_names()


def test_every_package_that_ships_is_guarded() -> None:
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    linted = PROJECT["tool"]["importlinter"]["root_packages"]
    assert sorted(shipped) == sorted(linted) == sorted(IMPORT_NAMES)

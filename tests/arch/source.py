"""The project's files, read and parsed once for all rules; knows no rule."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runtime.names import IMPORT_NAMES

ROOT = Path(__file__).resolve().parents[2]
OTHER_CODE = ("tests", "bench", "migrations")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".ini", ".txt", ".json", ".html", ".yml", ".yaml", ".mako", ".tf", ".ts", ".sh"}


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file; `path` is relative to the root, with slashes."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return Path(self.path).stem

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @property
    def line_count(self) -> int:
        return self.text.count("\n")


@cache
def shipped_modules() -> tuple[Module, ...]:
    """List the modules of our packages."""
    return tuple(_modules(IMPORT_NAMES))


@cache
def all_modules() -> tuple[Module, ...]:
    """List the modules of our packages, the tests, the benchmarks and the migrations."""
    return tuple(_modules((*IMPORT_NAMES, *OTHER_CODE)))


def _modules(folders: tuple[str, ...]) -> Iterator[Module]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            yield Module(file.relative_to(ROOT).as_posix(), text, ast.parse(text, filename=str(file)))


def text_files() -> Iterator[Path]:
    """List every text file that could be published, but for what tools make."""
    for entry in sorted(ROOT.iterdir()):
        if entry.is_dir() and not entry.name.startswith(".") and entry.name not in ("build", "dist", "node_modules"):
            yield from sorted(
                f for f in entry.rglob("*") if f.suffix in TEXT_SUFFIXES and "node_modules" not in f.parts
            )
        elif entry.is_file() and (entry.suffix in TEXT_SUFFIXES or entry.name == "Makefile"):
            yield entry

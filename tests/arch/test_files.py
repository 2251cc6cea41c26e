"""How files are named, how long they are, how they open, and what must not stand in them."""

import re
import sys
from pathlib import Path

from tests.arch.source import ROOT, all_modules, shipped_modules, text_files

MOST_LINES = 350
# A migration is written once and read top to bottom; its first is the whole schema.
LONG = ("migrations/versions/",)
NAMELESS = re.compile(r"(^|_)(util|utils|helper|helpers|common|misc|manager|managers|stuff|base_utils)($|_)")
# A folder of one user, or of a machine that builds.
SOMEBODYS_PATH = re.compile(r"(?<![\w.])(/home/\w|/Users/\w|/root/\w|/work/(main|shared)\b|[A-Z]:\\\\Users)")


def test_a_file_stays_short_enough_to_be_read() -> None:
    long = {m.path: m.line_count for m in all_modules() if m.line_count > MOST_LINES and not m.path.startswith(LONG)}
    assert long == {}


def test_a_module_is_named_by_what_it_is() -> None:
    taken = sys.stdlib_module_names - {"__main__", "__init__"}
    assert [m.path for m in all_modules() if NAMELESS.search(m.name) or m.name in taken] == []


def test_a_module_opens_with_one_to_four_lines_on_what_it_is_for() -> None:
    assert {m.path: m.docstring for m in shipped_modules() if not 1 <= len(filled_lines(m.docstring)) <= 4} == {}


def filled_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_every_folder_of_code_is_a_package_with_a_docstring() -> None:
    opened = {str(Path(m.path).parent) for m in shipped_modules() if m.name == "__init__" and m.docstring}
    assert {str(Path(m.path).parent) for m in shipped_modules()} - opened == set()


def test_no_path_of_a_machine_is_written_down() -> None:
    here = Path(__file__).resolve()
    found = {
        file.relative_to(ROOT).as_posix(): SOMEBODYS_PATH.findall(file.read_text(encoding="utf-8"))
        for file in text_files()
        if file != here
    }
    assert {path: paths for path, paths in found.items() if paths} == {}

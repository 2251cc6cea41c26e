"""Folders for the time being: they go when they are closed, and when their process is killed with the next one."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workers.scratch import ScratchFolder

HOLD = (
    "import time\n"
    "from workers.scratch import ScratchFolder\n"
    "with ScratchFolder('model') as folder:\n"
    "    (folder / 'upload').write_bytes(b'x')\n"
    "    print(folder, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def process_with_a_folder(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", HOLD], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_folder_of_a_process_that_was_killed_goes_with_the_next(temporary: Path) -> None:
    with process_with_a_folder(temporary) as (process, folder):
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        assert (folder / "upload").exists()
        with ScratchFolder("trial") as ours:
            assert not folder.parent.exists()
            assert list(temporary.iterdir()) == [ours.parent]


def test_folder_of_a_living_process_stays(temporary: Path) -> None:
    with process_with_a_folder(temporary) as (_, folder), ScratchFolder("model") as ours, ScratchFolder("model"):
        assert (folder / "upload").exists()
        assert ours.exists()


def test_nothing_is_left_of_a_folder_that_was_closed(temporary: Path) -> None:
    folder = ScratchFolder("child")
    (folder.path / "inner").mkdir()
    (folder.path / "inner" / "file").touch()
    (folder.path / "inner").chmod(0)
    folder.path.chmod(0)
    for _ in range(2):
        folder.close()
    assert list(temporary.iterdir()) == []


def test_what_a_link_in_a_folder_leads_to_stays_as_it_is(temporary: Path) -> None:
    outside = temporary / "outside"
    outside.mkdir(0o500)
    (outside / "file").touch()
    with ScratchFolder("child") as folder:
        (folder / "link").symlink_to(outside)
    assert list(temporary.iterdir()) == [outside]
    assert (outside.stat().st_mode & 0o777, list(outside.iterdir())) == (0o500, [outside / "file"])


def test_other_folders_of_that_name_are_not_ours_to_delete(temporary: Path) -> None:
    (temporary / "plumbline-model-x").mkdir()
    with ScratchFolder("model"):
        assert (temporary / "plumbline-model-x").exists()

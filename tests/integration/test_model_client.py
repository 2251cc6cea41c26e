"""Models through the client: brought in, named, mapped; what broke off goes on, and a file that changed is noticed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline_client import Client, PlumblineError
from schema.enums import ModelState
from schema.models import MappedClass
from tests.harness import Job, Stack, make_job
from tests.serving import served
from tests.unit.models import onnx_networks

PART = 8 * 1024 * 1024


@pytest.fixture
def job(stack: Stack) -> Job:
    return make_job(stack, connect=False)


@pytest.fixture
def client(job: Job) -> Iterator[Client]:
    with served(job.stack) as url, Client(url, job.client.token) as opened:
        yield opened


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder that goes in two parts; one of its files lies elsewhere, as in the cache of a hub."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "best.onnx").write_bytes(onnx_networks.yolo_v8())
    (tmp_path / "cached").write_text("coin\nshade\n")
    (folder / "classes.txt").symlink_to(tmp_path / "cached")
    (folder / "notes.txt").write_bytes(b"n" * PART)
    return folder


class BrokenOffError(Exception):
    """What a test breaks an upload off with."""


def break_off(client: Client, folder: Path) -> int:
    """Send a folder up to its first part; return what is left."""
    left = 0

    def stop(sent: int, total: int) -> None:
        nonlocal left
        left = total - sent
        raise BrokenOffError

    with pytest.raises(BrokenOffError):
        client.models.upload(folder, name="coins", on_progress=stop)
    return left


def test_folder_becomes_a_version_with_an_alias_and_a_mapping(job: Job, client: Client, weights: Path) -> None:
    asked = client.models.upload(weights, name="coins", licence="MIT", notes="of July")
    assert (asked.state, asked.notes) == (ModelState.VALIDATING, "of July")
    job.stack.pump()
    version = client.models.wait(asked.id)
    assert (version.state, version.licence) == (ModelState.READY, "MIT")
    assert client.models.set_alias("coins", "champion", version.id).aliases == ("champion",)
    suggested = {s.index: s.class_id for s in client.mappings.suggest(job.project_id, version.id)}
    assert suggested == {0: 1, 1: None}
    mapping = client.mappings.create(job.project_id, version.id, [MappedClass(index=0, class_id=1)])
    assert list(client.mappings.list(job.project_id)) == [client.mappings.get(job.project_id, mapping.id)]
    client.models.remove_alias("coins", "champion")
    assert client.models.change(version.id, notes="of August").notes == "of August"
    assert client.models.retire(version.id).state is ModelState.RETIRED
    assert [m.id for m in client.models.list(state=ModelState.RETIRED)] == [version.id]
    assert client.models.restore(version.id).aliases == ()


def test_upload_that_broke_off_goes_on_with_what_is_missing(job: Job, client: Client, weights: Path) -> None:
    left = break_off(client, weights)
    steps: list[tuple[int, int]] = []
    asked = client.models.upload(weights, name="coins", on_progress=lambda *sent: steps.append(sent))
    [(sent, total)] = steps
    assert (sent, total - PART) == (total, left)
    assert len(list(client.uploads.list())) == 1
    job.stack.pump()
    assert client.models.wait(asked.id).state is ModelState.READY


def test_folder_that_changed_since_it_broke_off_is_refused_and_then_sent_anew(
    job: Job, client: Client, weights: Path
) -> None:
    break_off(client, weights)
    (weights / "classes.txt").write_text("shade\ncoin\n")
    mixed = client.models.upload(weights, name="coins")
    job.stack.pump()
    with pytest.raises(PlumblineError) as refused:
        client.models.wait(mixed.id)
    assert refused.value.code == "sha256_differs"
    whole = client.models.upload(weights, name="coins")
    job.stack.pump()
    assert [c.name for c in client.models.wait(whole.id).classes] == ["shade", "coin"]

"""Models' files on a worker's disk: fetched once, checked, and let go by bytes."""

import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.inference.stub_models import MemoryBucket, card_of
from workers.inference.files import ModelFiles
from workers.models.failures import ModelFailed


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return MemoryBucket()


@pytest.fixture
def files(bucket):
    made = ModelFiles(bucket, max_bytes=250)
    yield made
    made.close()


def put(bucket, number, size=100):
    bodies = {"model.onnx": bytes([number]) * size}
    bucket.objects |= {f"org/1/models/{number}/{name}": body for name, body in bodies.items()}
    return number, f"org/1/models/{number}/", card_of(bodies)


def test_a_model_is_fetched_once(files, bucket):
    model = put(bucket, 1)
    for _ in range(2):
        with files.hold(*model) as folder:
            assert (folder / "model.onnx").read_bytes() == b"\1" * 100
    assert len(bucket.opened) == 1


def test_who_asks_at_the_same_time_shares_one_download(files, bucket):
    model, together = put(bucket, 1), threading.Barrier(4)

    def hold(_):
        together.wait(10)
        with files.hold(*model) as folder:
            return (folder / "model.onnx").stat().st_size

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(hold, range(4))) == [100] * 4
    assert len(bucket.opened) == 1


def test_the_model_unused_longest_goes_when_the_disk_is_full(files, bucket):
    first, second, third = (put(bucket, number) for number in (1, 2, 3))
    for model in (first, second, first, third):
        with files.hold(*model):
            pass
    with files.hold(*first):
        assert len(bucket.opened) == 3
    with files.hold(*second):
        assert len(bucket.opened) == 4


def test_a_model_in_use_stays_however_full_the_disk_is(files, bucket):
    with files.hold(*put(bucket, 1)) as folder:
        for number in (2, 3, 4):
            with files.hold(*put(bucket, number)):
                pass
        assert (folder / "model.onnx").exists()


def test_a_file_that_is_not_what_was_validated_is_refused(files, bucket):
    number, prefix, card = put(bucket, 1)
    bucket.objects[f"{prefix}model.onnx"] = b"another"
    with pytest.raises(ModelFailed, match="not what was validated"), files.hold(number, prefix, card):
        pass


def test_a_file_that_is_gone_is_told(files, bucket):
    number, prefix, card = put(bucket, 1)
    del bucket.objects[f"{prefix}model.onnx"]
    with pytest.raises(ModelFailed, match="not in our bucket any more"), files.hold(number, prefix, card):
        pass


def test_a_download_that_broke_off_is_begun_anew(files, bucket):
    model = put(bucket, 1)
    bucket.error = ConnectionError()
    with pytest.raises(ConnectionError), files.hold(*model):
        pass
    bucket.error = None
    with files.hold(*model) as folder:
        assert (folder / "model.onnx").stat().st_size == 100


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_a_name_that_leads_out_of_the_folder_is_refused(files, bucket, name):
    bodies = {name: b"x"}
    bucket.objects[f"org/1/models/1/{name}"] = b"x"
    with pytest.raises(ModelFailed, match="leads out"), files.hold(1, "org/1/models/1/", card_of(bodies)):
        pass


def test_closing_leaves_nothing_behind(files, bucket, tmp_path):
    with files.hold(*put(bucket, 1)):
        assert list(tmp_path.iterdir())
    files.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_worker_that_was_killed_is_deleted_and_that_of_a_living_one_is_not(files, bucket, tmp_path):
    leave = (
        "import os, sys, tempfile\n"
        "from tests.unit.inference.stub_models import MemoryBucket\n"
        "from tests.unit.inference.test_model_files import put\n"
        "from workers.inference.files import ModelFiles\n"
        "bucket = MemoryBucket()\n"
        "files = ModelFiles(bucket, max_bytes=1000)\n"
        "with files.hold(*put(bucket, 1)):\n"
        "    os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", leave], env=os.environ | {"TMPDIR": str(tmp_path)}, check=True, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1
    other = ModelFiles(bucket, max_bytes=1000)
    with other.hold(*put(bucket, 1)) as living, files.hold(*put(bucket, 2)):
        assert living.exists()
        assert len(list(tmp_path.iterdir())) == 2
    other.close()

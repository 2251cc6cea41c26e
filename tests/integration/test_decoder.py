"""A picture can end its child, never the decoder."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from PIL import Image

from domain.ingest.errors import PictureRefused, Reason
from workers.decoder import Decoder, _Child, _ChildDied


@pytest.fixture
def make_decoder():
    made = []

    def make(*, memory_bytes=2_000_000_000, timeout_s=30.0, children=1):
        made.append(
            Decoder(
                memory_bytes=memory_bytes,
                timeout_s=timeout_s,
                thumbnail_px=32,
                max_px=100_000_000,
                children=children,
            )
        )
        return made[-1]

    yield make
    for decoder in made:
        decoder.close()


def write_picture(path, size=(60, 40), mode="L"):
    Image.new(mode, size).save(path, "PNG", compress_level=1)
    return path


def list_children():
    return [child for child in psutil.Process().children() if "workers.decoder" in child.cmdline()]


def test_picture_is_prepared_in_a_child(tmp_path, make_decoder):
    done = make_decoder().prepare(write_picture(tmp_path / "in"), tmp_path)
    assert (done.width, done.height, done.thumbnail.exists()) == (60, 40, True)


def test_child_serves_many_pictures(tmp_path, make_decoder):
    decoder = make_decoder()
    decoder.prepare(write_picture(tmp_path / "in"), tmp_path)
    first = list_children()
    decoder.prepare(tmp_path / "in", tmp_path)
    assert list_children() == first


def test_refusal_crosses_the_pipe_with_its_reason(tmp_path, make_decoder):
    (tmp_path / "in").write_bytes(b"GIF89a")
    with pytest.raises(PictureRefused, match="GIF") as caught:
        make_decoder().prepare(tmp_path / "in", tmp_path)
    assert caught.value.reason is Reason.WRONG_TYPE


def test_picture_beyond_the_memory_is_refused_and_the_next_one_read(tmp_path, make_decoder):
    decoder = make_decoder(memory_bytes=150_000_000)
    with pytest.raises(PictureRefused) as caught:
        decoder.prepare(write_picture(tmp_path / "large", (9_000, 6_000), "RGB"), tmp_path)
    assert caught.value.reason is Reason.TOO_LARGE
    assert decoder.prepare(write_picture(tmp_path / "in"), tmp_path).width == 60


def test_slow_picture_is_refused_and_the_next_one_read(tmp_path, make_decoder):
    decoder = make_decoder(timeout_s=0.15)
    with pytest.raises(PictureRefused, match="too long") as caught:
        decoder.prepare(write_picture(tmp_path / "large", (9_000, 9_000)), tmp_path)
    assert caught.value.reason is Reason.UNREADABLE
    assert decoder.prepare(write_picture(tmp_path / "in"), tmp_path).width == 60


def test_dead_child_is_replaced(tmp_path, make_decoder):
    decoder = make_decoder()
    decoder.prepare(write_picture(tmp_path / "in"), tmp_path)
    (child,) = list_children()
    child.kill()
    child.wait()
    assert decoder.prepare(tmp_path / "in", tmp_path).width == 60


def test_picture_whose_child_is_killed_from_outside_is_read_once_more(tmp_path, make_decoder):
    decoder = make_decoder()
    write_picture(tmp_path / "large", (9_000, 9_000))
    decoder.prepare(write_picture(tmp_path / "in"), tmp_path)
    (child,) = list_children()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(decoder.prepare, tmp_path / "large", tmp_path)
        while child.cpu_times().user < 0.3 and not reading.done():
            time.sleep(0.01)
        child.kill()
        assert reading.result().width == 9_000


def test_picture_that_ends_two_children_is_unreadable(tmp_path, make_decoder, monkeypatch):
    decoder = make_decoder()
    tried = []

    def die(child, request, *, timeout_s):
        tried.append(request)
        child.end()
        raise _ChildDied

    monkeypatch.setattr(_Child, "ask", die)
    with pytest.raises(PictureRefused, match="twice") as caught:
        decoder.prepare(write_picture(tmp_path / "in"), tmp_path)
    assert (caught.value.reason, len(tried)) == (Reason.UNREADABLE, 2)


def test_threads_share_the_children(tmp_path, make_decoder):
    decoder = make_decoder(children=2)
    write_picture(tmp_path / "in")
    folders = [tmp_path / str(number) for number in range(6)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(3) as pool:
        widths = list(pool.map(lambda folder: decoder.prepare(tmp_path / "in", folder).width, folders))
    assert widths == [60] * 6


def test_missing_file_is_not_blamed_on_the_picture(tmp_path, make_decoder):
    with pytest.raises(FileNotFoundError):
        make_decoder().prepare(tmp_path / "nowhere", tmp_path)


def test_closing_ends_the_children(tmp_path, make_decoder):
    decoder = make_decoder()
    decoder.prepare(write_picture(tmp_path / "in"), tmp_path)
    decoder.close()
    assert list_children() == []


def test_child_does_not_import_what_it_does_not_need():
    code = "import sys, workers.decoder; print(sorted({'numpy', 'cv2', 'sqlalchemy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""What an upload unpacks to: the files that a model needs, flat; or a refusal."""

import shutil
import tarfile
import zipfile

import pytest

from tests.unit.models.attack_files import make_zip
from workers.models.intake.archive import unpack
from workers.models.intake.refusals import ModelRefused, Reason

NEEDED = {"config.json": b"{}", "model.safetensors": b"weights", "classes.txt": b"weed"}


@pytest.fixture
def unpacked(tmp_path):
    (tmp_path / "out").mkdir()

    def unpack_into(path, *, name=None, most_bytes=1_000_000):
        left_out = unpack(path, name=name or path.name, into=tmp_path / "out", most_bytes=most_bytes)
        return {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}, left_out

    return unpack_into


def reason_of(call):
    with pytest.raises(ModelRefused) as caught:
        call()
    return caught.value.reason


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar", "bztar", "xztar"])
def test_folders_are_taken_off_in_every_kind_of_archive(unpacked, tmp_path, kind):
    for name, body in NEEDED.items():
        (tmp_path / "in" / "run" / "weights").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "run" / "weights" / name).write_bytes(body)
    upload = tmp_path / shutil.make_archive(str(tmp_path / "upload"), kind, tmp_path / "in")
    assert unpacked(upload) == (NEEDED, ())


def test_an_archive_is_known_by_its_content_not_by_its_name(unpacked, tmp_path):
    assert unpacked(make_zip(tmp_path / "upload", NEEDED), name="weeds v2")[0] == NEEDED


def test_a_single_network_needs_no_archive(unpacked, tmp_path):
    (tmp_path / "upload").write_bytes(b"\x08\x09network")
    assert unpacked(tmp_path / "upload", name="weeds.onnx")[0] == {"model.onnx": b"\x08\x09network"}


@pytest.mark.parametrize("name", ["weeds", "weeds.txt", "weeds.zip", "weeds.safe"])
def test_a_single_file_of_another_kind_is_refused(unpacked, tmp_path, name):
    (tmp_path / "upload").write_bytes(b"weights")
    assert reason_of(lambda: unpacked(tmp_path / "upload", name=name)) is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("saved_model.pb", Reason.TENSORFLOW),
        ("model.h5", Reason.KERAS),
        ("model.keras", Reason.KERAS),
        ("model.tflite", Reason.TFLITE),
        ("model.engine", Reason.TENSORRT),
        ("Model.mlpackage/Manifest.json", Reason.COREML),
        ("model.gguf", Reason.GGUF),
        ("model.onnx_data", Reason.ONNX_EXTERNAL_DATA),
        ("libnetwork.so", Reason.PROGRAM),
        ("weights.npy", Reason.PICKLE),
        ("BEST.PT", Reason.PICKLE),
    ],
)
def test_a_format_that_stays_out_is_known_by_its_name(unpacked, tmp_path, name, reason):
    upload = make_zip(tmp_path / "upload.zip", {**NEEDED, name: b"x"})
    assert reason_of(lambda: unpacked(upload)) is reason


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\x89HDF\r\n\x1a\n", Reason.KERAS),
        (b"\x1c\x00\x00\x00TFL3", Reason.TFLITE),
        (b"GGUF\x03", Reason.GGUF),
        (b"\x7fELF\x02", Reason.PROGRAM),
        (b"#!/bin/sh\n", Reason.PROGRAM),
        (b"\x93NUMPY\x01\x00", Reason.PICKLE),
        (b"\x80\x04\x95", Reason.PICKLE),
        (b"7z\xbc\xaf\x27\x1c", Reason.NESTED_ARCHIVE),
        (bytes(257) + b"ustar\x00", Reason.NESTED_ARCHIVE),
    ],
)
def test_a_format_that_stays_out_is_known_by_its_first_bytes(unpacked, tmp_path, head, reason):
    upload = make_zip(tmp_path / "upload.zip", {**NEEDED, "notes.md": head})
    assert reason_of(lambda: unpacked(upload)) is reason


def test_what_begins_by_chance_like_a_pickle_may_be_weights(unpacked, tmp_path):
    """The first eight bytes of safetensors are a length: here 640 bytes and more."""
    weights = b"\x80\x02\x00\x00\x00\x00\x00\x00{}"
    upload = make_zip(tmp_path / "upload.zip", NEEDED | {"model.safetensors": weights})
    assert unpacked(upload)[0]["model.safetensors"] == weights


def test_an_archive_that_is_cut_short_is_refused(unpacked, tmp_path):
    for kind in ("zip", "gztar"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "classes.txt").write_bytes(bytes(range(256)) * 40)
        upload = tmp_path / shutil.make_archive(str(tmp_path / "upload"), kind, tmp_path / "in")
        upload.write_bytes(upload.read_bytes()[:-30])
        assert reason_of(lambda upload=upload: unpacked(upload)) is Reason.UNREADABLE


def test_a_bit_flipped_in_a_zip_is_noticed(unpacked, tmp_path):
    with zipfile.ZipFile(tmp_path / "upload.zip", "w") as packed:
        packed.writestr("classes.txt", "weed" * 100)
    body = bytearray((tmp_path / "upload.zip").read_bytes())
    body[body.index(b"weedweed") + 4] ^= 1
    (tmp_path / "upload.zip").write_bytes(body)
    assert reason_of(lambda: unpacked(tmp_path / "upload.zip")) is Reason.UNREADABLE


def test_an_encrypted_zip_is_refused(unpacked, tmp_path):
    upload = make_zip(tmp_path / "upload.zip", NEEDED)
    body = bytearray(upload.read_bytes())
    body[body.index(b"PK\x01\x02") + 8] |= 1
    upload.write_bytes(body)
    assert reason_of(lambda: unpacked(upload)) is Reason.UNREADABLE


@pytest.mark.parametrize(
    "name",
    ["classes.txt\x00.md", "a" * 301, "a/" * 21 + "classes.txt", "a\nb", "a\x7fb", "a/../b", "..", "a" * 251 + ".onnx"],
)
def test_a_name_that_is_no_plain_relative_one_is_refused(unpacked, tmp_path, name):
    placeholder = "x" * len(name)
    body = make_zip(tmp_path / "upload.zip", {placeholder: "weed"}).read_bytes()
    (tmp_path / "upload.zip").write_bytes(body.replace(placeholder.encode(), name.encode()))
    assert reason_of(lambda: unpacked(tmp_path / "upload.zip")) is Reason.UNSAFE_NAME


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_no_file_system_takes_is_refused(unpacked, tmp_path, kind):
    name, upload = "folder/" + "\N{GREEK SMALL LETTER ALPHA}" * 126 + ".onnx", tmp_path / "upload"
    if kind == "zip":
        make_zip(upload, {name: b"network"})
    else:
        with tarfile.open(upload, "w") as packed:
            packed.addfile(tarfile.TarInfo(name))
    assert reason_of(lambda: unpacked(upload)) is Reason.UNSAFE_NAME


def test_a_name_as_long_as_a_file_system_takes_comes_in(unpacked, tmp_path):
    name = "a" * 250 + ".onnx"
    assert unpacked(make_zip(tmp_path / "upload", {f"folder/{name}": b"network"})) == ({name: b"network"}, ())


def test_the_limit_counts_what_is_left_out_as_well(unpacked, tmp_path):
    upload = make_zip(tmp_path / "upload.zip", {"big.dat": bytes(range(256)) * 100})
    assert reason_of(lambda: unpacked(upload, most_bytes=20_000)) is Reason.TOO_LARGE
    assert unpacked(upload, most_bytes=30_000) == ({}, ("big.dat",))

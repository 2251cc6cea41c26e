"""Unpacks an uploaded archive, or takes a single file, into a flat folder of the files that a model needs.

Trusts neither names nor sizes nor kinds. What is not needed is left out; what should not be there refuses the whole.
"""

import bz2
import errno
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from schema.models import has_control
from workers.models.intake.foreign_formats import (
    HEAD_BYTES,
    refuse_foreign_content,
    refuse_foreign_name,
    refuse_torch_archive,
)
from workers.models.intake.refusals import ModelRefused, Reason, plain

MOST_MEMBERS = 2_000
MOST_DOCUMENT_BYTES = 8_000_000
CLASS_FILES = (
    *("classes.txt", "labels.txt", "names.txt", "class_names.txt", "obj.names", "classes.names", "coco.names"),
    *("data.yaml", "data.yml", "dataset.yaml", "dataset.yml", "classes.yaml", "classes.yml", "names.yaml"),
    *("classes.json", "labels.json", "names.json", "id2label.json"),
)
_DOCUMENTS = {*CLASS_FILES, "config.json", "preprocessor_config.json", "processor_config.json", "plumbline.json"}
_MOST_NAME_CHARS, _MOST_FOLDERS = 300, 20
# What Linux' file systems take of a single name, as UTF-8.
_MOST_PART_BYTES = 255
# Weights hardly shrink; text shrinks tenfold. A hundredfold over so much is nothing that anybody trained.
_MOST_RATIO, _RATIO_FROM_BYTES = 100, 50_000_000
_CHUNK_BYTES = 1 << 20
_UNTOLD = re.compile(
    r"(^|/)(__MACOSX/|\.|Thumbs\.db$|readme|licen[cs]e|notice|citation)"
    r"|\.(md|txt|rst|pdf|png|jpe?g|webp|gif|bmp|svg|csv|tsv|log|html)$",
    re.IGNORECASE,
)
_DRIVE = re.compile(r"^[A-Za-z]:")
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, RuntimeError)
_UNPACKERS: tuple[tuple[bytes, Any], ...] = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size_bytes: int
    body: IO[bytes]


def unpack(path: Path, *, name: str, into: Path, most_bytes: int) -> tuple[str, ...]:
    """Write the files of the upload that a model needs into the folder and return what was left out.

    `name` is what whoever brought it calls the upload; `most_bytes` bounds what it unpacks to, as a whole.
    Raises ModelRefused.
    """
    refuse_foreign_name(name, whole=True)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        members = _members_of_zip(path, name)
    elif head.startswith(tuple(mark for mark, _ in _UNPACKERS)) or head[257:262] == b"ustar":
        members = _members_of_tar(path, head, most_bytes)
    else:
        _take_single(path, name, head, into, most_bytes)
        return ()
    try:
        return _take(members, into, most_bytes, packed_bytes=path.stat().st_size)
    except _DAMAGED as error:
        raise _damaged(name, error) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # a place before the file's start; others are the disk's
            raise
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> ModelRefused:
    return ModelRefused(
        Reason.UNREADABLE, f"{plain(name)} is damaged or cut short ({plain(str(error))}). Pack and upload it again."
    )


def _take(members: Iterator[_Member], into: Path, most_bytes: int, *, packed_bytes: int) -> tuple[str, ...]:
    left_out: list[str] = []
    taken: dict[str, str] = {}
    total_bytes = 0
    for count, member in enumerate(members, 1):
        if count > MOST_MEMBERS:
            raise ModelRefused(
                Reason.TOO_LARGE, f"The archive holds more than {MOST_MEMBERS} files. Leave out the rest."
            )
        total_bytes += member.size_bytes
        _check_size(total_bytes, packed_bytes, most_bytes)
        refuse_foreign_name(member.name)
        head = member.body.read(HEAD_BYTES)
        refuse_foreign_content(member.name, head)
        tail = PurePosixPath(member.name).name
        if not _is_needed(member.name):
            if not _UNTOLD.search(member.name):
                left_out.append(plain(member.name))
            continue
        # Some file systems take names apart only by their letters; so does a person.
        if (other := taken.get(tail.casefold())) is not None:
            raise ModelRefused(
                Reason.SAME_NAME,
                f"{plain(member.name)} and {plain(other)} share a name. Pack one model, with its files in one folder.",
            )
        taken[tail.casefold()] = member.name
        _write(member, head, into / tail)
    return tuple(left_out)


def _check_size(total_bytes: int, packed_bytes: int, most_bytes: int) -> None:
    if total_bytes > _RATIO_FROM_BYTES and total_bytes > _MOST_RATIO * packed_bytes:
        raise ModelRefused(
            Reason.ARCHIVE_BOMB,
            f"The archive unpacks to more than {_MOST_RATIO} times its size, which weights never do. Upload the "
            "model's own files.",
        )
    if total_bytes > most_bytes:
        raise ModelRefused(
            Reason.TOO_LARGE,
            f"The archive unpacks to more than {most_bytes / 1e9:.1f} GB. Leave out what the model does not need, or "
            "save its weights as float16.",
        )


def _is_needed(name: str) -> bool:
    tail = PurePosixPath(name).name.lower()
    if name.startswith("__MACOSX/") or tail.startswith("."):
        return False
    return tail in _DOCUMENTS or tail.endswith((".safetensors", ".safetensors.index.json", ".onnx"))


def _write(member: _Member, head: bytes, path: Path) -> None:
    is_document = path.suffix.lower() not in (".safetensors", ".onnx")
    if is_document and member.size_bytes > MOST_DOCUMENT_BYTES:
        raise ModelRefused(
            Reason.DOCUMENT_DAMAGED,
            f"{plain(member.name)} is larger than {MOST_DOCUMENT_BYTES // 1_000_000} MB, which such a file never is. "
            "Check what it holds.",
        )
    written = 0
    with path.open("xb") as file:
        chunk = head
        while chunk:
            written += len(chunk)
            if written > member.size_bytes:
                raise zipfile.BadZipFile("a file is longer than the archive says")
            file.write(chunk)
            chunk = member.body.read(_CHUNK_BYTES)
    if written != member.size_bytes:
        raise EOFError("a file is shorter than the archive says")


def _take_single(path: Path, name: str, head: bytes, into: Path, most_bytes: int) -> None:
    refuse_foreign_content(name, head)
    tail = PurePosixPath(name.replace("\\", "/")).name
    suffix = Path(tail).suffix.lower()
    if suffix not in (".onnx", ".safetensors"):
        raise ModelRefused(
            Reason.UNKNOWN_FORMAT,
            f"{plain(name)} is neither a zip nor a tar, an ONNX file or safetensors. Pack the weights with their "
            "classes file as a zip.",
        )
    size_bytes = path.stat().st_size
    if size_bytes > most_bytes:
        raise ModelRefused(Reason.TOO_LARGE, f"{plain(name)} is larger than {most_bytes / 1e9:.1f} GB.")
    with path.open("rb") as body:
        _write(_Member(name, size_bytes, body), b"" if not size_bytes else body.read(1), into / f"model{suffix}")


def _checked_name(name: str) -> str:
    """Return a member's name with plain slashes; a name that leads anywhere else is refused."""
    parts = name.split("/")
    if (
        not name
        or name.startswith("/")
        or _DRIVE.match(name)
        or "\\" in name
        or ".." in parts
        or len(name) > _MOST_NAME_CHARS
        or len(parts) > _MOST_FOLDERS
        or has_control(name)
        or any(len(part.encode()) > _MOST_PART_BYTES for part in parts)
    ):
        raise ModelRefused(
            Reason.UNSAFE_NAME,
            f"The archive names a file “{plain(name)}”, which is too long, or may lead out of its folder. Pack the "
            "files anew, with plain, short, relative names.",
        )
    return "/".join(part for part in parts if part not in ("", "."))


def _refuse_special(name: str) -> None:
    raise ModelRefused(
        Reason.LINK, f"{plain(name)} is a link or a device. Pack the file that it stands for (`zip` and `tar -h` do)."
    )


def _members_of_zip(path: Path, name: str) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as packed:
        entries = packed.infolist()
        refuse_torch_archive(name, [entry.orig_filename for entry in entries])
        for entry in entries:
            # zipfile itself cuts a name at its first NUL.
            tail = _checked_name(entry.orig_filename)
            mode = stat.S_IFMT(entry.external_attr >> 16)
            if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                _refuse_special(tail)
            if entry.flag_bits & 0x1:
                raise ModelRefused(Reason.UNREADABLE, f"{plain(tail)} is encrypted. Pack it without a password.")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ModelRefused(
                    Reason.UNREADABLE, f"{plain(tail)} is packed in an unusual way. Pack it with the ordinary `zip`."
                )
            if entry.is_dir():
                refuse_foreign_name(tail)
                continue
            with packed.open(entry) as body:
                yield _Member(tail, entry.file_size, body)


def _members_of_tar(path: Path, head: bytes, most_bytes: int) -> Iterator[_Member]:
    with _open_unpacked(path, head) as file:
        counted = _Counted(file, most_bytes, path.stat().st_size)
        with tarfile.open(fileobj=counted, mode="r|") as packed:  # type: ignore[call-overload]  # a stream: reads alone
            for entry in packed:
                tail = _checked_name(entry.name)
                if entry.isdir():
                    refuse_foreign_name(tail)
                    continue
                if not entry.isreg() or entry.issparse():
                    _refuse_special(tail)
                body = packed.extractfile(entry)
                assert body is not None
                yield _Member(tail, entry.size, body)


@contextmanager
def _open_unpacked(path: Path, head: bytes) -> Iterator[IO[bytes]]:
    opener = next((opener for mark, opener in _UNPACKERS if head.startswith(mark)), open)
    with opener(path, "rb") as file:
        yield file


class _Counted:
    """A stream that refuses to give more than an archive may unpack to, whatever its headers say."""

    def __init__(self, file: IO[bytes], most_bytes: int, packed_bytes: int) -> None:
        self._file = file
        self._read_bytes = 0
        self._most_bytes = most_bytes + 1024 * MOST_MEMBERS
        self._packed_bytes = packed_bytes

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._read_bytes += len(chunk)
        _check_size(self._read_bytes, self._packed_bytes, self._most_bytes)
        return chunk

"""Directories of TIFF 6.0 (1992, section 2) and BigTIFF: the form of a TIFF's tags and of EXIF. Reads, never follows.

Everything a directory claims is checked against the length of the file before it is read.
"""

import io
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

from domain.ingest.headers.header import take

ORIENTATION: Final = 0x0112
_TYPE_BYTES: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8
}  # fmt: skip
_UNSIGNED: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_ENTRIES: Final = 4096
_MOST_NUMBERS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag: its type, how many values, and the field that holds them or their offset."""

    type: int
    count: int
    field: bytes

    @property
    def bytes(self) -> int:
        return _TYPE_BYTES.get(self.type, 1) * self.count


@dataclass(frozen=True, slots=True)
class Directory:
    entries: dict[int, Entry]
    next_offset: int


class DirectoryReader:
    """Reads directories out of one file; raises EOFError, struct.error or ValueError where they are broken."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.file_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = take(file, 8)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self._order:
            raise ValueError("no byte order")
        (version,) = struct.unpack(f"{self._order}H", head[2:4])
        self._big = version == 43
        self.is_big_endian_big_tiff = self._big and self._order == ">"
        if self._big:
            self._unpack("Q", take(file, 8))
            self.first_offset = self._unpack("Q", self._at(8, 8))
        elif version == 42:
            self.first_offset = self._unpack("I", head[4:8])
        else:
            raise ValueError("neither TIFF nor BigTIFF")

    def read(self, offset: int) -> Directory:
        """Read the directory at an offset; a tag that stands twice has its last value, as in Pillow."""
        count_code, entry_code, width = ("Q", "HHQ8s", 20) if self._big else ("H", "HHI4s", 12)
        count_bytes = struct.calcsize(f"{self._order}{count_code}")
        count = self._unpack(count_code, self._at(offset, count_bytes))
        if count > _MOST_ENTRIES:
            raise ValueError("too many tags")
        body = take(self._file, count * width)
        entries = {}
        for tag, kind, number, field in struct.iter_unpack(f"{self._order}{entry_code}", body):
            entries[tag] = Entry(kind, number, field)
        if sum(entry.bytes for entry in entries.values() if entry.bytes > len(entry.field)) > self.file_bytes:
            raise ValueError("the tags claim more than the file holds")
        next_code, next_bytes = ("Q", 8) if self._big else ("I", 4)
        tail = self._file.read(next_bytes)
        return Directory(entries, self._unpack(next_code, tail) if len(tail) == next_bytes else 0)

    def numbers(self, entry: Entry) -> tuple[int, ...]:
        """Return the values of a tag of whole, unsigned numbers."""
        code = _UNSIGNED.get(entry.type)
        if code is None or entry.count > _MOST_NUMBERS:
            raise ValueError("not a tag of whole numbers")
        size = entry.bytes
        raw = entry.field[:size] if size <= len(entry.field) else self._at(self._offset(entry), size)
        return struct.unpack(f"{self._order}{entry.count}{code}", raw)

    def _offset(self, entry: Entry) -> int:
        return self._unpack("Q" if self._big else "I", entry.field)

    def _at(self, offset: int, count: int) -> bytes:
        if offset + count > self.file_bytes:
            raise EOFError
        self._file.seek(offset)
        return take(self._file, count)

    def _unpack(self, code: str, raw: bytes) -> int:
        return int(struct.unpack(f"{self._order}{code}", raw)[0])


def read_turn(exif: bytes) -> int:
    """Return EXIF's orientation (CIPA DC-008, 4.6.5), 1 to 8; 1 where there is none or EXIF is broken.

    Only the first directory's own tag counts, as in browsers: XMP, previews and old text forms say nothing here.
    """
    try:
        reader = DirectoryReader(io.BytesIO(exif.removeprefix(b"Exif\x00\x00")))
        entry = reader.read(reader.first_offset).entries.get(ORIENTATION)
        turn = reader.numbers(entry)[0] if entry is not None and entry.count == 1 else 1
    except (EOFError, ValueError, struct.error):
        return 1  # broken metadata does not make the pixels worse
    return turn if 1 <= turn <= 8 else 1

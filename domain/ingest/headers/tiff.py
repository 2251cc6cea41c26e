"""A TIFF's size, turn and pages, and whether its strips and tiles lie where it says (TIFF 6.0, 1992; BigTIFF).

Single pages of whole numbers come in; raw photographs, which are TIFFs of previews, do not.
"""

from typing import BinaryIO, Final

from domain.ingest.errors import PictureRefused, Reason, damaged, wrong_type
from domain.ingest.formats import PictureKind
from domain.ingest.headers.directory import ORIENTATION, Directory, DirectoryReader
from domain.ingest.headers.header import Header

_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT, _DNG_VERSION = 322, 323, 324, 325, 339, 50_706
_NOT_A_PAGE: Final = 1 | 4  # bits of NewSubfileType: a smaller copy, a mask
_OLD_SMALLER_COPY: Final = 2
_MOST_PAGES_SEEN: Final = 64
# Without compression, CCITT, LZW, JPEG old and new, Deflate, PackBits, Deflate (old code), LZMA, Zstandard.
_COMPRESSIONS: Final = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32_773, 32_946, 34_925, 50_000})
_LOSSY: Final = frozenset({6, 7})
_FLOAT, _COMPLEX = 3, (5, 6)


def read_tiff(file: BinaryIO) -> Header:
    """Read the first directory and count pages. Raises PictureRefused, EOFError, ValueError or struct.error."""
    reader = DirectoryReader(file)
    if reader.is_big_endian_big_tiff:
        raise wrong_type("This is a BigTIFF with the highest byte first, which we do not read")
    first = reader.read(reader.first_offset)
    _refuse_raw(file, reader, first)
    _refuse_many_pages(reader, first)
    width, height = _number(reader, first, _WIDTH, 0), _number(reader, first, _HEIGHT, 0)
    if not width or not height:
        raise damaged()
    compression = _number(reader, first, _COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise wrong_type(f"This TIFF is compressed in a way that we do not read (number {compression})")
    formats = _numbers(reader, first, _SAMPLE_FORMAT)
    if _FLOAT in formats or set(_COMPLEX) & set(formats):
        raise wrong_type("This TIFF holds fractions, which have no agreed white")
    # What is too large is told by its size first; its table of strips may well be missing.
    if width <= 0xFFFF and height <= 0xFFFF:
        _check_places(reader, first, width, height)
    return Header(
        width,
        height,
        PictureKind.TIFF,
        _turn(reader, first),
        lossless=compression not in _LOSSY,
        white_is_zero=_number(reader, first, _PHOTOMETRIC, 0) == 0,
    )


def _refuse_raw(file: BinaryIO, reader: DirectoryReader, first: Directory) -> None:
    file.seek(8)
    canon = file.read(2) == b"CR"
    if canon or _DNG_VERSION in first.entries or _is_no_page(reader, first):
        raise wrong_type("This is a camera's raw photograph or a TIFF that begins with a preview")


def _refuse_many_pages(reader: DirectoryReader, first: Directory) -> None:
    seen, pages, directory = {reader.first_offset}, 1, first
    while directory.next_offset and len(seen) < _MOST_PAGES_SEEN:
        if directory.next_offset in seen:
            raise damaged()
        seen.add(directory.next_offset)
        directory = reader.read(directory.next_offset)
        pages += not _is_no_page(reader, directory)
    if pages > 1:
        count = f"{pages} pages" if len(seen) < _MOST_PAGES_SEEN else "many pages"
        raise PictureRefused(
            Reason.MANY_PAGES, f"The TIFF has {count}. Save each page as a picture of its own and upload those."
        )


def _is_no_page(reader: DirectoryReader, directory: Directory) -> bool:
    kind = _number(reader, directory, _SUBFILE, 0)
    return bool(kind & _NOT_A_PAGE) or _number(reader, directory, _OLD_SUBFILE, 0) == _OLD_SMALLER_COPY


def _turn(reader: DirectoryReader, first: Directory) -> int:
    turn = _number(reader, first, ORIENTATION, 1)
    return turn if 1 <= turn <= 8 else 1


def _check_places(reader: DirectoryReader, first: Directory, width: int, height: int) -> None:
    """Raise unless there are as many strips or tiles as the size asks for, all within the file.

    A decoder leaves what is missing black, or takes other parts of the file for pixels.
    """
    tiled = _TILE_OFFSETS in first.entries
    if tiled and _STRIP_OFFSETS in first.entries:
        raise damaged()  # decoders differ in which they believe
    if tiled:
        across = _number(reader, first, _TILE_WIDTH, 0)
        down = _number(reader, first, _TILE_HEIGHT, 0)
    else:
        across, down = width, min(_number(reader, first, _ROWS_PER_STRIP, height), height)
    if not across or not down:
        raise damaged()
    planes = _number(reader, first, _SAMPLES, 1) if _number(reader, first, _PLANES, 1) == 2 else 1
    wanted = -(-width // across) * -(-height // down) * planes
    offsets = _numbers(reader, first, _TILE_OFFSETS if tiled else _STRIP_OFFSETS)
    counts = _numbers(reader, first, _TILE_BYTES if tiled else _STRIP_BYTES) or (1,) * len(offsets)
    if len(offsets) < wanted or len(counts) < wanted:
        raise damaged()
    places = zip(offsets, counts, strict=False)
    if any(offset < 8 or not count or offset + count > reader.file_bytes for offset, count in places):
        raise damaged()
    _refuse_split_16_bits(reader, first, planes)


def _refuse_split_16_bits(reader: DirectoryReader, first: Directory, planes: int) -> None:
    if planes > 1 and max(_numbers(reader, first, _BITS), default=1) > 8:
        raise wrong_type("This TIFF keeps 16 bits of each colour apart, which we do not read")


def _number(reader: DirectoryReader, directory: Directory, tag: int, default: int) -> int:
    numbers = _numbers(reader, directory, tag)
    return numbers[0] if numbers else default


def _numbers(reader: DirectoryReader, directory: Directory, tag: int) -> tuple[int, ...]:
    entry = directory.entries.get(tag)
    return reader.numbers(entry) if entry is not None else ()

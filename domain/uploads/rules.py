"""How a file is cut into parts, and which key its name becomes. Pure."""

import unicodedata

# S3 takes parts from 5 MiB (the last may be smaller), at most 10,000 of them.
PART_BYTES = 8 * 1024 * 1024
MAX_PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 10_000
MAX_NAME_BYTES = 700
_NOT_IN_KEYS = frozenset('\\{}^%`[]"<>~#|')


def part_bytes_for(size: int) -> int:
    """Return the size of all parts but the last."""
    needed = -(-size // MAX_PARTS)
    return max(PART_BYTES, needed)


def count_parts(size: int, part_bytes: int) -> int:
    return -(-size // part_bytes)


def bytes_of_part(number: int, *, size: int, part_bytes: int) -> int:
    """Return how many bytes a part (from 1) has."""
    return min(part_bytes, size - (number - 1) * part_bytes)


def clean_name(name: str) -> str:
    """Return a name as the end of a key: letters of all scripts stay, folders too; what S3 or a shell minds does not.

    Raises ValueError when nothing is left. Equal names give equal keys: the second file is a new revision of the first.
    """
    composed = unicodedata.normalize("NFC", name.replace("\\", "/"))
    cleaned = "".join("_" if c in _NOT_IN_KEYS or unicodedata.category(c).startswith("C") else c for c in composed)
    parts = [part.strip() for part in cleaned.split("/")]
    kept = "/".join(part for part in parts if part and part not in (".", ".."))
    if not kept or len(kept.encode()) > MAX_NAME_BYTES:
        raise ValueError(f"a name needs 1 to {MAX_NAME_BYTES} bytes that can stand in a key")
    return kept

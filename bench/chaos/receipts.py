"""What people were told is stored: one line a receipt, appended the moment it comes, in a file of their own."""

import json
import threading
from dataclasses import asdict
from pathlib import Path

from bench.chaos.evidence import Receipt


class ReceiptBook:
    """The file that all people share. Nothing is ever changed in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def keep(self, receipt: Receipt) -> None:
        with self._lock:
            self._file.write(json.dumps(asdict(receipt)) + "\n")
            self._file.flush()

    def read(self) -> tuple[Receipt, ...]:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        return tuple(Receipt(**{**entry, "objects": tuple(entry["objects"])}) for entry in map(json.loads, lines))

    def close(self) -> None:
        self._file.close()

"""`python -m tests.integration.stalling_predictor consume --topics run`: the worker process as it is, but that it halts
once as many results of a chunk are stored as STALL_AFTER says, while the file that STALLED names is there."""

import os
import threading
import time
from pathlib import Path
from typing import Any

from domain.runs.service import Saved, save_result
from workers import loop
from workers.__main__ import main
from workers.handlers import runs

_before_stall = iter(range(int(os.environ["STALL_AFTER"])))
_stall, _stalled = threading.Lock(), threading.Event()


def store_some(*arguments: Any) -> Saved:
    with _stall:
        if next(_before_stall, None) is None and not _stalled.is_set():
            _stalled.set()
            path = Path(os.environ["STALLED"])
            path.touch()
            while path.exists():
                time.sleep(0.02)
    return save_result(*arguments)


if __name__ == "__main__":
    runs.save_result = store_some  # type: ignore[attr-defined]
    loop.POLL_S = 1  # type: ignore[misc]
    main()

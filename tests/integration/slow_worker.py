"""`python -m tests.integration.slow_worker consume --topics decide`: the worker process as it is, but for one handler.
A message {"until": path} is handled until that file is there. Polls are short, for they are waited for at the end."""

import time
from pathlib import Path
from typing import Any

from schema.enums import Topic
from workers import handlers, loop
from workers.__main__ import main
from workers.work import Work


def wait_for_file(work: Work, body: dict[str, Any]) -> None:
    path = Path(body["until"])
    path.with_suffix(".begun").touch()
    while not path.exists():
        time.sleep(0.02)


if __name__ == "__main__":
    handlers.HANDLERS[Topic.DECIDE] = wait_for_file
    loop.POLL_S = 1  # type: ignore[misc]
    main()

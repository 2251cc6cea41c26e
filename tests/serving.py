"""A stack's API on a real port, for what speaks HTTP by itself."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.harness import Stack


@contextmanager
def served(stack: Stack) -> Iterator[str]:
    """Serve the stack's application until the block ends; yield its address."""
    config = uvicorn.Config(stack.client.app, host="127.0.0.1", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()

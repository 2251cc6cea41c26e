"""The body of a child in the tests of the sandbox: it shuts itself in, tries one thing, and tells how it went."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from workers.models import sandbox

MB = 1_000_000


def call_loopback(port):
    with socket.socket() as caller:
        caller.connect(("127.0.0.1", port))
    return "connected"


def call_local_server(path):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)
    return "connected"


def send_datagram(port):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"x", ("::1", port))
    return "sent"


def take_memory(amount_bytes):
    import numpy as np

    return str(np.ones(amount_bytes, np.uint8).sum())


def write_file(amount_bytes):
    Path("big").write_bytes(bytes(amount_bytes))
    return "written"


def read_file(path):
    return Path(path).read_text()


def run_program(mark):
    subprocess.run(["/bin/sh", "-c", f"touch {mark}"], check=True)
    return "ran"


def fork(mark):
    if os.fork() == 0:
        Path(mark).touch()
        os._exit(0)
    return "forked"


def signal_process(pid):
    os.kill(pid, 0)
    return "signalled"


def start_thread(text):
    said = []
    thread = threading.Thread(target=said.append, args=(text,))
    thread.start()
    thread.join()
    return said[0]


def list_environment(_):
    return json.dumps(dict(os.environ))


def tell(what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def wait(_):
    tell("waiting")
    sys.stdin.buffer.read()
    return "ended"


def main():
    asked = sandbox.read_argument()
    if asked.get("without_seccomp"):
        sandbox.take_calls_away = lambda: False
    limits = sandbox.Limits(memory_bytes=asked.get("memory_bytes", 2_000 * MB), cpu_s=60, file_bytes=10 * MB)
    files = None
    if "folder" in asked:
        files = sandbox.Files(readable=(), writable=(Path(asked["folder"]),))
    held = sandbox.enter(limits, files=files)
    try:
        said = globals()[asked["do"]](asked["with"])
    except (OSError, MemoryError) as error:
        said = type(error).__name__
    tell([said, held])


if __name__ == "__main__":
    main()

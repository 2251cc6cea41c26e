"""What is posted to strangers: only to where it may go, and with an end to every wait."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.posting import post
from tests.receiver import open_receiver


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver that sends one byte of an endless header after the other."""
    stop = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        stop.set()
        thread.join()
        server.close()


def test_private_address_is_refused_when_connecting() -> None:
    with open_receiver() as receiver:
        posted = post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {}, timeout_s=1.0, allow_private=False)
    assert posted.status is None
    assert posted.error is not None
    assert "private address" in posted.error
    assert receiver.arrived == []


def test_receiver_that_drips_is_given_up_in_time() -> None:
    with dripping() as url:
        started = time.monotonic()
        posted = post(url, b"{}", {}, timeout_s=0.2, allow_private=True)
    assert time.monotonic() - started < 2
    assert (posted.status, posted.error) == (None, "no answer within 0.2 s")


def test_receiver_that_is_not_there_is_an_error_with_its_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    posted = post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_s=1.0, allow_private=True)
    assert posted.status is None
    assert "refused" in str(posted.error)


def test_long_refusal_is_cut() -> None:
    with open_receiver() as receiver:
        receiver.will_answer(400, body=b"x" * 3000)
        posted = post(receiver.url, b"{}", {}, timeout_s=1.0, allow_private=True)
    assert (posted.status, posted.error) == (400, "x" * 500)


def test_host_header_keeps_the_name_and_port() -> None:
    with open_receiver() as receiver:
        post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {"X-A": "b"}, timeout_s=1.0, allow_private=True)
    [one] = receiver.arrived
    assert one.headers["host"] == receiver.url.replace("127.0.0.1", "localhost").split("/")[2]
    assert (one.headers["x-a"], one.headers["content-length"]) == ("b", "2")

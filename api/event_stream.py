"""Server-sent events as an answer that ends by itself: when its reader leaves, or reads too slowly."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


class EventStream(StreamingResponse):
    """A stream whose reader has `slow_s` seconds to take each event; one that does not is dropped."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes], *, slow_s: float) -> None:
        super().__init__(events, headers=_HEADERS)
        self._events = events
        self._slow_s = slow_s

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(self._slow_s):
                await send(message)

        async with aclosing(self._events):  # at once, not when the memory is collected
            try:
                await super().stream_response(send_in_time)
            except TimeoutError:
                structlog.get_logger().info("slow_reader_dropped")
            except OSError:
                return  # the reader left

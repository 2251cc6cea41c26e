"""Uvicorn that ends open streams when it is told to stop: it would wait for them for all of its grace time."""

import socket

import uvicorn
from fastapi import FastAPI

GRACE_S = 15


class Server(uvicorn.Server):
    """Serves one application; requests under way are finished, streams are ended."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.context.live.close()
        await super().shutdown(sockets)

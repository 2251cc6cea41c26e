"""The segment service's HTTP server."""

import os

import uvicorn

from runtime.blobs import OwnBucket
from runtime.settings import Settings
from workers.segment import create_segment_app


def segment(settings: Settings) -> None:
    app = create_segment_app(OwnBucket(settings.bucket), threads=os.cpu_count() or 1)
    uvicorn.run(app, host=settings.segment_host, port=settings.segment_port, log_level="warning", access_log=False)

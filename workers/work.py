"""What a handler works with: the parts of `runtime`, built once per process and passed down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.scope import Scope
from runtime.blobs import OwnBucket
from runtime.database import WORKER_TIMEOUT_S, Database
from runtime.settings import Settings
from runtime.source_buckets import SourceBuckets
from workers.decoder import Decoder
from workers.inference.engine import Engine


@dataclass(frozen=True, slots=True)
class Work:
    settings: Settings
    database: Database
    bucket: OwnBucket
    sources: SourceBuckets
    decoder: Decoder
    engine: Engine

    def close(self, *, wait: bool = True) -> None:
        """Close all parts; without `wait` those that a handler still uses are left to the end of the process."""
        self.engine.close(wait=wait)
        self.decoder.close(wait=wait)
        self.database.close()


Handler = Callable[[Work, dict[str, Any]], None]


def build_work(settings: Settings, *, s3: Any = None) -> Work:
    """Build the parts; nothing is connected before it is used."""
    bucket = OwnBucket(settings.bucket, client=s3)
    return Work(
        settings=settings,
        database=Database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            timeout_s=WORKER_TIMEOUT_S,
        ),
        bucket=bucket,
        sources=SourceBuckets(client=s3),
        decoder=Decoder(
            memory_bytes=settings.decode_memory_bytes,
            timeout_s=settings.decode_timeout_s,
            thumbnail_px=settings.thumbnail_px,
            max_px=settings.picture_max_px,
        ),
        engine=Engine(settings, bucket),
    )


def client_scope(client_org: int) -> Scope:
    """The scope of a client's own rows, in which handlers run."""
    return Scope(client_org)

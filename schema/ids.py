"""The id of an object: a UUIDv7 made where it is drawn. Other ids are integers of PostgreSQL's identities."""

import os
import time
from typing import NewType
from uuid import UUID

ObjectId = NewType("ObjectId", UUID)


def new_object_id() -> ObjectId:
    """Make a UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return ObjectId(UUID(int=value))

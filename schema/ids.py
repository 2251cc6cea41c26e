"""Typed identifiers. Integers come from PostgreSQL identities; objects carry a UUIDv7 made where they are drawn."""

import os
import time
from typing import NewType
from uuid import UUID

OrganisationId = NewType("OrganisationId", int)
PersonId = NewType("PersonId", int)
MemberId = NewType("MemberId", int)
ProjectId = NewType("ProjectId", int)
SourceId = NewType("SourceId", int)
ImageId = NewType("ImageId", int)
ItemId = NewType("ItemId", int)
PredictionId = NewType("PredictionId", int)
ModelVersionId = NewType("ModelVersionId", int)
TaskId = NewType("TaskId", int)
LaneId = NewType("LaneId", int)
LeaseId = NewType("LeaseId", int)
DecisionId = NewType("DecisionId", int)
ReleaseId = NewType("ReleaseId", int)
ClassId = NewType("ClassId", int)
ObjectId = NewType("ObjectId", UUID)


def new_object_id() -> ObjectId:
    """Make a UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return ObjectId(UUID(int=value))

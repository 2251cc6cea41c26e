"""What comes before and after a model: a working copy becomes a picture, and what the model says becomes objects."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from domain.errors import NotFound, Unavailable
from domain.ingest.keys import working_key
from runtime.blobs import OwnBucket
from schema.models import ModelCard
from schema.objects import LabelObject
from workers.inference import figures
from workers.inference.engine import Prediction
from workers.inference.predictions import objects_of
from workers.models.failures import ModelFailed
from workers.pictures import decode_working_copy


@dataclass(frozen=True, slots=True)
class Image:
    """An image of a client, by the hash of its original."""

    image_id: int
    client_org: int
    sha256: str


def read_picture(bucket: OwnBucket, image: Image) -> NDArray[np.uint8]:
    """Return the upright picture, RGB (H, W, 3). Raises Unavailable where its working copy is not there (yet)."""
    started = perf_counter()
    try:
        body = bucket.get_bytes(working_key(client_org=image.client_org, sha256=image.sha256))
    except NotFound as error:  # it was stored before its task was written: whatever hides it may pass
        raise Unavailable(
            f"the working copy of image {image.image_id} is not there", image_id=image.image_id
        ) from error
    fetched = perf_counter()
    picture = decode_working_copy(body)
    figures.stage_seconds("fetch").observe(fetched - started)
    figures.stage_seconds("read").observe(perf_counter() - fetched)
    return picture


def finish(prediction: Prediction, card: ModelCard) -> tuple[tuple[LabelObject, ...], float]:
    """Wait for what the model says; return its objects, in its own classes, and the time that they took in ms."""
    said = prediction.result()
    started = perf_counter()
    try:
        objects = objects_of(said.detections, card, height=prediction.height, width=prediction.width)
    except ValueError as error:  # numbers that no shape can have
        raise ModelFailed(f"what the model says of the picture cannot be stored: {error}") from error
    figures.stage_seconds("polygons").observe(perf_counter() - started)
    return objects, said.took_s * 1000

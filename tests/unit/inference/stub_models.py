"""An engine whose children run the stub, and models in a bucket that lies in memory."""

import hashlib
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from domain.errors import NotFound
from runtime.settings import Settings
from schema.models import InputSpec, ModelCard, ModelClass, ModelFamily, ModelFile, ModelTask
from workers.inference.engine import Engine

SIDE = 32


class MemoryBucket:
    """Objects by their keys, and how often each was opened."""

    def __init__(self):
        self.objects = {}
        self.opened = []
        self.error = None

    def open(self, key, *, byte_range, known_etag):
        self.opened.append(key)
        if self.error is not None:
            raise self.error
        if key not in self.objects:
            raise NotFound("there is no such object (any more)")
        body = self.objects[key]
        return SimpleNamespace(chunks=(body[i : i + 7] for i in range(0, len(body), 7)))


@dataclass(frozen=True)
class StubModel:
    model_version_id: int
    prefix: str
    card: ModelCard


@dataclass
class Bench:
    """Makes models and an engine; what a child notes in its folder is read from there."""

    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    engine: Engine | None = None
    count: int = 0

    def start(self, **settings):
        defaults = {"model_batch_wait_ms": 30.0, "model_threads": 1, "model_device": "cpu", "model_batch": 8}
        self.engine = Engine(
            Settings(database_url="postgresql://nobody@127.0.0.1:9/none", **(defaults | settings)),
            self.bucket,
            module="tests.unit.inference.stub_host",
        )
        return self.engine

    def add(self, *, task=ModelTask.BOXES, spec=None, files=None, **behaviour):
        self.count += 1
        prefix = f"org/1/models/{self.count}/"
        bodies = {"behaviour.json": json.dumps(behaviour).encode()} | (files or {})
        for name, body in bodies.items():
            self.bucket.objects[prefix + name] = body
        return StubModel(self.count, prefix, card_of(bodies, task=task, spec=spec))

    def batches(self, model):
        """What the child was given, batch by batch: the shape and the reds."""
        [folder] = [self.engine._files._home.path / str(model.model_version_id)]
        return [json.loads(line) for line in (folder / "batches").read_text().splitlines()]


def card_of(bodies, *, task=ModelTask.BOXES, spec=None):
    return ModelCard(
        family=ModelFamily.ONNX_BOXES,
        task=task,
        architecture="stub",
        classes=tuple(ModelClass(index=i, name=f"class {i}") for i in range(256)),
        input=spec or InputSpec(height=SIDE, width=SIDE, resize="stretch", multiple_of=1),
        files=tuple(
            ModelFile(name=name, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
            for name, body in bodies.items()
        ),
    )


def picture(red, *, height=SIDE, width=SIDE):
    return np.full((height, width, 3), [red, 0, 0], np.uint8)


def labels_of(predictions):
    return [prediction.result().detections.labels.tolist()[0] for prediction in predictions]

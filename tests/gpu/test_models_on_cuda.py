"""A model on a GPU: it says there what it says on a processor."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from runtime.settings import Settings
from schema.models import ModelFile
from tests.unit.inference.stub_models import MemoryBucket
from tests.unit.models.transformers_networks import save
from tests.unit.models.transformers_running import detect, make_card, photographs
from workers.inference.engine import Engine
from workers.models.adapters.registry import load_adapter

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch reaches by CUDA")
ARCHITECTURES = ["RTDetrForObjectDetection", "Mask2FormerForUniversalSegmentation", "SegformerForSemanticSegmentation"]
# A half keeps about three digits.
TOLERANCE = 0.05


@pytest.fixture(params=ARCHITECTURES)
def model(request, tmp_path):
    """A network's folder, its card, and a bucket that holds it."""
    save(tmp_path, request.param)
    bucket, files = MemoryBucket(), []
    for path in sorted(p for p in tmp_path.iterdir() if p.is_file()):
        body = path.read_bytes()
        bucket.objects[f"m/{path.name}"] = body
        files.append(ModelFile(name=path.name, bytes=len(body), sha256=hashlib.sha256(body).hexdigest()))
    card = make_card(request.param, files=files)
    return SimpleNamespace(model_version_id=1, prefix="m/", card=card, folder=tmp_path, bucket=bucket)


@pytest.fixture
def engine(model):
    made = Engine(Settings(database_url="postgresql://nobody@127.0.0.1:9/none", model_device="cuda"), model.bucket)
    yield made
    made.close()


def test_a_gpu_says_what_a_processor_says(engine, model):
    pictures = photographs()
    on_cuda = [engine.predict(model, picture).result().detections for picture in pictures]
    adapter = load_adapter(model.folder, model.card, device="cpu", threads=1)
    on_cpu = detect(adapter, pictures, model.card.input)
    for here, there in zip(on_cuda, on_cpu, strict=True):
        best = slice(0, min(3, len(here.scores), len(there.scores)))
        assert best.stop > 0
        np.testing.assert_allclose(here.scores[best], there.scores[best], atol=TOLERANCE)


def test_a_picture_gives_the_same_in_whatever_batch_it_is(engine, model):
    picture = photographs()[0]
    predictions = [engine.predict(model, picture) for _ in range(64)]
    scores = [prediction.result().detections.scores for prediction in predictions]
    assert all(np.allclose(each, scores[0], atol=TOLERANCE) for each in scores)

"""A Transformers folder becomes a network offline, from safetensors alone, whole, and of a class that is known."""

import json
import socket

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.unit.models.transformers_networks import CONFIGURATIONS, SIDE, save
from tests.unit.models.transformers_running import make_card
from workers.models.adapters import (
    transformers_detection,
    transformers_instance,
    transformers_prompt,
    transformers_semantic,
)
from workers.models.adapters.networks import memory_errors
from workers.models.adapters.registry import load_adapter
from workers.models.failures import ModelFailed
from workers.models.intake.transformers_config import ARCHITECTURES, read_config
from workers.models.protocols import Frame

MODULES = (transformers_detection.RULES, transformers_instance.RULES, transformers_prompt.RULES)
DETECTOR = "YolosForObjectDetection"
WEIGHTS = "model.safetensors"


@pytest.fixture
def offline(monkeypatch):
    tried = []

    def refuse(*arguments, **_):
        tried.append(arguments)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield
    assert tried == []


def load(folder, architecture):
    return load_adapter(folder, make_card(architecture), device="cpu")


@pytest.mark.parametrize("architecture", list(CONFIGURATIONS))
def test_folder_is_small_passes_intake_and_loads_without_a_network(architecture, tmp_path, offline):
    save(tmp_path, architecture)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2_000_000
    read_config(tmp_path)
    adapter = load(tmp_path, architecture)
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    if architecture in transformers_prompt.RULES:
        assert adapter.segment(adapter.embed(picture), positive=[(9.0, 9.0)]).shape == (SIDE, SIDE)
    else:
        frame = Frame(height=SIDE, width=SIDE, scale_x=1.0, scale_y=1.0, left=0.0, top=0.0)
        assert adapter.decode(adapter.forward(picture[None], [frame]), 0, frame).boxes.shape[1] == 4


def test_every_architecture_that_is_taken_in_has_an_adapter_and_a_test():
    run = {*transformers_semantic.ARCHITECTURES, *(name for rules in MODULES for name in rules)}
    assert run == set(ARCHITECTURES) == set(CONFIGURATIONS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors: tensors.pop("bbox_predictor.layers.0.weight"), "lack bbox_predictor.layers.0.weight"),
        (lambda tensors: tensors.update(surplus=torch.zeros(2)), "hold more than config.json describes: surplus"),
        (
            lambda tensors: tensors.update({"bbox_predictor.layers.0.weight": torch.zeros(3, 3)}),
            "have other shapes than config.json describes in bbox_predictor.layers.0.weight",
        ),
    ],
    ids=["missing", "surplus", "other shape"],
)
def test_weights_that_differ_from_the_configuration_are_refused_by_name(change, told, tmp_path):
    save(tmp_path, DETECTOR)
    tensors = load_file(tmp_path / WEIGHTS)
    change(tensors)
    save_file(tensors, tmp_path / WEIGHTS, metadata={"format": "pt"})
    with pytest.raises(ModelFailed, match=told):
        load(tmp_path, DETECTOR)


def test_pickled_weights_are_not_read(tmp_path):
    save(tmp_path, DETECTOR)
    torch.save(load_file(tmp_path / WEIGHTS), tmp_path / "pytorch_model.bin")
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(OSError, match="safetensors"):
        load(tmp_path, DETECTOR)


def test_class_that_is_not_known_is_refused(tmp_path):
    save(tmp_path, DETECTOR)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"architectures": ["BertModel"]}))
    with pytest.raises(ModelFailed, match="BertModel"):
        load(tmp_path, DETECTOR)


@pytest.mark.parametrize(
    "error",
    [torch.cuda.OutOfMemoryError("no room"), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")],
)
def test_want_of_memory_is_told_as_such(error):
    with pytest.raises(MemoryError), memory_errors():
        raise error


def test_other_faults_of_torch_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shape"), memory_errors():
        raise RuntimeError("shape '[2]' is invalid")

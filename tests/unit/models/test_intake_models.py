"""Weights and a classes file come in as one upload, and the card says what they are."""

import hashlib
import json
import shutil
import tarfile

import numpy as np
import pytest

from schema.models import InputSpec, ModelFamily, ModelTask
from tests.unit.models import tiny_models
from tests.unit.models.attack_files import make_zip
from workers.models.intake.refusals import Reason

CLASSES = [(0, "soil"), (1, "weed")]
PROCESSOR = {
    "do_normalize": True,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.2, 0.2, 0.2],
    "size": {"height": 64, "width": 96},
}


def classes_of(card):
    return [(c.index, c.name) for c in card.classes]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "model").mkdir(parents=True)
    return tmp_path / "in" / "model"


@pytest.fixture
def pack(tmp_path, folder):
    def pack_as(kind, **documents):
        for name, document in documents.items():
            (folder / name.replace("__", ".")).write_text(
                document if isinstance(document, str) else json.dumps(document)
            )
        return tmp_path / shutil.make_archive(str(tmp_path / "in" / "upload"), kind, tmp_path / "in", "model")

    return pack_as


def test_a_yolo_export_says_all_of_itself(validate, tmp_path):
    upload = tmp_path / "yolo11n.onnx"
    upload.write_bytes(tiny_models.onnx_bytes(output0=(1, 6, 84)))
    card = validate(upload)
    assert (card.family, card.decoder, card.task) == (ModelFamily.ONNX_YOLO, "v8", ModelTask.BOXES)
    assert classes_of(card) == CLASSES
    assert card.input == InputSpec(height=64, width=64, resize="letterbox_centred", pad_value=114)
    assert card.architecture == "Ultralytics YOLO11n model"
    assert card.parameters == 6 * 84
    assert [file.name for file in card.files] == ["model.onnx"]
    assert card.files[0].sha256 == hashlib.sha256(upload.read_bytes()).hexdigest()
    assert (tmp_path / "out" / "model.onnx").read_bytes() == upload.read_bytes()
    assert card.warnings == ()


def test_what_a_trial_took_is_on_the_card(validate, tmp_path):
    upload = tmp_path / "yolo11n.onnx"
    upload.write_bytes(tiny_models.onnx_bytes(output0=(1, 6, 84)))
    measured = validate(upload).measured
    assert measured.seconds_per_image > 0
    assert measured.memory_bytes > 10_000_000


def test_a_classes_file_beside_the_weights_wins_over_their_own_names(validate, tmp_path):
    members = {
        "run/weights/best.onnx": tiny_models.onnx_bytes(output0=(1, 6, 84)),
        "run/data.yaml": "names: {0: earth, 1: thistle}",
    }
    card = validate(make_zip(tmp_path / "run.zip", members))
    assert classes_of(card) == [(0, "earth"), (1, "thistle")]


def test_classes_that_come_with_the_request_win_over_all(validate, tmp_path):
    members = {"best.onnx": tiny_models.onnx_bytes(output0=(1, 6, 84)), "classes.txt": "earth\nthistle"}
    card = validate(make_zip(tmp_path / "run.zip", members), classes=["bed", "herb"])
    assert classes_of(card) == [(0, "bed"), (1, "herb")]


def test_what_is_not_needed_is_left_out_and_told(validate, tmp_path):
    members = {
        "model/best.onnx": tiny_models.onnx_bytes(output0=(1, 6, 84)),
        "model/README.md": "read me",
        "model/LICENSE": "MIT",
        "model/curve.png": b"\x89PNG\r\n\x1a\n",
        "model/optimizer.state": "x",
        "__MACOSX/model/._best.onnx": "x",
        "model/.DS_Store": "x",
    }
    card = validate(make_zip(tmp_path / "run.zip", members))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["best.onnx"]
    assert card.warnings == ("Not needed and left out: model/optimizer.state.",)


def test_plumbline_json_says_what_files_cannot(validate, tmp_path):
    said = {
        "decoder": "v5",
        "input": {"resize": "stretch", "colour": "bgr", "scale": 1.0},
        "thresholds": {"score": 0.3},
        "max_objects": 50,
        "licence": "Apache-2.0",
    }
    members = {
        "best.onnx": tiny_models.onnx_bytes(output0=(1, 252, 7), metadata={}),
        "classes.txt": "soil\nweed",
        "plumbline.json": json.dumps(said),
    }
    card = validate(make_zip(tmp_path / "run.zip", members), thresholds={"iou": 0.6})
    assert card.decoder == "v5"
    expected = InputSpec(height=64, width=64, resize="stretch", colour="bgr", scale=1.0)
    assert card.input == expected
    assert (card.thresholds.score, card.thresholds.iou) == (0.3, 0.6)
    assert (card.max_objects, card.licence) == (50, "Apache-2.0")


def test_a_wrong_number_of_classes_is_refused(refuse, tmp_path):
    members = {"best.onnx": tiny_models.onnx_bytes(output0=(1, 6, 84)), "classes.txt": "soil\nweed\nherb"}
    refusal = refuse(make_zip(tmp_path / "run.zip", members))
    assert refusal.reason is Reason.CLASSES_DIFFER
    assert "2 classes apart, and classes.txt names 3" in refusal.message


def test_weights_alone_are_refused_with_what_is_missing(refuse, folder, tmp_path):
    tiny_models.save(tiny_models.segformer(), folder)
    refusal = refuse(folder / "model.safetensors")
    assert refusal.reason is Reason.NO_NETWORK
    assert "config.json" in refusal.message


@pytest.mark.parametrize(
    ("make", "family", "task"),
    [
        (tiny_models.rt_detr, ModelFamily.TRANSFORMERS_DETECTION, ModelTask.BOXES),
        (tiny_models.mask2former, ModelFamily.TRANSFORMERS_INSTANCE, ModelTask.INSTANCES),
        (tiny_models.segformer, ModelFamily.TRANSFORMERS_SEMANTIC, ModelTask.SEMANTIC),
    ],
)
def test_a_transformers_folder_comes_in(validate, folder, pack, make, family, task):
    network = make()
    tiny_models.save(network, folder)
    card = validate(pack("zip", preprocessor_config__json=PROCESSOR))
    assert (card.family, card.task, card.architecture) == (family, task, type(network).__name__)
    assert classes_of(card) == CLASSES
    assert card.parameters == sum(p.numel() for p in network.parameters())
    assert (card.input.height, card.input.width, card.input.resize) == (64, 96, "stretch")
    np.testing.assert_allclose(card.input.mean, (0.5, 0.4, 0.3))
    assert {file.name for file in card.files} == {"config.json", "model.safetensors", "preprocessor_config.json"}


def test_weights_in_several_files_come_in_from_a_tar(validate, folder, pack, tmp_path):
    tiny_models.save(tiny_models.segformer(), folder, max_shard_size="40KB")
    upload = pack("gztar", preprocessor_config__json=PROCESSOR)
    with tarfile.open(upload) as packed:
        assert sum(name.endswith(".safetensors") for name in packed.getnames()) > 1
    assert validate(upload).family is ModelFamily.TRANSFORMERS_SEMANTIC


def test_a_shard_that_is_missing_is_refused(refuse, folder, pack):
    tiny_models.save(tiny_models.segformer(), folder, max_shard_size="40KB")
    next(folder.glob("*.safetensors")).unlink()
    assert refuse(pack("zip")).reason is Reason.SHARDS_DAMAGED


def test_a_network_of_another_width_is_refused_with_the_tensors(refuse, folder, pack):
    tiny_models.save(tiny_models.segformer(), folder)
    config = json.loads((folder / "config.json").read_text())
    refusal = refuse(pack("zip", config__json=config | {"decoder_hidden_size": 32}))
    assert refusal.reason is Reason.TENSORS_DIFFER
    assert "decode_head" in refusal.message


def test_without_a_processor_the_guess_is_told(validate, folder, pack):
    tiny_models.save(tiny_models.segformer(), folder)
    card = validate(pack("zip"))
    assert any("preprocessor_config.json" in warning for warning in card.warnings)

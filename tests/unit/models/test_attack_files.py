"""Files made to do harm are refused with a reason; nothing of theirs runs, and nothing is left behind."""

import pickle
import tarfile

import pytest

from tests.unit.models import attack_files as files
from workers.models.intake.refusals import Reason
from workers.models.sandbox import Limits

PROGRAMS = {
    "a pickle called .pt": (files.pickle_named("best.pt"), Reason.PICKLE),
    "a pickle called .bin": (files.pickle_named("pytorch_model.bin"), Reason.PICKLE),
    "a pickle called .onnx": (files.pickle_named("model.onnx"), Reason.PICKLE),
    "a pickle called .safetensors": (files.pickle_named("model.safetensors"), Reason.PICKLE),
    "a pickle without a name": (files.pickle_named("weights"), Reason.PICKLE),
    "a pickle in a zip": (files.pickle_in_zip("optimizer.pkl"), Reason.PICKLE),
    "a pickle in a zip, called a text": (files.pickle_in_zip("notes.md"), Reason.PICKLE),
    "a pickle in a zip, called a configuration": (files.pickle_in_zip("config.json"), Reason.PICKLE),
    "what torch.save writes": (files.torch_zip, Reason.PICKLE),
    "TorchScript called .onnx": (files.torchscript, Reason.TORCHSCRIPT),
    "an exported program": (files.exported_program("model.pt2"), Reason.EXPORTED_PROGRAM),
    "an exported program called a zip": (files.exported_program("model.zip"), Reason.EXPORTED_PROGRAM),
    "code of its own": (files.remote_code, Reason.REMOTE_CODE),
    "code of its own, brought along": (files.remote_code_with_its_file, Reason.PROGRAM),
    "kernels from elsewhere": (files.config_with(_attn_implementation="someone/kernels"), Reason.REMOTE_CODE),
    "a Python tag in YAML": (files.document(data__yaml=files.python_tag), Reason.CLASSES_DAMAGED),
}
ARCHIVES = {
    "zip slip": (files.zip_slip("../../classes.txt"), Reason.UNSAFE_NAME),
    "zip slip, absolute": (files.zip_slip("/etc/classes.txt"), Reason.UNSAFE_NAME),
    "zip slip, backslashes": (files.zip_slip("..\\classes.txt"), Reason.UNSAFE_NAME),
    "zip slip, a drive": (files.zip_slip("C:classes.txt"), Reason.UNSAFE_NAME),
    "a zip bomb": (files.zip_bomb, Reason.ARCHIVE_BOMB),
    "a tar bomb": (files.tar_bomb, Reason.ARCHIVE_BOMB),
    "too many files": (files.many_files, Reason.TOO_LARGE),
    "an archive in the archive": (files.nested_archive, Reason.NESTED_ARCHIVE),
    "two files of a name": (files.same_names, Reason.SAME_NAME),
    "a link in a zip": (files.zip_link, Reason.LINK),
    "a symbolic link": (files.tar_entry(tarfile.SYMTYPE), Reason.LINK),
    "a hard link": (files.tar_entry(tarfile.LNKTYPE), Reason.LINK),
    "a device": (files.tar_entry(tarfile.CHRTYPE), Reason.LINK),
    "a pipe": (files.tar_entry(tarfile.FIFOTYPE), Reason.LINK),
    "tar slip": (files.tar_entry(tarfile.REGTYPE, name="../classes.txt"), Reason.UNSAFE_NAME),
}
DOCUMENTS = {
    "a YAML bomb": (files.document(data__yaml=files.yaml_bomb), Reason.CLASSES_DAMAGED),
    "a huge document": (files.document(classes__json=lambda _: "[" + "1," * 5_000_000 + "1]"), Reason.DOCUMENT_DAMAGED),
    "a deep document": (
        files.document(classes__json=lambda _: "[" * 100_000 + "]" * 100_000),
        Reason.DOCUMENT_DAMAGED,
    ),
    "a class with a long name": (files.document(classes__txt=lambda _: "w" * 7_000_000), Reason.CLASSES_DAMAGED),
    "millions of classes": (files.document(classes__txt=lambda _: "w\n" * 3_000_000), Reason.CLASSES_DAMAGED),
    "an unknown key": (files.document(plumbline__json='{"run": "this"}'), Reason.OVERRIDES_DAMAGED),
    "a timm backbone": (files.config_with(use_timm_backbone=True), Reason.BACKBONE_ELSEWHERE),
    "a timm backbone, nested": (
        files.config_with(backbone_config={"model_type": "timm_backbone"}),
        Reason.BACKBONE_ELSEWHERE,
    ),
    "a backbone to download": (files.config_with(backbone="microsoft/resnet-50"), Reason.BACKBONE_ELSEWHERE),
    "a hundred gigabytes": (
        files.config_with(hidden_sizes=[32_768] * 4, depths=[40] * 4),
        Reason.CONFIG_UNLIKELY,
    ),
    "a billion layers": (files.config_with(depths=[10**9, 1, 1, 1]), Reason.CONFIG_UNLIKELY),
    "an unknown architecture": (files.config_with(architectures=["LlamaForCausalLM"]), Reason.ARCHITECTURE_UNKNOWN),
}
WEIGHTS = {
    "cut short": (files.safetensors_changed(files.cut_short), Reason.SAFETENSORS_DAMAGED),
    "a bit of the header": (files.safetensors_changed(files.flip_header_bit), Reason.SAFETENSORS_DAMAGED),
    "a bit of the length": (files.safetensors_changed(files.flip_length_bit), Reason.SAFETENSORS_DAMAGED),
    "overlapping tensors": (files.safetensors_changed(files.overlap), Reason.SAFETENSORS_DAMAGED),
    "no numbers": (files.not_finite, Reason.NOT_FINITE),
    "a shard elsewhere": (files.shard_elsewhere, Reason.SHARDS_DAMAGED),
    "weights of another network": (files.config_with(), Reason.TENSORS_DIFFER),
    "external data": (files.external_data("initializer"), Reason.ONNX_EXTERNAL_DATA),
    "external data in a branch": (files.external_data("branch"), Reason.ONNX_EXTERNAL_DATA),
    "a foreign operator": (files.foreign_operator("evil"), Reason.ONNX_DOMAIN),
    "an operator of one runtime": (files.foreign_operator("com.microsoft"), Reason.ONNX_DOMAIN),
    "a function": (files.local_function, Reason.ONNX_FUNCTIONS),
    "an unknown opset": (files.unknown_opset, Reason.ONNX_OPSET),
    "a circle": (files.cyclic_graph, Reason.ONNX_DAMAGED),
    "a tensor without end": (files.huge_tensor, Reason.TOOK_TOO_MUCH_MEMORY),
    "no picture": (files.not_a_picture, Reason.ONNX_INPUT),
}
ATTACKS = PROGRAMS | ARCHIVES | DOCUMENTS | WEIGHTS


def test_the_payload_would_leave_its_mark(tmp_path):
    pickle.loads(files.make_pickle(tmp_path / "mark"))
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_and_leaves_nothing(name, refuse, tmp_path):
    build, reason = ATTACKS[name]
    (tmp_path / "in").mkdir()
    upload = build(tmp_path / "in", tmp_path / "mark")
    refusal = refuse(upload)
    assert refusal.reason is reason, refusal.message
    assert not (tmp_path / "mark").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


def test_a_model_that_takes_too_long_is_refused(refuse, tmp_path):
    upload = files.save_graph(tmp_path / "model.onnx")
    assert refuse(upload, timeout_s=0).reason is Reason.TOOK_TOO_LONG
    assert refuse(upload, limits=Limits(2_500_000_000, cpu_s=0, file_bytes=10**8)).reason is Reason.TOOK_TOO_LONG


def test_a_model_larger_than_allowed_is_refused(refuse, tmp_path):
    upload = files.save_graph(tmp_path / "model.onnx")
    assert refuse(upload, limits=Limits(2_500_000_000, cpu_s=60, file_bytes=50)).reason is Reason.TOO_LARGE

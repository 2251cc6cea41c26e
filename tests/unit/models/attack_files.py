"""Files that somebody might upload in the hope that something of them runs, reaches out, or fills the machine.

Every builder takes an empty folder and the mark that its payload would make, and returns the file to upload.
"""

import io
import json
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

SEGFORMER = {
    "architectures": ["SegformerForSemanticSegmentation"],
    "model_type": "segformer",
    "depths": [1, 1, 1, 1],
    "hidden_sizes": [8, 8, 16, 16],
    "num_attention_heads": [1, 1, 2, 2],
    "decoder_hidden_size": 16,
    "id2label": {"0": "soil", "1": "weed"},
}


class Payload:
    """What makes the mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return (Path.touch, (Path(self.mark),))


def make_pickle(mark):
    return pickle.dumps(Payload(mark))


def make_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in members.items():
            packed.writestr(name, body)
    return path


def make_folder_zip(path, *, config=None, weights=None, **documents):
    """A zip of a Transformers folder; `documents` are further files by their name with __ for the dot."""
    members = {"config.json": json.dumps(SEGFORMER if config is None else config), "model.safetensors": weights}
    members |= {name.replace("__", "."): body for name, body in documents.items()}
    return make_zip(path, {name: body for name, body in members.items() if body is not None})


def make_weights(folder, **arrays):
    save_file(arrays or {"layer.weight": np.ones((4, 4), np.float32)}, folder / "weights")
    return (folder / "weights").read_bytes()


def make_graph(*, nodes=None, inputs=None, outputs=None, initializers=(), domains=(("", 17),), functions=()):
    """An ONNX network that by default takes a picture and gives it back."""
    picture = [1, 3, 64, 64]
    graph = helper.make_graph(
        nodes or [helper.make_node("Identity", ["images"], ["output"])],
        "graph",
        inputs or [helper.make_tensor_value_info("images", TensorProto.FLOAT, picture)],
        outputs or [helper.make_tensor_value_info("output", TensorProto.FLOAT, picture)],
        list(initializers),
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, functions=list(functions))


def save_graph(path, **parts):
    path.write_bytes(make_graph(**parts).SerializeToString())
    return path


def pickle_named(name):
    def build(folder, mark):
        (folder / name).write_bytes(make_pickle(mark))
        return folder / name

    return build


def pickle_in_zip(name):
    def build(folder, mark):
        return make_zip(folder / "model.zip", {"classes.txt": "weed", name: make_pickle(mark)})

    return build


def torch_zip(folder, mark):
    members = {"archive/data.pkl": make_pickle(mark), "archive/version": "3"}
    return make_zip(folder / "weights.zip", members)


def torchscript(folder, mark):
    members = {
        "archive/data.pkl": make_pickle(mark),
        "archive/constants.pkl": make_pickle(mark),
        "archive/code/__torch__.py": f"open({str(mark)!r}, 'w')",
    }
    return make_zip(folder / "model.onnx", members)


def exported_program(name):
    def build(folder, mark):
        members = {
            "model/archive_format": "pt2",
            "model/data/sample_inputs/model.pt": make_pickle(mark),
            "model/models/model.json": "{}",
        }
        return make_zip(folder / name, members)

    return build


def nested_archive(folder, mark):
    inner = make_zip(folder / "inner", {"model.onnx": b"x"})
    return make_zip(folder / "model.zip", {"model.safetensors": b"", "more/data.yaml": inner.read_bytes()})


def zip_slip(name):
    def build(folder, mark):
        return make_zip(folder / "model.zip", {name: "weed"})

    return build


def zip_bomb(folder, mark):
    with (
        zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("model.safetensors", "w", force_zip64=True) as member,
    ):
        for _ in range(400):
            member.write(bytes(1_000_000))
    return folder / "model.zip"


def tar_bomb(folder, mark):
    with tarfile.open(folder / "model.tar.gz", "w:gz") as packed:
        entry = tarfile.TarInfo("unneeded.dat")
        entry.size = 400_000_000
        packed.addfile(entry, io.BytesIO(bytes(entry.size)))
    return folder / "model.tar.gz"


def many_files(folder, mark):
    return make_zip(folder / "model.zip", {f"classes/{number}.md": "" for number in range(2_001)})


def same_names(folder, mark):
    return make_zip(folder / "model.zip", {"a/classes.txt": "weed", "b/Classes.TXT": "soil"})


def tar_entry(kind, name="classes.txt", target="/etc/passwd"):
    def build(folder, mark):
        with tarfile.open(folder / "model.tar", "w") as packed:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = target
            packed.addfile(entry)
        return folder / "model.tar"

    return build


def zip_link(folder, mark):
    with zipfile.ZipFile(folder / "model.zip", "w") as packed:
        entry = zipfile.ZipInfo("classes.txt")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return folder / "model.zip"


def config_with(**changes):
    def build(folder, mark):
        return make_folder_zip(folder / "model.zip", config=SEGFORMER | changes, weights=make_weights(folder))

    return build


def remote_code(folder, mark):
    config = SEGFORMER | {"auto_map": {"AutoModel": "modelling.Network"}}
    return make_folder_zip(folder / "model.zip", config=config, weights=make_weights(folder))


def remote_code_with_its_file(folder, mark):
    config = SEGFORMER | {"auto_map": {"AutoModel": "modelling.Network"}}
    code = f"open({str(mark)!r}, 'w')"
    return make_folder_zip(folder / "m.zip", config=config, weights=make_weights(folder), modelling__py=code)


def document(**documents):
    """A folder whose weights are never reached: a document beside them is the attack."""

    def build(folder, mark):
        bodies = {name: body(mark) if callable(body) else body for name, body in documents.items()}
        return make_zip(
            folder / "model.zip",
            {"model.onnx": make_graph().SerializeToString()} | {n.replace("__", "."): b for n, b in bodies.items()},
        )

    return build


def python_tag(mark):
    return f"names: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{mark}']]"


def yaml_bomb(mark):
    lines = ["a0: &a0 [weed, weed]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    return "\n".join([*lines, "names: *a11"])


def safetensors_changed(change):
    def build(folder, mark):
        body = bytearray(make_weights(folder))
        return make_folder_zip(folder / "model.zip", weights=bytes(change(body)))

    return build


def cut_short(body):
    return body[:-5]


def flip_header_bit(body):
    at = body.index(b"[4,4]")
    body[at + 1] ^= 1
    return body


def flip_length_bit(body):
    body[6] ^= 1
    return body


def overlap(body):
    header = json.dumps(
        {
            "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
            "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
        }
    ).encode()
    return struct.pack("<Q", len(header)) + header + bytes(12)


def not_finite(folder, mark):
    weights = make_weights(folder, layer=np.array([1, np.inf], np.float32))
    return make_folder_zip(folder / "model.zip", weights=weights)


def shard_elsewhere(folder, mark):
    index = json.dumps({"weight_map": {"layer.weight": "../../secret.safetensors"}})
    members = {"model.safetensors.index.json": index, "model.safetensors": make_weights(folder)}
    return make_zip(folder / "model.zip", {"config.json": json.dumps(SEGFORMER)} | members)


def external_data(place):
    def build(folder, mark):
        tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../../../etc/passwd")
        if place == "initializer":
            return save_graph(folder / "model.onnx", initializers=[tensor])
        constant = helper.make_node("Constant", [], ["c"])
        constant.attribute.append(onnx.AttributeProto(name="value", type=onnx.AttributeProto.TENSOR, t=tensor))
        inner = helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [4])])
        condition = helper.make_node(
            "Constant", [], ["yes"], value=helper.make_tensor("", TensorProto.BOOL, [], [True])
        )
        choice = helper.make_node("If", ["yes"], ["output"], then_branch=inner, else_branch=inner)
        return save_graph(folder / "model.onnx", nodes=[condition, choice])

    return build


def foreign_operator(domain):
    def build(folder, mark):
        node = helper.make_node("Evil", ["images"], ["output"], domain=domain)
        return save_graph(folder / "model.onnx", nodes=[node], domains=[("", 17), (domain, 1)])

    return build


def local_function(folder, mark):
    function = helper.make_function(
        "local", "Twice", ["x"], ["y"], [helper.make_node("Add", ["x", "x"], ["y"])], [helper.make_opsetid("", 17)]
    )
    node = helper.make_node("Twice", ["images"], ["output"], domain="local")
    domains = [("", 17), ("local", 1)]
    return save_graph(folder / "model.onnx", nodes=[node], domains=domains, functions=[function])


def unknown_opset(folder, mark):
    return save_graph(folder / "model.onnx", domains=[("", 9_999)])


def cyclic_graph(folder, mark):
    nodes = [helper.make_node("Add", ["images", "b"], ["a"]), helper.make_node("Identity", ["a"], ["b"])]
    return save_graph(folder / "model.onnx", nodes=[*nodes, helper.make_node("Identity", ["b"], ["output"])])


def huge_tensor(folder, mark):
    size = helper.make_node(
        "Constant", [], ["size"], value=helper.make_tensor("", TensorProto.INT64, [1], [40_000_000_000])
    )
    nodes = [size, helper.make_node("ConstantOfShape", ["size"], ["huge"])]
    nodes += [helper.make_node("ReduceSum", ["huge"], ["sum"]), helper.make_node("Add", ["images", "sum"], ["output"])]
    return save_graph(folder / "model.onnx", nodes=nodes)


def not_a_picture(folder, mark):
    return save_graph(
        folder / "model.onnx", inputs=[helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 7, 64, 64])]
    )

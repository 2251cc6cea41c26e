"""Which formats stay out, told by a file's name and by its first bytes, with the way to convert each."""

from pathlib import PurePosixPath

from workers.models.intake.refusals import ModelRefused, Reason, plain

HEAD_BYTES = 512  # as far as a tar header reaches

_PICKLE = (
    "is or may be a Python pickle, which runs code when it is opened. Ultralytics models: `yolo export model=best.pt "
    "format=onnx`. Transformers models: `model.save_pretrained(folder)` writes safetensors. Others: `torch.onnx.export`"
    ". Upload what that writes, or leave the file out where safetensors or ONNX lie beside it"
)
_TORCHSCRIPT = (
    "is TorchScript, which is a program. Export the network with `torch.onnx.export` and upload the .onnx file"
)
_EXPORTED = (
    "is a torch.export program, whose loader may run code. Export the network with `torch.onnx.export` and upload the "
    ".onnx file"
)
_PROGRAM = (
    "is a program, and no program of an upload is run. Leave it out; if the network needs it, export the network "
    "with `torch.onnx.export`"
)
_KERAS = "is a Keras file. Convert it: `python -m tf2onnx.convert --keras model.h5 --output model.onnx`"
_TENSORFLOW = (
    "is TensorFlow's. Convert the saved model: `python -m tf2onnx.convert --saved-model folder --output model.onnx`"
)
_TFLITE = "is TensorFlow Lite's. Convert it: `python -m tf2onnx.convert --tflite model.tflite --output model.onnx`"
_TENSORRT = "is built for one kind of GPU. Upload the .onnx file that it was built from"
_COREML = "is Core ML's. Export the network that it was made from with `torch.onnx.export` and upload the .onnx file"
_GGUF = "is GGUF, made for language models. Upload the Transformers folder that it was made from, with safetensors"
_NESTED = "is an archive in the archive. Unpack it and pack its files with the others"
_EXTERNAL = (
    "holds weights outside their .onnx file. Save all in one: "
    "`onnx.save_model(onnx.load('model.onnx'), 'whole.onnx', save_as_external_data=False)`"
)

_BY_SUFFIX: tuple[tuple[tuple[str, ...], Reason, str], ...] = (
    ((".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib", ".dill", ".mar"), Reason.PICKLE, _PICKLE),
    ((".npy", ".npz", ".pdparams", ".pdiparams"), Reason.PICKLE, _PICKLE),
    ((".torchscript", ".ptl"), Reason.TORCHSCRIPT, _TORCHSCRIPT),
    ((".pt2", ".pte"), Reason.EXPORTED_PROGRAM, _EXPORTED),
    ((".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".exe", ".jar", ".whl", ".egg"), Reason.PROGRAM, _PROGRAM),
    ((".sh", ".bat", ".ps1"), Reason.PROGRAM, _PROGRAM),
    ((".h5", ".hdf5", ".keras"), Reason.KERAS, _KERAS),
    ((".pb", ".pbtxt"), Reason.TENSORFLOW, _TENSORFLOW),
    ((".tflite",), Reason.TFLITE, _TFLITE),
    ((".engine", ".plan", ".trt"), Reason.TENSORRT, _TENSORRT),
    ((".mlmodel", ".mlpackage", ".mlmodelc"), Reason.COREML, _COREML),
    ((".gguf",), Reason.GGUF, _GGUF),
    ((".onnx_data", ".onnx.data"), Reason.ONNX_EXTERNAL_DATA, _EXTERNAL),
    ((".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"), Reason.NESTED_ARCHIVE, _NESTED),
)
# Sources: the formats' own specifications; for pickles, CPython's Lib/pickletools.py (PROTO is the first opcode of
# protocols 2 to 5).
_BY_HEAD: tuple[tuple[int, tuple[bytes, ...], Reason, str], ...] = (
    (0, tuple(bytes((0x80, protocol)) for protocol in range(2, 6)), Reason.PICKLE, _PICKLE),
    (0, (b"\x93NUMPY",), Reason.PICKLE, _PICKLE),
    (0, (b"\x89HDF\r\n\x1a\n",), Reason.KERAS, _KERAS),
    (4, (b"TFL3",), Reason.TFLITE, _TFLITE),
    (0, (b"ptrt", b"ftrt"), Reason.TENSORRT, _TENSORRT),
    (0, (b"GGUF",), Reason.GGUF, _GGUF),
    (
        0,
        (b"\x7fELF", b"MZ\x90\x00", b"#!", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\x00asm"),
        Reason.PROGRAM,
        _PROGRAM,
    ),
    (
        0,
        (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"),
        Reason.NESTED_ARCHIVE,
        _NESTED,
    ),
    (257, (b"ustar",), Reason.NESTED_ARCHIVE, _NESTED),
)


def refuse_foreign_name(name: str, *, whole: bool = False) -> None:
    """Raise ModelRefused when the name, or a folder on its way, is one of a format that stays out.

    `whole`: the name is the upload's own, which may be an archive.
    """
    for part in PurePosixPath(name.lower()).parts:
        for suffixes, reason, what in _BY_SUFFIX:
            if part.endswith(suffixes) and not (whole and reason is Reason.NESTED_ARCHIVE):
                raise ModelRefused(reason, f"{plain(name)} {what}.")


def refuse_foreign_content(name: str, head: bytes) -> None:
    """Raise ModelRefused when a file begins as one of a format that stays out, whatever it is called."""
    # The first eight bytes of safetensors are a length, which may look like anything.
    if head[8:9] == b"{" and name.lower().endswith(".safetensors"):
        return
    for start, marks, reason, what in _BY_HEAD:
        if head[start:].startswith(marks):
            raise ModelRefused(reason, f"{plain(name)} {what}.")


def refuse_torch_archive(name: str, members: list[str]) -> None:
    """Raise ModelRefused when a zip is one that torch.save, torch.jit.save or torch.export.save wrote."""
    tails = {PurePosixPath(member).name for member in members}
    if "serialized_exported_program.json" in tails or "archive_format" in tails:
        raise ModelRefused(Reason.EXPORTED_PROGRAM, f"{plain(name)} {_EXPORTED}.")
    if "constants.pkl" in tails:
        raise ModelRefused(Reason.TORCHSCRIPT, f"{plain(name)} {_TORCHSCRIPT}.")
    if "data.pkl" in tails:
        raise ModelRefused(Reason.PICKLE, f"{plain(name)} {_PICKLE}.")

"""Loads a Transformers folder as a network on a device, and runs it on batches of pictures.

Only known classes are built, only safetensors are read, and nothing is fetched; no code of the folder is run.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from schema.models import InputSpec, ModelCard
from workers.models.failures import ModelFailed
from workers.models.protocols import Frame

_NAMED = 5


class Network:
    """A network of a Transformers class (`read_architecture`), and how a picture becomes its input.

    `clears_padding`: what lies beyond the picture is 0 after normalisation, as the DETR and MaskFormer families were
    trained, whatever the card's `pad_value`. `compile` costs minutes at the first batch of each shape.
    """

    def __init__(
        self,
        folder: Path,
        card: ModelCard,
        *,
        architecture: str,
        device: str,
        threads: int | None,
        compile: bool = False,
        clears_padding: bool = False,
    ) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = torch.device(device)
        self._clears_padding = clears_padding
        self._has_bgr = card.input.colour == "bgr"
        with memory_errors():
            self.module = _load(folder, architecture).to(self.device, memory_format=torch.channels_last)
            self._factor, self._offset = _affine(card.input, self.device)
        if compile:
            self.module.compile()

    def run(self, batch: NDArray[np.uint8], frames: Sequence[Frame], *, takes_mask: bool = False) -> Any:
        """Return the raw outputs for (B, H, W, 3) RGB pictures; `takes_mask`: tell the network what is padding.

        To be called within `computing`, and the outputs read there.
        """
        pixels = self.normalise(self.upload(batch))
        if not takes_mask and not self._clears_padding:
            return self.module(pixel_values=pixels)
        mask = picture_mask(batch.shape[1:3], frames).to(self.device)
        if self._clears_padding:
            pixels *= mask[:, None]
        return self.module(pixel_values=pixels, **({"pixel_mask": mask.long()} if takes_mask else {}))

    def upload(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Return (B, H, W, 3) pictures on the device; to CUDA they go through pinned memory, without waiting."""
        tensor = torch.from_numpy(pictures)
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, H, W, 3) RGB, 0 to 255 → (B, 3, H, W) float32 as the network takes them, channels last in memory."""
        values = pixels.flip(-1) if self._has_bgr else pixels
        return (values * self._factor).sub_(self._offset).permute(0, 3, 1, 2)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Without gradients, on CUDA in the half precision that the card has; want of memory raises MemoryError."""
        is_cuda = self.device.type == "cuda"
        half = torch.bfloat16 if is_cuda and torch.cuda.is_bf16_supported() else torch.float16
        with memory_errors(), torch.inference_mode(), torch.autocast(self.device.type, dtype=half, enabled=is_cuda):
            yield


@contextmanager
def memory_errors() -> Iterator[None]:
    """Raise MemoryError where torch says in its own ways that there is no room."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error
    except RuntimeError as error:
        if "DefaultCPUAllocator" in str(error):
            raise MemoryError(str(error)) from error
        raise


def picture_mask(size: tuple[int, ...], frames: Sequence[Frame]) -> torch.Tensor:
    """Return (B, H, W) bool for inputs of `size` (H, W): True where the picture lies, False in the padding."""
    mask = torch.zeros((len(frames), *size), dtype=torch.bool)
    for index, frame in enumerate(frames):
        top, left = round(frame.top), round(frame.left)
        bottom, right = frame.top + frame.height * frame.scale_y, frame.left + frame.width * frame.scale_x
        mask[index, top : round(bottom), left : round(right)] = True
    return mask


def _affine(spec: InputSpec, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """(value · scale - mean) / std = value · factor - offset."""
    mean, std = (torch.tensor(three, dtype=torch.float64) for three in (spec.mean, spec.std))
    return (spec.scale / std).float().to(device), (mean / std).float().to(device)


def read_architecture(folder: Path, allowed: Collection[str]) -> str:
    """Return the class that the folder names, one of those allowed. Raises ModelFailed."""
    config = json.loads((folder / "config.json").read_text())
    named = config.get("architectures") or ["none"]
    if named[0] not in allowed:
        raise ModelFailed(f"config.json names the architecture {named[0]!r}; this adapter runs {', '.join(allowed)}")
    return str(named[0])


def _load(folder: Path, architecture: str) -> Any:
    """Return the network, for evaluation, in float32. Raises ModelFailed when weights and config.json differ."""
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    module, said = getattr(transformers, architecture).from_pretrained(
        folder,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        dtype=torch.float32,
    )
    for kind, words in (
        ("missing_keys", "lack"),
        ("unexpected_keys", "hold more than config.json describes:"),
        ("mismatched_keys", "have other shapes than config.json describes in"),
    ):
        names = sorted(key if isinstance(key, str) else key[0] for key in said[kind])
        if names:
            raise ModelFailed(
                f"the weights {words} {', '.join(names[:_NAMED])} ({len(names)} in all); config.json and the weights "
                "must be saved from one model"
            )
    return module.eval()

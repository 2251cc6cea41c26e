"""Builds the network that a config.json describes, without memory for it, and compares its size with the weights."""

import logging
import math
from typing import Any

import torch
import transformers

from workers.models.intake.refusals import ModelRefused, Reason, plain, refuse_if_memory
from workers.models.intake.safetensors_files import Tensor
from workers.models.intake.transformers_config import OWN_BACKBONE

# What a file may lack of a network: tables that are computed and tensors that share their memory.
_MOST_MISSING_SHARE = 1.02
_MOST_MISSING_NUMBERS = 2_000_000


def count_parameters(config: dict[str, Any], tensors: dict[str, Tensor]) -> int:
    """Return the number of parameters, no more than the weights hold. Raises ModelRefused.

    Whether the tensors are those of the network shows when the adapter loads them, which takes memory.
    """
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    architecture = getattr(transformers, config["architectures"][0])
    parameters = _count_without_memory(architecture, config)
    held = sum(math.prod(tensor.shape) for tensor in tensors.values())
    if parameters > held * _MOST_MISSING_SHARE + _MOST_MISSING_NUMBERS:
        raise ModelRefused(
            Reason.CONFIG_UNLIKELY,
            f"config.json describes a network of {parameters:,} parameters, and the weights hold {held:,} numbers. "
            "Upload the config.json that was saved with these weights.",
        )
    return parameters


def _count_without_memory(architecture: Any, config: dict[str, Any]) -> int:
    expected = architecture.config_class.model_type
    if config.get("model_type") != expected:
        raise ModelRefused(
            Reason.CONFIG_UNLIKELY,
            f"config.json is of the type “{plain(str(config.get('model_type')))}”, and {config['architectures'][0]} is "
            f"of the type “{expected}”. Upload the config.json that was saved with the weights.",
        )
    try:
        with torch.device("meta"):
            network = architecture(architecture.config_class.from_dict(config))
    except ImportError as error:
        raise ModelRefused(
            Reason.BACKBONE_ELSEWHERE, f"config.json builds on what is not run here. {OWN_BACKBONE}"
        ) from error
    except Exception as error:  # whatever a stranger's numbers lead to is told as theirs
        refuse_if_memory(error)
        raise ModelRefused(
            Reason.CONFIG_UNLIKELY,
            f"No network can be built from config.json: {type(error).__name__}: {plain(str(error))}. Upload the one "
            "that was saved with the weights.",
        ) from error
    return sum(parameter.numel() for parameter in network.parameters())

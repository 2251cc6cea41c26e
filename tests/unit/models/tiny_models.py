"""Tiny networks with random weights in the formats that come in, as the tests bring them."""

import logging

import numpy as np
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper

from tests.unit.models.attack_files import make_graph

ULTRALYTICS = {
    "description": "Ultralytics YOLO11n model",
    "task": "detect",
    "stride": "32",
    "imgsz": "[64, 64]",
    "names": "{0: 'soil', 1: 'weed'}",
}
_BACKBONE = {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 1, 1], "layer_type": "basic"}


def onnx_bytes(*, metadata=None, side=64, **outputs):
    """A network whose outputs have the shapes given and hang on the brightness of the picture."""
    nodes = [helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0)]
    weights, infos = [], []
    random = np.random.default_rng(0)
    for name, shape in outputs.items():
        weights.append(numpy_helper.from_array(random.random(shape, np.float32), f"{name}_weights"))
        nodes.append(helper.make_node("Mul", [f"{name}_weights", "mean"], [name]))
        infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    picture = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, side, side])
    model = make_graph(nodes=nodes, inputs=[picture], outputs=infos, initializers=weights)
    helper.set_model_props(model, ULTRALYTICS if metadata is None else metadata)
    return model.SerializeToString()


def rt_detr():
    backbone = transformers.RTDetrResNetConfig(**_BACKBONE, out_features=["stage2", "stage3", "stage4"])
    config = transformers.RTDetrConfig(
        backbone_config=backbone,
        encoder_in_channels=[16, 16, 32],
        encoder_hidden_dim=32,
        encoder_ffn_dim=32,
        d_model=32,
        decoder_in_channels=[32, 32, 32],
        decoder_ffn_dim=32,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_queries=10,
        num_denoising=0,
        id2label={0: "soil", 1: "weed"},
    )
    return transformers.RTDetrForObjectDetection(config)


def mask2former():
    backbone = transformers.SwinConfig(
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = transformers.Mask2FormerConfig(
        backbone_config=backbone,
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=32,
        dim_feedforward=32,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=2,
        num_queries=8,
        id2label={0: "soil", 1: "weed"},
    )
    return transformers.Mask2FormerForUniversalSegmentation(config)


def segformer():
    config = transformers.SegformerConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        id2label={0: "soil", 1: "weed"},
    )
    return transformers.SegformerForSemanticSegmentation(config)


def save(network, folder, **options):
    """Write a network as Transformers does, without a word on the way."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
    torch.manual_seed(0)
    network.save_pretrained(folder, **options)
    return folder

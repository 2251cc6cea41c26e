"""Tiny networks of every Transformers family that is run here: random and seeded, a folder each below 2 MB."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers

CLASSES = {0: "coin", 1: "shadow", 2: "hand"}
SIDE = 128
QUERIES = 20
_LABELS = {"id2label": CLASSES, "label2id": {name: index for index, name in CLASSES.items()}}
_DETR_FAMILY = {
    "use_timm_backbone": False,
    "use_pretrained_backbone": False,
    "backbone": None,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "num_queries": QUERIES,
}
_RT_DETR_FAMILY = {
    "encoder_hidden_dim": 32,
    "encoder_in_channels": [16, 32, 32],
    "encoder_ffn_dim": 64,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "decoder_in_channels": [32, 32, 32],
    "decoder_ffn_dim": 64,
    "decoder_layers": 2,
    "d_model": 32,
    "num_queries": QUERIES,
    "num_denoising": 0,
    "hidden_expansion": 0.5,
}
_VIT = {"hidden_size": 32, "num_attention_heads": 2, "image_size": SIDE, "patch_size": 16}
_SAM_VIT = {"num_hidden_layers": 2, "mlp_dim": 64, "output_channels": 32, "num_pos_feats": 16, "window_size": 4}
_SAM_PROMPTS = {"hidden_size": 32, "image_size": SIDE, "patch_size": 16, "mask_input_channels": 4}
_SAM_DECODER = {
    "hidden_size": 32,
    "mlp_dim": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "iou_head_hidden_dim": 32,
}


def _rt_detr_backbone() -> Any:
    return transformers.RTDetrResNetConfig(
        embedding_size=16,
        hidden_sizes=[16, 16, 32, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )


def _resnet(*stages: str) -> Any:
    return transformers.ResNetConfig(
        embedding_size=32,
        hidden_sizes=[32, 32, 32, 64],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=list(stages),
    )


def _swin() -> Any:
    return transformers.SwinConfig(
        image_size=SIDE,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )


def _detr(stages: tuple[str, ...] = ("stage4",), **options: Any) -> Any:
    size = {"d_model": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    return transformers.DetrConfig(backbone_config=_resnet(*stages), **(_DETR_FAMILY | size | _LABELS | options))


def _rt_detr() -> Any:
    return transformers.RTDetrConfig(
        backbone_config=_rt_detr_backbone(), decoder_n_points=2, **_RT_DETR_FAMILY, **_LABELS
    )


def _rt_detr_v2() -> Any:
    return transformers.RTDetrV2Config(
        backbone_config=_rt_detr_backbone(), decoder_n_points=2, **_RT_DETR_FAMILY, **_LABELS
    )


def _d_fine() -> Any:
    backbone = transformers.HGNetV2Config(
        stem_channels=[3, 8, 8],
        embedding_size=8,
        stage_in_channels=[8, 16, 16, 32],
        stage_mid_channels=[8, 8, 8, 8],
        stage_out_channels=[16, 16, 32, 32],
        stage_num_blocks=[1, 1, 1, 1],
        stage_numb_of_layers=[1, 1, 1, 1],
        hidden_sizes=[16, 16, 32, 32],
        depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )
    return transformers.DFineConfig(backbone_config=backbone, decoder_n_points=[2, 2, 2], **_RT_DETR_FAMILY, **_LABELS)


def _conditional_detr() -> Any:
    size = {"d_model": 32, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    return transformers.ConditionalDetrConfig(backbone_config=_resnet("stage4"), **_DETR_FAMILY, **size, **_LABELS)


def _yolos() -> Any:
    options = _VIT | {"image_size": [SIDE, SIDE]}
    return transformers.YolosConfig(
        num_hidden_layers=2, intermediate_size=64, num_detection_tokens=QUERIES, **options, **_LABELS
    )


def _detr_for_masks() -> Any:
    stages = ("stage1", "stage2", "stage3", "stage4")
    return _detr(stages, d_model=64, encoder_attention_heads=8, decoder_attention_heads=8)


def _mask2former() -> Any:
    return transformers.Mask2FormerConfig(
        backbone_config=_swin(),
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=64,
        encoder_layers=1,
        decoder_layers=2,
        num_attention_heads=2,
        dim_feedforward=64,
        num_queries=QUERIES,
        **_LABELS,
    )


def _maskformer() -> Any:
    return transformers.MaskFormerConfig(
        backbone_config=_swin(), fpn_feature_size=32, mask_feature_size=32, decoder_config=_detr(), **_LABELS
    )


def _eomt() -> Any:
    return transformers.EomtConfig(
        num_hidden_layers=3,
        num_upscale_blocks=2,
        num_blocks=1,
        num_queries=QUERIES,
        mlp_ratio=2,
        num_register_tokens=2,
        **_VIT,
        **_LABELS,
    )


def _segformer() -> Any:
    return transformers.SegformerConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[16, 16, 32, 32],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=32,
        **_LABELS,
    )


def _mobilenet_v2() -> Any:
    return transformers.MobileNetV2Config(
        depth_multiplier=0.25, finegrained_output=False, output_stride=8, image_size=SIDE, **_LABELS
    )


def _mobilevit() -> Any:
    return transformers.MobileViTConfig(
        hidden_sizes=[16, 16, 32],
        ffn_ratio=1,
        neck_hidden_sizes=[8, 8, 8, 16, 16, 16, 32],
        num_attention_heads=2,
        aspp_out_channels=32,
        atrous_rates=[2, 4, 6],
        image_size=SIDE,
        **_LABELS,
    )


def _mobilevit_v2() -> Any:
    return transformers.MobileViTV2Config(
        width_multiplier=0.25,
        n_attn_blocks=[1, 1, 1],
        ffn_multiplier=1,
        aspp_out_channels=32,
        image_size=SIDE,
        **_LABELS,
    )


def _upernet() -> Any:
    return transformers.UperNetConfig(
        backbone_config=_swin(), hidden_size=32, pool_scales=[1, 2], use_auxiliary_head=False, **_LABELS
    )


def _beit(kind: str) -> Any:
    return getattr(transformers, kind)(
        num_hidden_layers=4,
        intermediate_size=64,
        out_indices=[0, 1, 2, 3],
        use_relative_position_bias=True,
        use_auxiliary_head=False,
        **_VIT,
        **_LABELS,
    )


def _dpt() -> Any:
    return transformers.DPTConfig(
        num_hidden_layers=4,
        intermediate_size=64,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[16, 16, 32, 32],
        fusion_hidden_size=16,
        is_hybrid=False,
        use_auxiliary_head=False,
        **_VIT,
        **_LABELS,
    )


def _sam() -> Any:
    return transformers.SamConfig(
        vision_config={**_VIT, **_SAM_VIT, "global_attn_indexes": [1]},
        prompt_encoder_config={**_SAM_PROMPTS, "image_embedding_size": SIDE // 16},
        mask_decoder_config=_SAM_DECODER,
    )


def _sam_hq() -> Any:
    return transformers.SamHQConfig(
        vision_config={**_VIT, **_SAM_VIT, "global_attn_indexes": [1]},
        prompt_encoder_config={**_SAM_PROMPTS, "image_embedding_size": SIDE // 16},
        mask_decoder_config={**_SAM_DECODER, "vit_dim": 32},
    )


def _sam2() -> Any:
    backbone = transformers.Sam2HieraDetConfig(
        hidden_size=16,
        image_size=[SIDE, SIDE],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[16, 24, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 2],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
        window_positional_embedding_background_size=[4, 4],
    )
    vision = transformers.Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 24, 16],
        backbone_feature_sizes=[[SIDE // 4] * 2, [SIDE // 8] * 2, [SIDE // 16] * 2],
        fpn_hidden_size=32,
    )
    return transformers.Sam2Config(
        vision_config=vision, prompt_encoder_config=_SAM_PROMPTS, mask_decoder_config=_SAM_DECODER
    )


CONFIGURATIONS: dict[str, Callable[[], Any]] = {
    "RTDetrForObjectDetection": _rt_detr,
    "RTDetrV2ForObjectDetection": _rt_detr_v2,
    "DFineForObjectDetection": _d_fine,
    "DetrForObjectDetection": _detr,
    "ConditionalDetrForObjectDetection": _conditional_detr,
    "YolosForObjectDetection": _yolos,
    "Mask2FormerForUniversalSegmentation": _mask2former,
    "MaskFormerForInstanceSegmentation": _maskformer,
    "EomtForUniversalSegmentation": _eomt,
    "DetrForSegmentation": _detr_for_masks,
    "SegformerForSemanticSegmentation": _segformer,
    "MobileNetV2ForSemanticSegmentation": _mobilenet_v2,
    "MobileViTForSemanticSegmentation": _mobilevit,
    "MobileViTV2ForSemanticSegmentation": _mobilevit_v2,
    "UperNetForSemanticSegmentation": _upernet,
    "BeitForSemanticSegmentation": lambda: _beit("BeitConfig"),
    "Data2VecVisionForSemanticSegmentation": lambda: _beit("Data2VecVisionConfig"),
    "DPTForSemanticSegmentation": _dpt,
    "SamModel": _sam,
    "SamHQModel": _sam_hq,
    "Sam2Model": _sam2,
}


def build(architecture: str, *, seed: int = 0) -> Any:
    """Return the network, for evaluation; its weights are so large that what it says hangs on the picture."""
    torch.manual_seed(seed)
    network = getattr(transformers, architecture)(CONFIGURATIONS[architecture]()).eval()
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if weights.ndim > 1 and "positional_embedding" not in name:
                weights.normal_(std=weights[0].numel() ** -0.5)
    return network


def save(folder: Path, architecture: str, *, seed: int = 0) -> Any:
    """Save a network as a folder, and return it."""
    transformers.utils.logging.disable_progress_bar()
    network = build(architecture, seed=seed)
    network.save_pretrained(folder)
    return network

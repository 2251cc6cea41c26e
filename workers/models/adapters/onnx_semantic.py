"""ONNX networks that give every pixel a class, as logits or as the class itself; each component is an instance.

At the picture's size no more than a strip of rows is held of all classes.
"""

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from schema.models import ModelCard
from workers.models.adapters.components import instances_of_class_map
from workers.models.adapters.masks import Grid, Region, read_maps
from workers.models.adapters.onnx_network import OnnxNetwork, OnnxPreLabeler, Outputs
from workers.models.failures import ModelFailed
from workers.models.protocols import Detections, Frame

_LEAST = 1e-12  # of a probability, so that it has a logarithm

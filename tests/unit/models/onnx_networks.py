"""Tiny ONNX networks, one a layout, that find what is bright, dark, red, green or blue where it lies in a picture.

Each function returns the bytes of a file. Their classes are colours, by `LOOKS`: a class's logit at a pixel is a
weighted sum of R, G and B in [0, 1] plus a bias, averaged over a cell; nothing in them is random. Boxes are the cells
themselves or a little larger, so what is found lies where the colour does.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Weights of R, G, B and a bias: the logit is beyond 0 where the look prevails.
LOOKS = {
    "background": (0, 0, 0, 0),
    "bright": (4, 4, 4, -8),
    "dark": (-4, -4, -4, 3),
    "red": (12, -8, -8, -2),
    "green": (-8, 12, -8, -2),
    "blue": (-8, -8, 12, -2),
}
PROTOTYPES = 32
STRIDES = (8, 16, 32)
COLOURS = ("bright", "dark")


@dataclass
class Graph:
    """A network in the making; `add` returns the name of what an operator gives.

    `pixels`: float32 or float16 in [0, 1], or uint8. `gives_halves`: outputs are float16, as of a network of halves.
    """

    height: int
    width: int
    batch: int | str = "batch"
    channels_last: bool = False
    pixels: str = "float32"
    gives_halves: bool = False
    nodes: list = field(default_factory=list)
    weights: list = field(default_factory=list)

    def add(self, operator, *inputs, outputs=1, **attributes):
        names = [f"{operator}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, values, kind=np.float32):
        name = f"weights{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def shape(self, values, *sizes):
        return self.add("Reshape", values, self.constant(sizes, np.int64))

    def planes(self):
        """The picture as (B, 3, H, W) float32 in [0, 1], whatever the input's kind."""
        values = "images"
        if self.pixels != "float32":
            values = self.add("Cast", values, to=TensorProto.FLOAT)
        if self.pixels == "uint8":
            values = self.add("Mul", values, self.constant(1 / 255))
        return self.add("Transpose", values, perm=[0, 3, 1, 2]) if self.channels_last else values

    def looks(self, colours, stride):
        """Logits (B, C, H / stride, W / stride) of colours in cells."""
        table = np.array([LOOKS[colour] for colour in colours], np.float32)
        filters = self.constant(table[:, :3, None, None])
        logits = self.add("Conv", self.planes(), filters, self.constant(table[:, 3]))
        if stride == 1:
            return logits
        return self.add("AveragePool", logits, kernel_shape=[stride] * 2, strides=[stride] * 2)

    def beside(self, values, constant):
        """A constant (1, E, N) for each picture of values (B, ?, N)."""
        first = self.add("Slice", values, *(self.constant(bound, np.int64) for bound in ([0], [1], [1])))
        return self.add("Add", self.add("Mul", first, self.constant(0.0)), self.constant(constant))

    def finish(self, outputs, *, metadata=None):
        """Return the file; `outputs`: of each its name, what gives it, its shape and, unless float, its type."""
        size = (self.height, self.width)
        shape = [self.batch, *size, 3] if self.channels_last else [self.batch, 3, *size]
        kind = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}[self.pixels]
        infos = []
        number = TensorProto.FLOAT16 if self.gives_halves else TensorProto.FLOAT
        for name, values, declared, *other in outputs:
            given = other[0] if other else number
            self.nodes.append(helper.make_node("Cast", [values], [name], to=given))
            infos.append(helper.make_tensor_value_info(name, given, declared))
        picture = helper.make_tensor_value_info("images", kind, shape)
        graph = helper.make_graph(self.nodes, "network", [picture], infos, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        helper.set_model_props(model, metadata or {})
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()


def cells_of(height, width, stride):
    """Cells in rows of a row: their centres and sizes (N, 4), px."""
    y, x = np.mgrid[0 : height // stride, 0 : width // stride]
    return np.stack(((x + 0.5) * stride, (y + 0.5) * stride, np.full(x.shape, stride), np.full(x.shape, stride)), -1)


def _columns(graph, colours, *, grow, rest):
    """(B, 4 + C + E, N) of cells of all strides, one after the other, their boxes grown `grow`-fold."""
    parts = []
    for stride in STRIDES:
        scores = graph.add("Sigmoid", graph.shape(graph.looks(colours, stride), 0, len(colours), -1))  # (B, C, n)
        boxes = cells_of(graph.height, graph.width, stride).reshape(-1, 4) * [1, 1, grow, grow]
        below = [] if rest is None else [rest(graph, scores, boxes)]
        parts.append(graph.add("Concat", graph.beside(scores, boxes.T[None]), scores, *below, axis=1))
    return graph.add("Concat", *parts, axis=2)


def _coefficients(colours):
    """For mask coefficients of each cell: its scores by class times 4, so that its mask is of its own looks."""

    def make(graph, scores, boxes):
        zeros = graph.beside(scores, np.zeros((1, PROTOTYPES - len(colours), len(boxes))))
        return graph.add("Concat", graph.add("Mul", scores, graph.constant(4.0)), zeros, axis=1)

    return make


def _prototypes(graph, colours):
    """(B, 32, H / 4, W / 4): the looks themselves, then nothing."""
    looks = graph.looks(colours, 4)
    pads = graph.constant([0, 0, 0, 0, 0, PROTOTYPES - len(colours), 0, 0], np.int64)
    return graph.add("Pad", looks, pads)


def _corner_points(graph, scores, boxes):
    """Key points of each cell: the box's top-left and bottom-right corner, scored .75 and .25."""
    x, y, width, height = boxes.T
    points = [x - width / 2, y - height / 2, 0 * x + 0.75, x + width / 2, y + height / 2, 0 * x + 0.25]
    return graph.beside(scores, np.stack(points)[None])


def yolo_v8(height=64, width=64, colours=COLOURS, *, grow=2.0, metadata=None, **input_options):
    """Decoder v8: output0 (B, 4 + C, N). Neighbouring boxes overlap, so suppression has something to do."""
    graph = Graph(height, width, **input_options)
    columns = _columns(graph, colours, grow=grow, rest=None)
    return graph.finish([("output0", columns, [graph.batch, 4 + len(colours), None])], metadata=metadata)


def yolo_v8_segment(height=64, width=64, colours=COLOURS, *, metadata=None, **input_options):
    """Decoder v8-segment: output0 (B, 4 + C + 32, N) and output1 (B, 32, H / 4, W / 4)."""
    graph = Graph(height, width, **input_options)
    columns = _columns(graph, colours, grow=2.0, rest=_coefficients(colours))
    outputs = [
        ("output0", columns, [graph.batch, 4 + len(colours) + PROTOTYPES, None]),
        ("output1", _prototypes(graph, colours), [graph.batch, PROTOTYPES, height // 4, width // 4]),
    ]
    return graph.finish(outputs, metadata=metadata)


def yolo_v8_pose(height=64, width=64, colours=("bright",), *, metadata=None, **input_options):
    """Decoder v8-pose with two key points a box, its first and last corner: output0 (B, 4 + C + 6, N)."""
    graph = Graph(height, width, **input_options)
    columns = _columns(graph, colours, grow=2.0, rest=_corner_points)
    return graph.finish([("output0", columns, [graph.batch, 10 + len(colours), None])], metadata=metadata)


def _v5_rows(graph, colours, rest):
    """(B, 3 N, 5 + C + E): three anchors a cell, whether there is anything is the best look's score."""
    anchors = []
    for grow in (1.0, 1.5, 2.0):
        columns = _columns(graph, colours, grow=grow, rest=rest)
        boxes, scores, *others = graph.add(
            "Split",
            columns,
            graph.constant([4, len(colours), *([PROTOTYPES] if rest else [])], np.int64),
            outputs=3 if rest else 2,
            axis=1,
        )
        present = graph.add("ReduceMax", scores, axes=[1], keepdims=1)
        anchors.append(graph.add("Concat", boxes, present, scores, *others, axis=1))
    return graph.add("Transpose", graph.add("Concat", *anchors, axis=2), perm=[0, 2, 1])


def yolo_v5(height=64, width=64, colours=COLOURS, *, metadata=None, **input_options):
    """Decoder v5: output0 (B, 3 N, 5 + C)."""
    graph = Graph(height, width, **input_options)
    rows = _v5_rows(graph, colours, None)
    return graph.finish([("output0", rows, [graph.batch, None, 5 + len(colours)])], metadata=metadata)


def yolo_v5_segment(height=64, width=64, colours=COLOURS, *, metadata=None, **input_options):
    """Decoder v5-segment: output0 (B, 3 N, 5 + C + 32) and output1 (B, 32, H / 4, W / 4)."""
    graph = Graph(height, width, **input_options)
    rows = _v5_rows(graph, colours, _coefficients(colours))
    outputs = [
        ("output0", rows, [graph.batch, None, 5 + len(colours) + PROTOTYPES]),
        ("output1", _prototypes(graph, colours), [graph.batch, PROTOTYPES, height // 4, width // 4]),
    ]
    return graph.finish(outputs, metadata=metadata)


def _cells(graph, colours, *, stride=16):
    """(B, 6, n) of cells that do not overlap: corners px, the best look's score, and which it is."""
    scores = graph.add("Sigmoid", graph.shape(graph.looks(colours, stride), 0, len(colours), -1))  # (B, C, n)
    x, y, width, height = cells_of(graph.height, graph.width, stride).reshape(-1, 4).T
    corners = np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2))[None]
    labels = graph.add("Cast", graph.add("ArgMax", scores, axis=1, keepdims=1), to=TensorProto.FLOAT)
    best = graph.add("ReduceMax", scores, axes=[1], keepdims=1)
    return graph.add("Concat", graph.beside(scores, corners), best, labels, axis=1)


def yolo_end2end(height=64, width=64, colours=COLOURS, *, most=12, metadata=None, **input_options):
    """Decoder end2end: output0 (B, K, 6) of cells that do not overlap, best first."""
    graph = Graph(height, width, **input_options)
    columns = _cells(graph, colours)
    best = graph.add("Slice", columns, *(graph.constant(bound, np.int64) for bound in ([4], [5], [1])))
    _, order = graph.add("TopK", best, graph.constant([most], np.int64), outputs=2, axis=2)
    order = graph.add("Tile", order, graph.constant([1, 6, 1], np.int64))
    rows = graph.add("Transpose", graph.add("GatherElements", columns, order, axis=2), perm=[0, 2, 1])
    return graph.finish([("output0", rows, [graph.batch, most, 6])], metadata=metadata)


def boxes(height=64, width=64, colours=COLOURS, *, normalised=False, masks=None, mask_logits=False, **options):
    """Decoder boxes, as torchvision exports it: boxes (N, 4), scores (N,), labels (N,), of cells scored beyond .5.

    `normalised`: boxes in parts of the input. `masks`: "box" for (N, 1, 16, 16) over the boxes, "input" for
    (N, 1, H, W) over the input; the probability of the best look at each pixel, or its logit with `mask_logits`.
    """
    graph = Graph(height, width, batch=1, **options)
    every = graph.shape(graph.add("Transpose", _cells(graph, colours), perm=[0, 2, 1]), -1, 6)
    corners, scores, labels = graph.add("Split", every, graph.constant([4, 1, 1], np.int64), outputs=3, axis=1)
    if normalised:
        corners = graph.add("Div", corners, graph.constant([[width, height] * 2]))
    likely = graph.add("Greater", graph.shape(scores, -1), graph.constant(0.5))

    def choose(values):
        return graph.add("Compress", values, likely, axis=0)

    labels = graph.add("Cast", graph.shape(labels, -1), to=TensorProto.INT64)
    outputs = [
        ("boxes", choose(corners), [None, 4]),
        ("scores", choose(graph.shape(scores, -1)), [None]),
        ("labels", choose(labels), [None], TensorProto.INT64),
    ]
    if masks:
        looks = graph.add("ReduceMax", graph.looks(colours, 1), axes=[1], keepdims=1)
        likeliest = looks if mask_logits else graph.add("Sigmoid", looks)  # (1, 1, H, W)
        if masks == "box":
            cells = graph.shape(likeliest, height // 16, 16, width // 16, 16)
            maps = graph.shape(graph.add("Transpose", cells, perm=[0, 2, 1, 3]), -1, 1, 16, 16)
        else:
            count = graph.constant([height * width // 256, 1, 1, 1], np.int64)
            maps = graph.add("Tile", likeliest, count)
        outputs.append(("masks", choose(maps), [None, 1, None, None]))
    return graph.finish(outputs)


def boxes_batched(height=64, width=64, colours=COLOURS, *, metadata=None, **input_options):
    """Decoder boxes with an axis for the batch: boxes (B, N, 4), scores (B, N), labels (B, N)."""
    graph = Graph(height, width, **input_options)
    every = graph.add("Transpose", _cells(graph, colours), perm=[0, 2, 1])
    corners, scores, labels = graph.add("Split", every, graph.constant([4, 1, 1], np.int64), outputs=3, axis=2)
    labels = graph.add("Cast", graph.shape(labels, 0, -1), to=TensorProto.INT64)
    outputs = [
        ("boxes", corners, [graph.batch, None, 4]),
        ("scores", graph.shape(scores, 0, -1), [graph.batch, None]),
        ("labels", labels, [graph.batch, None], TensorProto.INT64),
    ]
    return graph.finish(outputs, metadata=metadata)


def detr(height=64, width=64, colours=COLOURS, *, no_object=False, metadata=None, **input_options):
    """Decoder detr: logits (B, Q, C), with `no_object` (B, Q, C + 1), and pred_boxes (B, Q, 4), a query a cell."""
    graph = Graph(height, width, **input_options)
    logits = graph.shape(graph.looks(colours, 16), 0, len(colours), -1)  # (B, C, Q)
    places = cells_of(height, width, 16).reshape(-1, 4) / [width, height, width, height]
    outputs = [("pred_boxes", graph.beside(logits, places.T[None]))]
    if no_object:
        logits = graph.add("Concat", logits, graph.beside(logits, np.zeros((1, 1, len(places)))), axis=1)
    outputs.append(("logits", logits))
    columns = {"pred_boxes": 4, "logits": len(colours) + no_object}
    return graph.finish(
        [
            (name, graph.add("Transpose", values, perm=[0, 2, 1]), [graph.batch, len(places), columns[name]])
            for name, values in outputs
        ],
        metadata=metadata,
    )


def centernet(height=64, width=64, colours=COLOURS, *, is_probable=True, metadata=None, **input_options):
    """CenterNet of cells of 4 px: hm (B, C, h, w), its sigmoid inside where `is_probable`, wh and reg (B, 2, h, w).

    The heat is averaged over 7 x 7 cells, so a blob has one peak; objects are 6 x 4 cells large, a quarter of a cell
    right of and three quarters below a cell's corner.
    """
    graph = Graph(height, width, **input_options)
    heat = graph.add("AveragePool", graph.looks(colours, 4), kernel_shape=[7, 7], pads=[3, 3, 3, 3])
    rows, columns = height // 4, width // 4
    sizes = np.broadcast_to(np.array([6.0, 4.0])[:, None, None], (2, rows, columns))
    offsets = np.broadcast_to(np.array([0.25, 0.75])[:, None, None], (2, rows, columns))
    return graph.finish(
        [
            ("hm", graph.add("Sigmoid", heat) if is_probable else heat, [graph.batch, len(colours), rows, columns]),
            ("wh", graph.beside(heat, sizes[None]), [graph.batch, 2, rows, columns]),
            ("reg", graph.beside(heat, offsets[None]), [graph.batch, 2, rows, columns]),
        ],
        metadata=metadata,
    )


def semantic(height=64, width=64, colours=("background", *COLOURS), *, gives="logits", metadata=None, **input_options):
    """Class maps of cells of 4 px; `gives` logits, probabilities (B, C, h, w), or labels (B, h, w) int64."""
    graph = Graph(height, width, **input_options)
    logits = graph.looks(colours, 4)
    size = [height // 4, width // 4]
    if gives == "labels":
        labels = graph.add("ArgMax", logits, axis=1, keepdims=0)
        return graph.finish([("labels", labels, [graph.batch, *size], TensorProto.INT64)], metadata=metadata)
    values = graph.add("Softmax", logits, axis=1) if gives == "probabilities" else logits
    return graph.finish([("logits", values, [graph.batch, len(colours), *size])], metadata=metadata)

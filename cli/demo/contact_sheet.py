"""Final labels over their pictures on one PNG, for people to look at. Draws what it is given; decides nothing."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cli.demo.label_overlay import Colour, Place, draw_objects, parse_colour
from schema.objects import LabelObject
from schema.projects import ClassSpec, Ontology

_GROUND, _CARD, _BORDER = (18, 23, 30), (26, 33, 43), (42, 53, 66)
_WELL = (7, 9, 12)
_TEXT, _MUTED = (232, 237, 243), (169, 182, 196)
_GAP_PX = 16
_PADDING_PX = 12
_LINE_PX = 20
_RADIUS_PX = 9
_PICTURE_ASPECT = 0.72
_NAMED_OBJECTS = 12  # beyond it the names would hide the picture; the legend below still counts the classes


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A picture (height, width, 3) with its final objects; the caption says its state and votes."""

    title: str
    image_rgb: NDArray[np.uint8]
    objects: Sequence[LabelObject]
    caption: str


def draw_contact_sheet(
    entries: Sequence[SheetEntry], ontology: Ontology, *, columns: int = 3, cell_px: int = 480
) -> bytes:
    """Return a PNG with one card an entry, `columns` in a row, each `cell_px` wide. No entries give an empty sheet."""
    picture_px = round(cell_px * _PICTURE_ASPECT)
    card_height = picture_px + 2 * _PADDING_PX + 3 * _LINE_PX
    rows = -(-len(entries) // columns)
    size = (columns * (cell_px + _GAP_PX) + _GAP_PX, max(rows, 0) * (card_height + _GAP_PX) + _GAP_PX)
    sheet = Image.new("RGB", size, _GROUND)
    classes = {spec.class_id: spec for spec in ontology.classes}
    for number, entry in enumerate(entries):
        row, column = divmod(number, columns)
        corner = (_GAP_PX + column * (cell_px + _GAP_PX), _GAP_PX + row * (card_height + _GAP_PX))
        _draw_card(sheet, corner, (cell_px, card_height), picture_px, entry, classes)
    encoded = io.BytesIO()
    sheet.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def _draw_card(
    sheet: Image.Image,
    corner: tuple[int, int],
    size: tuple[int, int],
    picture_px: int,
    entry: SheetEntry,
    classes: dict[int, ClassSpec],
) -> None:
    x, y = corner
    width, height = size
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle((x, y, x + width - 1, y + height - 1), _RADIUS_PX, fill=_CARD, outline=_BORDER)
    pen.rectangle((x + 1, y + _RADIUS_PX, x + width - 2, y + picture_px), fill=_WELL)
    pen.rounded_rectangle((x + 1, y + 1, x + width - 2, y + picture_px), _RADIUS_PX - 1, fill=_WELL)
    picture, place = _fit(entry.image_rgb, width=width - 2, height=picture_px - 2)
    drawn = draw_objects(picture, entry.objects, place, {k: parse_colour(c.colour) for k, c in classes.items()})
    origin = (x + 1 + (width - 2 - drawn.shape[1]) // 2, y + 1 + (picture_px - 2 - drawn.shape[0]) // 2)
    sheet.paste(Image.fromarray(drawn), origin)
    if len(entry.objects) <= _NAMED_OBJECTS:
        _draw_names(pen, origin, drawn.shape[:2], entry.objects, place, classes)
    left, line = x + _PADDING_PX, y + picture_px + _PADDING_PX
    room_px = width - 2 * _PADDING_PX
    pen.text((left, line), _shorten(pen, entry.title, 15, room_px), _TEXT, _font(15))
    pen.text((left, line + _LINE_PX + 1), _shorten(pen, entry.caption, 12, room_px), _MUTED, _font(12))
    _draw_legend(pen, (left, line + 2 * _LINE_PX + 2), room_px, entry.objects, classes)


def _fit(image_rgb: NDArray[np.uint8], *, width: int, height: int) -> tuple[NDArray[np.uint8], Place]:
    """Scale the picture into a rectangle; never beyond three times its size."""
    tall, wide = image_rgb.shape[:2]
    scale = min(width / wide, height / tall, 3.0)
    size = (max(round(wide * scale), 1), max(round(tall * scale), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image_rgb, size, interpolation=how).astype(np.uint8), Place(scale=scale, height=tall, width=wide)


def _draw_names(
    pen: ImageDraw.ImageDraw,
    origin: tuple[int, int],
    shape: tuple[int, ...],
    objects: Sequence[LabelObject],
    place: Place,
    classes: dict[int, ClassSpec],
) -> None:
    taken: list[tuple[float, float, float, float]] = []
    for item in objects:
        sides = place.bounds_of(item.shape)
        if sides is None:
            continue
        name, colour = _name_and_colour(item.class_id, classes)
        text_px = pen.textlength(name, _font(11))
        for pill in _pills(sides, text_px + 20, 17, shape):
            if not any(_overlap(pill, other) for other in taken):
                taken.append(pill)
                _draw_pill(pen, origin, pill, name, colour)
                break


def _pills(
    sides: tuple[float, float, float, float], width_px: float, height_px: float, shape: tuple[int, ...]
) -> list[tuple[float, float, float, float]]:
    """Return where a name may stand: above its object, in its middle, below it; inside the picture."""
    x0, y0, x1, y1 = sides
    middle = (x0 + x1 - width_px) / 2
    wanted = ((middle, y0 - height_px - 3), (middle, (y0 + y1 - height_px) / 2), (middle, y1 + 3), (x0, y0 + 3))
    highest_x, highest_y = max(shape[1] - width_px - 2, 2.0), max(shape[0] - height_px - 2, 2.0)
    kept = [(min(max(x, 2.0), highest_x), min(max(y, 2.0), highest_y)) for x, y in wanted]
    return [(x, y, x + width_px, y + height_px) for x, y in kept]


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _draw_pill(
    pen: ImageDraw.ImageDraw,
    origin: tuple[int, int],
    pill: tuple[float, float, float, float],
    name: str,
    colour: Colour,
) -> None:
    x0, y0, x1, y1 = pill[0] + origin[0], pill[1] + origin[1], pill[2] + origin[0], pill[3] + origin[1]
    pen.rounded_rectangle((x0, y0, x1, y1), 5, fill=_GROUND)
    pen.ellipse((x0 + 5, y0 + 5, x0 + 12, y0 + 12), fill=colour)
    pen.text((x0 + 16, (y0 + y1) / 2), name, _TEXT, _font(11), anchor="lm")


def _draw_legend(
    pen: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    room_px: int,
    objects: Sequence[LabelObject],
    classes: dict[int, ClassSpec],
) -> None:
    x, y = corner
    end = x + room_px
    if not objects:
        pen.text((x, y), "nothing to label", _MUTED, _font(12))
    for class_id, count in sorted(Counter(item.class_id for item in objects).items()):
        name, colour = _name_and_colour(class_id, classes)
        text = f"{name}  {count}"
        if x + 14 + pen.textlength(text, _font(12)) > end:
            break
        pen.ellipse((x, y + 3, x + 9, y + 12), fill=colour)
        pen.text((x + 14, y), text, _MUTED, _font(12))
        x += 14 + pen.textlength(text, _font(12)) + 16


def _name_and_colour(class_id: int, classes: dict[int, ClassSpec]) -> tuple[str, Colour]:
    spec = classes.get(class_id)
    return (spec.name, parse_colour(spec.colour)) if spec else (f"class {class_id}", _MUTED)


def _shorten(pen: ImageDraw.ImageDraw, text: str, size_px: int, room_px: int) -> str:
    if pen.textlength(text, _font(size_px)) <= room_px:
        return text
    while text and pen.textlength(text + "…", _font(size_px)) > room_px:
        text = text[:-1]
    return text.rstrip() + "…"


def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)

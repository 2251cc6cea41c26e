"""The contact sheet and the page that shows it."""

import io
from pathlib import Path
from uuid import UUID

import numpy as np
from PIL import Image

from cli.demo.contact_sheet import SheetEntry, draw_contact_sheet
from cli.demo.label_overlay import Place, draw_objects
from cli.demo.ontologies import PHOTOGRAPHS
from cli.demo.report import DemoResult, Figure, ImageOutcome, ProjectOutcome, write_report
from schema.geometry import Box, Points, Polygon, Tag
from schema.objects import LabelObject

RING = Polygon(parts=((((10, 10), (90, 10), (90, 90), (10, 90)), ((30, 30), (30, 70), (70, 70), (70, 30))),))


def make_entry(*shapes: Box | Polygon | Points | Tag, title: str = "picture.png") -> SheetEntry:
    objects = [LabelObject(id=UUID(int=n), class_id=1, shape=shape) for n, shape in enumerate(shapes)]
    return SheetEntry(title, np.full((100, 150, 3), 90, np.uint8), objects, "accepted · 2 votes")


def make_result(name: str = "a.png") -> DemoResult:
    image = ImageOutcome(name, "accepted", 3, 2, contested=("class",), settled=("fix",), mean_iou_to_truth=0.912)
    project = ProjectOutcome("Photographs", "eight pictures", "photographs.png", (image,))
    return DemoResult("Demo", "what happened", (Figure("Images", "1"),), (project,), ("release.json",))


def read_size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        return image.size


def draw(*shapes: Box | Polygon | Points | Tag) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    entry = make_entry(*shapes)
    return draw_objects(entry.image_rgb, entry.objects, Place(1.0, 100, 150), {1: (255, 0, 0)})


def test_cards_stand_in_rows() -> None:
    width, height = read_size(draw_contact_sheet([make_entry()] * 3, PHOTOGRAPHS, columns=2, cell_px=200))
    assert width == 2 * 200 + 3 * 16
    assert height > 2 * 200


def test_the_same_entries_give_the_same_sheet() -> None:
    entries = [make_entry(RING, Points(points=((5, 5),)), Tag())]
    assert draw_contact_sheet(entries, PHOTOGRAPHS) == draw_contact_sheet(entries, PHOTOGRAPHS)


def test_the_inside_is_tinted() -> None:
    assert draw(RING)[20, 50, 0] > 90


def test_a_hole_is_left_open() -> None:
    assert draw(RING)[50, 50].tolist() == [90, 90, 90]


def test_the_stroke_has_the_colour_of_the_class() -> None:
    assert draw(Box(x0=10, y0=10, x1=90, y1=90))[50, 10].tolist() == [255, 0, 0]


def test_the_stroke_has_a_dark_halo() -> None:
    assert draw(Box(x0=10, y0=10, x1=90, y1=90))[50, 7:9].max(axis=1).min() < 90


def test_a_long_title_is_shortened() -> None:
    assert read_size(draw_contact_sheet([make_entry(title="x" * 400)], PHOTOGRAPHS, columns=1, cell_px=200))[0] == 232


def test_the_report_links_the_sheet_beside_it(tmp_path: Path) -> None:
    assert 'src="photographs.png"' in write_report(tmp_path, make_result()).read_text("utf-8")


def test_the_report_shows_the_measured_figures(tmp_path: Path) -> None:
    assert "0.912" in write_report(tmp_path, make_result()).read_text("utf-8")


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    page = write_report(tmp_path, make_result("<script>$title")).read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;$title" in page


def test_the_report_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    assert "http" not in write_report(tmp_path, make_result()).read_text("utf-8")

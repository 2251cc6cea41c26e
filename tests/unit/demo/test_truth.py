"""The demonstration's pictures and their hand-made truth."""

import io
from itertools import pairwise

import pytest
import shapely
from PIL import Image

from cli.demo.ontologies import COINS_AND_CELLS, PHOTOGRAPHS
from cli.demo.personality import ANNOTATORS
from cli.demo.pictures import CROPS, DemoPicture, coins_and_cells, photographs
from cli.demo.truth import TruthObject, TruthPicture, coins_and_cells_truth, photograph_truth
from schema.geometry import bounds, iter_points
from schema.projects import Ontology

TRUTH = {**photograph_truth(), **coins_and_cells_truth()}
OBJECTS = [item for picture in TRUTH.values() for item in picture.objects]
KINDS = [(photograph_truth(), PHOTOGRAPHS), (coins_and_cells_truth(), COINS_AND_CELLS)]


def by_key(item: TruthObject) -> str:
    return item.key


def box_of(item: TruthObject) -> tuple[float, float, float, float]:
    return bounds(iter_points(item.polygon))


@pytest.mark.parametrize("picture", [*photographs(), *coins_and_cells()], ids=lambda picture: str(picture.name))
def test_the_truth_knows_the_size_of_each_picture(picture: DemoPicture) -> None:
    with Image.open(io.BytesIO(picture.content)) as image:
        assert image.size == (TRUTH[picture.name].width, TRUTH[picture.name].height)


def test_the_truth_covers_exactly_the_pictures() -> None:
    assert {picture.name for picture in (*photographs(), *coins_and_cells())} == TRUTH.keys()


def test_crops_are_the_same_bytes_every_time() -> None:
    assert coins_and_cells() == coins_and_cells()


@pytest.mark.parametrize("item", OBJECTS, ids=by_key)
def test_extreme_points_lie_on_the_extent_of_the_outline(item: TruthObject) -> None:
    left, top, right, bottom = item.extreme_points
    assert (left[0], top[1], right[0], bottom[1]) == pytest.approx(box_of(item), abs=0.02)


@pytest.mark.parametrize("item", OBJECTS, ids=by_key)
def test_extreme_points_lie_on_the_outline(item: TruthObject) -> None:
    outline = shapely.LinearRing(item.polygon.parts[0][0])
    assert max(outline.distance(shapely.Point(point)) for point in item.extreme_points) < 0.02


@pytest.mark.parametrize("item", OBJECTS, ids=by_key)
def test_outlines_do_not_cross_themselves(item: TruthObject) -> None:
    assert shapely.Polygon(item.polygon.parts[0][0]).is_valid


@pytest.mark.parametrize("picture", TRUTH.values(), ids=lambda picture: str(picture.picture))
def test_objects_lie_inside_their_picture(picture: TruthPicture) -> None:
    frame = shapely.box(0, 0, picture.width, picture.height)
    assert all(frame.covers(shapely.Polygon(item.polygon.parts[0][0])) for item in picture.objects)


@pytest.mark.parametrize(("truth", "ontology"), KINDS, ids=["photographs", "plain"])
def test_classes_stand_in_the_ontology(truth: dict[str, TruthPicture], ontology: Ontology) -> None:
    assert {item.class_id for picture in truth.values() for item in picture.objects} <= ontology.class_ids()


def test_no_crop_cuts_through_an_object() -> None:
    sources = {crop.source for crop in CROPS}
    for crop in CROPS:
        frame = shapely.box(crop.x0, crop.y0, crop.x1, crop.y1).boundary
        assert not any(
            frame.crosses(shapely.box(*box_of(item)))
            for source in sources
            for item in TRUTH[source].objects
            if source == crop.source
        )


def test_four_crops_hold_all_coins_once() -> None:
    names = sorted(item.name for crop in CROPS if crop.source == "coins.png" for item in TRUTH[crop.name].objects)
    assert names == sorted(item.name for item in TRUTH["coins.png"].objects)


def test_every_slip_names_an_object_of_the_truth() -> None:
    assert {key for person in ANNOTATORS for key in person.slips} <= {item.key for item in OBJECTS}


def test_no_object_stands_twice() -> None:
    keys = sorted(item.key for item in OBJECTS)
    assert all(a != b for a, b in pairwise(keys))

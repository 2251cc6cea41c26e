"""Models in children: batches by shape, and what happens when a network dies, hangs, or wants too much."""

import os
import signal
from dataclasses import replace

import numpy as np
import psutil
import pytest
from botocore.exceptions import EndpointConnectionError

from domain.errors import Unavailable
from schema.models import InputSpec, ModelClass
from tests.unit.inference import stub_host
from tests.unit.inference.stub_host import PRIES, SWELLS
from tests.unit.inference.stub_models import labels_of, picture
from workers.inference import engine as engine_module
from workers.inference.engine import MOST_INTERRUPTED
from workers.models.failures import ModelFailed, ModelUnusable


def children():
    return [p for p in psutil.Process().children() if "tests.unit.inference.stub_host" in p.cmdline()]


def test_each_picture_gets_what_the_model_says_of_it(bench):
    engine, model = bench.start(), bench.add()
    predictions = [engine.predict(model, picture(red, height=20 + red, width=40)) for red in range(12)]
    found = [prediction.result().detections for prediction in predictions]
    assert [f.labels.tolist() for f in found] == [[red] for red in range(12)]
    assert [f.boxes.tolist() for f in found] == [[[0, 0, 40, 20 + red]] for red in range(12)]
    np.testing.assert_array_equal(found[3].masks[0].mask[1:, 2:], np.ones((3, 4)))
    assert not found[3].masks[0].mask[0].any()


def test_pictures_are_gathered_to_batches_of_one_shape(bench):
    spec = InputSpec(height=None, width=None, resize="letterbox", multiple_of=16, longest_px=64)
    engine, model = bench.start(model_batch=4, model_batch_wait_ms=200.0), bench.add(spec=spec)
    shapes = [(32, 32), (48, 32)] * 4
    predictions = [engine.predict(model, picture(i, height=h, width=w)) for i, (h, w) in enumerate(shapes)]
    assert labels_of(predictions) == list(range(8))
    assert sorted(bench.batches(model)) == [[[32, 32], [0, 2, 4, 6]], [[48, 32], [1, 3, 5, 7]]]


def test_a_lone_picture_waits_for_no_batch_to_become_full(bench):
    engine, model = bench.start(), bench.add()
    assert labels_of([engine.predict(model, picture(7))]) == [7]


def test_a_batch_that_finds_no_memory_is_halved_until_it_does(bench):
    engine, model = bench.start(model_batch_wait_ms=200.0), bench.add(fits=2)
    predictions = [engine.predict(model, picture(red)) for red in range(16)]
    assert labels_of(predictions) == list(range(16))
    assert [len(reds) for _, reds in bench.batches(model)] == [2] * 8


def test_a_picture_that_finds_no_memory_alone_fails(bench):
    engine, model = bench.start(), bench.add(fits=0)
    with pytest.raises(ModelFailed, match="memory"):
        engine.predict(model, picture(1)).result()


def test_a_picture_that_kills_the_child_takes_no_other_with_it(bench):
    engine, model = bench.start(), bench.add()
    predictions = [engine.predict(model, picture(red)) for red in (1, 2, stub_host.DIES, 3, 4)]
    assert labels_of([predictions[i] for i in (0, 1, 3, 4)]) == [1, 2, 3, 4]
    with pytest.raises(ModelFailed, match=r"failed on this picture.*signal 9"):
        predictions[2].result()


def test_a_network_that_hangs_is_ended(bench):
    engine, model = bench.start(model_forward_timeout_s=1.0), bench.add()
    with pytest.raises(ModelFailed, match="model_forward_timeout_s"):
        engine.predict(model, picture(stub_host.HANGS)).result()
    assert labels_of([engine.predict(model, picture(5))]) == [5]


def test_a_network_that_wants_more_memory_than_it_may_have_fails_on_that_picture(bench):
    engine, model = bench.start(model_memory_bytes=1_500_000_000), bench.add()
    grows, fine = (engine.predict(model, picture(red)) for red in (stub_host.GROWS, 1))
    with pytest.raises(ModelFailed, match="memory"):
        grows.result()
    assert labels_of([fine]) == [1]


def test_memory_is_watched_where_it_cannot_be_limited(bench, monkeypatch):
    engine, model = bench.start(model_device="cuda", model_memory_bytes=1_500_000_000), bench.add(takes_s=2)
    with pytest.raises(ModelFailed, match="model_memory_bytes"):
        engine.predict(model, picture(stub_host.GROWS)).result()


def test_a_fault_of_the_network_fails_its_batch_and_no_later_one(bench):
    engine, model = bench.start(), bench.add()
    with pytest.raises(ModelFailed, match="ValueError: a layer does not fit") as failure:
        engine.predict(model, picture(stub_host.FAILS)).result()
    assert not isinstance(failure.value, ModelUnusable)
    assert labels_of([engine.predict(model, picture(5))]) == [5]


def test_a_child_that_somebody_kills_is_started_again(bench):
    engine, model = bench.start(), bench.add()
    assert labels_of([engine.predict(model, picture(1))]) == [1]
    [child] = children()
    os.kill(child.pid, signal.SIGKILL)
    assert labels_of([engine.predict(model, picture(2))]) == [2]


def test_a_model_that_cannot_be_loaded_says_why_and_is_not_tried_at_once_again(bench):
    engine, model = bench.start(), bench.add(load="fails")
    with pytest.raises(ModelUnusable, match="these weights are none"):
        engine.predict(model, picture(1)).result()
    with pytest.raises(ModelUnusable, match="these weights are none"):
        engine.predict(model, picture(1))
    assert len(bench.bucket.opened) == 1


def test_a_model_that_dies_as_it_is_loaded_is_tried_again_and_fails_at_last(bench):
    engine, model = bench.start(), bench.add(load="dies")
    for _ in range(MOST_INTERRUPTED):
        with pytest.raises(Unavailable, match="died while the model was loaded"):
            engine.predict(model, picture(1)).result()
    with pytest.raises(ModelUnusable, match="died while the model was loaded"):
        engine.predict(model, picture(1))


def test_a_model_that_cannot_be_told_of_fails_alone(bench):
    engine, model = bench.start(), bench.add()
    with pytest.raises(ModelFailed, match="more memory"):
        engine.predict(model, picture(SWELLS)).result()
    assert labels_of([engine.predict(model, picture(n)) for n in (1, 2, 3)]) == [1, 2, 3]


def test_a_child_reaches_nothing_of_its_worker_or_of_other_models(bench):
    engine, model = bench.start(), bench.add()
    assert labels_of([engine.predict(model, picture(PRIES))]) == [0]


def test_a_card_may_be_longer_than_a_command_line(bench):
    classes = tuple(ModelClass(index=index, name=f"{'длинное имя' * 9} {index}") for index in range(1_500))
    engine, model = bench.start(), bench.add()
    model = replace(model, card=model.card.model_copy(update={"classes": classes}))
    assert labels_of([engine.predict(model, picture(1))]) == [1]


def test_the_model_unused_longest_makes_place_for_another(bench):
    engine = bench.start(models_loaded=2)
    first, second, third = (bench.add() for _ in range(3))
    for number, model in enumerate((first, second, first, third)):
        assert labels_of([engine.predict(model, picture(number))]) == [number]
    assert {m.model_version_id for m in (first, third)} == set(engine._loaded)
    assert len(children()) == 2


def test_a_busy_model_makes_place_after_its_turn(bench, monkeypatch):
    monkeypatch.setattr(engine_module, "TURN_S", 0.0)
    engine = bench.start(models_loaded=1, model_batch=1)
    busy, other = bench.add(takes_s=0.2), bench.add()
    ahead = [engine.predict(busy, picture(red)) for red in (1, 2)]
    predicted = engine.predict(other, picture(9))
    behind = [engine.predict(busy, picture(red)) for red in (3, 4)]
    assert labels_of([*ahead, predicted, *behind]) == [1, 2, 9, 3, 4]


def test_an_unused_model_is_let_go(bench):
    engine, model = bench.start(model_idle_s=0.0), bench.add()
    assert labels_of([engine.predict(model, picture(1))]) == [1]
    for loaded in list(engine._loaded.values()):
        loaded._thread.join(20)
    assert children() == []
    assert labels_of([engine.predict(model, picture(2))]) == [2]


def test_an_outage_of_the_bucket_is_raised_as_what_it_is(bench):
    engine, model = bench.start(), bench.add()
    bench.bucket.error = EndpointConnectionError(endpoint_url="http://s3")
    with pytest.raises(EndpointConnectionError):
        engine.predict(model, picture(1)).result()
    bench.bucket.error = None
    assert labels_of([engine.predict(model, picture(1))]) == [1]


def test_closing_ends_the_children_and_tells_who_waits(bench):
    engine, model = bench.start(), bench.add()
    prediction = engine.predict(model, picture(stub_host.HANGS))
    while not children():
        assert not prediction.parts[0].done()
    engine.close()
    assert children() == []
    with pytest.raises(Unavailable):
        prediction.result()

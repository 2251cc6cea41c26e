"""Names of classes are read from what people keep them in, and are as many as the network tells apart."""

import pytest

from workers.models.intake.class_files import parse_literal, read_class_file
from workers.models.intake.found import choose_classes
from workers.models.intake.refusals import ModelRefused, Reason


@pytest.fixture
def read(tmp_path):
    def write_and_read(**files):
        for name, text in files.items():
            (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return [(c.index, c.name) for c in read_class_file(tmp_path)[1]]

    return write_and_read


def reason_of(call):
    with pytest.raises(ModelRefused) as caught:
        call()
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes__txt", "soil\nweed\n"),
        ("labels__txt", "\ufeffsoil\r\n weed \r\n\r\n"),
        ("data__yaml", "train: images\nnc: 2\nnames: [soil, weed]\n"),
        ("data__yaml", "names:\n  0: soil\n  1: weed\n"),
        ("classes__json", '["soil", "weed"]'),
        ("id2label__json", '{"1": "weed", "0": "soil"}'),
        ("labels__json", '{"categories": [{"id": 0, "name": "soil"}, {"id": 1, "name": "weed"}]}'),
    ],
)
def test_a_classes_file_is_read(read, name, text):
    assert read(**{name: text}) == [(0, "soil"), (1, "weed")]


def test_numbers_of_classes_need_not_be_dense(read):
    assert read(classes__json='{"1": "weed", "7": "soil"}') == [(1, "weed"), (7, "soil")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes__txt", "soil\n\nweed\n"),
        ("classes__txt", "so\x07il\n"),
        ("data__yaml", "train: images\n"),
        ("data__yaml", "names: [soil"),
        ("data__yaml", "names: [[soil]]"),
        ("classes__json", "[]"),
        ("classes__json", '{"weed": "0"}'),
        ("classes__json", '{"00": "soil", "0": "weed"}'),
        ("classes__json", "[null]"),
    ],
)
def test_a_classes_file_that_names_no_classes_is_refused(read, name, text):
    assert reason_of(lambda: read(**{name: text})) is Reason.CLASSES_DAMAGED


def test_a_file_that_counts_otherwise_than_it_names_is_refused(read):
    assert reason_of(lambda: read(data__yaml="nc: 3\nnames: [soil, weed]")) is Reason.CLASSES_DIFFER


def test_two_files_that_agree_are_one_and_others_are_refused(read):
    assert read(classes__txt="soil\nweed", data__yaml="names: [soil, weed]") == [(0, "soil"), (1, "weed")]
    assert reason_of(lambda: read(labels__txt="weed\nsoil")) is Reason.CLASSES_DIFFER


def test_classes_in_metadata_are_read_as_ultralytics_writes_them():
    assert [(c.index, c.name) for c in parse_literal("{0: 'soil', 1: 'weed'}", "m")] == [(0, "soil"), (1, "weed")]
    assert reason_of(lambda: parse_literal("__import__('os').getcwd()", "m")) is Reason.CLASSES_DAMAGED
    assert reason_of(lambda: parse_literal("(" * 5_000, "m")) is Reason.CLASSES_DAMAGED


def test_a_wrong_number_of_classes_is_told_with_both_numbers():
    named = ("classes.txt", parse_literal("['soil', 'weed']", "m"))
    with pytest.raises(ModelRefused, match=r"80 classes apart, and classes\.txt names 2") as caught:
        choose_classes((named, None), outputs=80)
    assert caught.value.reason is Reason.CLASSES_DIFFER
    assert choose_classes((None, named), outputs=2) == named[1]


def test_without_names_the_remedy_says_how_many_are_needed():
    with pytest.raises(ModelRefused, match=r"classes\.txt with 80 lines") as caught:
        choose_classes((None, None), outputs=80)
    assert caught.value.reason is Reason.CLASSES_MISSING

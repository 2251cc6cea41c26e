"""What is said of a model that no model can be is told as a fault of who said it, naming the key."""

import json

import pytest

from workers.models.intake.documents import parse_json
from workers.models.intake.overrides import parse_overrides
from workers.models.intake.refusals import ModelRefused, Reason


def refusal_of(document: object) -> ModelRefused:
    with pytest.raises(ModelRefused) as caught:
        parse_overrides(document, "plumbline.json")
    return caught.value


@pytest.mark.parametrize(
    ("key", "number"),
    [("mean", "1e999"), ("std", "1e999"), ("std", "-1e999"), ("mean", "NaN"), ("mean", "1" + "0" * 400)],
)
def test_a_number_that_is_not_finite_is_refused(key: str, number: str) -> None:
    """The request is read by another parser than the file, which lets such numbers through."""
    document = json.loads(f'{{"input": {{"{key}": [{number}, 1, 1]}}}}')
    refusal = refusal_of(document)
    assert refusal.reason is Reason.OVERRIDES_DAMAGED
    assert f"input.{key}.0: Input should be a" in refusal.message


def test_a_file_with_a_number_that_is_not_finite_is_no_sound_json() -> None:
    with pytest.raises(ValueError, match="1e999 is no number"):
        parse_json('{"input": {"scale": 1e999}}')
    assert parse_json('{"input": {"scale": 1e30}}') == {"input": {"scale": 1e30}}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("licence", {"licence": "MIT\x00"}),
        ("keypoints.1", {"keypoints": ["nose", "ta\x00il"]}),
        ("classes.0", {"classes": ["so\nil"]}),
        ("decoder", {"decoder": "v8\x1b"}),
        ("classes.0", {"classes": ["\ud800"]}),
    ],
)
def test_control_characters_are_refused(key: str, said: dict[str, object]) -> None:
    refusal = refusal_of(said)
    assert refusal.reason is Reason.OVERRIDES_DAMAGED
    assert refusal.message.startswith(f"plumbline.json: {key}: ")


def test_names_in_any_script_are_taken() -> None:
    names = ("Löwenzahn", "野薊", "می\u200cخواهم", "😀", "no\u00a0break")
    assert parse_overrides({"classes": list(names), "keypoints": [""]}, "plumbline.json").classes == names

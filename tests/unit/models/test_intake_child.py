"""Whatever becomes of the child that looks at a model, the worker gets a card of files that are there, or a refusal."""

import pytest

from workers.models import validation
from workers.models.intake.refusals import ModelRefused, Reason
from workers.models.sandbox import Limits, start_child

LIMITS = Limits(memory_bytes=300_000_000, cpu_s=60, file_bytes=1_000_000)


@pytest.fixture(autouse=True)
def taken_over(monkeypatch):
    def start(module, argument, **options):
        return start_child("tests.unit.models.taken_over", argument, **options)

    monkeypatch.setattr(validation, "start_child", start)


def test_what_a_child_says_is_believed_when_it_left_it(validate, tmp_path):
    card = validate(tmp_path / "upload", name_hint="leave_file", limits=LIMITS)
    assert [file.name for file in card.files] == [path.name for path in (tmp_path / "out").iterdir()]


@pytest.mark.parametrize("what", ["leave_link", "leave_more", "crash", "talk_without_end", "talk_nonsense"])
def test_a_child_that_breaks_off_or_lies_is_not_believed(refuse, tmp_path, what):
    assert refuse(tmp_path / "upload", name_hint=what, limits=LIMITS).reason is Reason.CRASHED


def test_memory_that_no_limit_of_the_kernel_counts_is_counted_by_the_parent(refuse, tmp_path):
    refusal = refuse(tmp_path / "upload", name_hint="take_shared_memory", limits=LIMITS)
    assert refusal.reason is Reason.TOOK_TOO_MUCH_MEMORY


def test_keys_that_nobody_knows_are_refused_before_a_child_starts(validate, tmp_path):
    with pytest.raises(ModelRefused, match="decode_as") as caught:
        validate(tmp_path / "upload", decode_as="v8")
    assert caught.value.reason is Reason.OVERRIDES_DAMAGED

"""Bringing a model in as a worker does, in a child of its own."""

import psutil
import pytest

from workers.models.intake.refusals import ModelRefused
from workers.models.sandbox import Limits
from workers.models.validation import validate_archive

LIMITS = Limits(memory_bytes=2_500_000_000, cpu_s=120, file_bytes=300_000_000)


@pytest.fixture
def validate(tmp_path):
    """Validate a file; `out` is where its model would come to lie."""

    def bring(path, *, limits=LIMITS, timeout_s=120, name_hint=None, **overrides):
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        return validate_archive(
            path,
            name_hint=name_hint or path.name,
            overrides=overrides,
            out_dir=out,
            limits=limits,
            timeout_s=timeout_s,
        )

    return bring


@pytest.fixture
def refuse(validate, tmp_path):
    """Return why a file is refused, once nothing is left behind: no file, no child."""

    def bring(path, **options):
        with pytest.raises(ModelRefused) as caught:
            validate(path, **options)
        assert list((tmp_path / "out").iterdir()) == []
        children = [child.cmdline() for child in psutil.Process().children(recursive=True)]
        assert [line for line in children if "workers.models.validation" in line] == []
        return caught.value

    return bring

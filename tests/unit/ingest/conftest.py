"""A picture's bytes → its working copy's pixels."""

import numpy as np
import pytest
from PIL import Image

from domain.ingest.pictures import prepare


@pytest.fixture
def bring_in(tmp_path):
    """Prepare bytes and return the working copy's pixels and what was said of them."""

    def bring(body):
        (tmp_path / "in").write_bytes(body)
        done = prepare(tmp_path / "in", out_dir=tmp_path, max_px=10_000_000, thumbnail_px=16)
        with Image.open(done.working_copy) as working:
            pixels = np.asarray(working).astype(int)
        assert (done.height, done.width) == pixels.shape[:2]
        return pixels, done

    return bring

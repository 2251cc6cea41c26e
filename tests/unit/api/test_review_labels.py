"""Authors of a review are letters."""

import pytest

from api.routes.reviews import letter_label


@pytest.mark.parametrize(("index", "label"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_labels_count_in_letters(index: int, label: str) -> None:
    assert letter_label(index) == label

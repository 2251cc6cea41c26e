"""Pages of a list: one row more than asked for tells whether anything follows."""

import pytest

from api.paging import Cursor


@pytest.mark.parametrize(("rows", "following"), [([], None), ([4, 5], None), ([4, 5, 6], 5)])
def test_next_is_the_last_shown_id_only_when_more_follows(rows: list[int], following: int | None) -> None:
    page = Cursor(after=3, limit=2).page(rows, str, id_of=lambda row: row)

    assert page.next == following


def test_a_page_shows_no_more_than_its_limit() -> None:
    page = Cursor(after=0, limit=2).page([1, 2, 3], str, id_of=lambda row: row)

    assert page.items == ("1", "2")

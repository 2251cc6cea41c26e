"""How files are cut, and what becomes of their names."""

import pytest

from domain.uploads.rules import MAX_PARTS, PART_BYTES, bytes_of_part, clean_name, count_parts, part_bytes_for


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("july/IMG 1.jpg", "july/IMG 1.jpg"),
        ("C:\\photos\\a.jpg", "C:/photos/a.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/a//b/./c.png", "a/b/c.png"),
        ("Übersicht 写真.png", "Übersicht 写真.png"),
        ("a\x00b\n.png", "a_b_.png"),
        ('a"<b>.png', "a__b_.png"),
    ],
)
def test_name_keeps_letters_and_folders_and_nothing_that_leads_elsewhere(name: str, key: str) -> None:
    assert clean_name(name) == key


def test_composed_and_decomposed_letters_give_one_key() -> None:
    assert clean_name("u\u0308.png") == clean_name("\u00fc.png")


@pytest.mark.parametrize("name", ["..", "///", "", "é" * 400])
def test_name_that_is_no_key_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a name needs"):
        clean_name(name)


@pytest.mark.parametrize("size", [1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 10**12])
def test_parts_add_up_to_the_file(size: int) -> None:
    part = part_bytes_for(size)
    count = count_parts(size, part)
    assert count <= MAX_PARTS
    ends = {1, count}
    assert sum(bytes_of_part(n, size=size, part_bytes=part) for n in ends) + part * (count - len(ends)) == size

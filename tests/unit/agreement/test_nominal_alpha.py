"""Krippendorff's alpha against published examples and at its edges."""

import numpy as np
import pytest

from domain.agreement.krippendorff import alpha_from_coincidences, alpha_from_reliability, alpha_from_units

N = None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], 0.095, id="A"),
        pytest.param([[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]], 0.692, id="B"),
        pytest.param(
            [
                [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
                [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
                [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
                [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
            ],
            0.743,
            id="C",
        ),
    ],
)
def test_alpha_is_that_of_krippendorff_2011(data: list[list[int | None]], expected: float) -> None:
    assert alpha_from_reliability(data) == pytest.approx(expected, abs=0.0005)


def test_alpha_is_the_same_from_its_coincidence_matrix() -> None:
    matrix = np.array([[10.0, 4.0], [4.0, 2.0]])  # example A
    assert alpha_from_coincidences(matrix) == pytest.approx(0.095, abs=0.0005)


def test_agreement_by_chance_is_zero() -> None:
    assert alpha_from_units([["a", "a"], ["a", "b"]]) == pytest.approx(0.0)


def test_full_agreement_on_several_categories_is_one() -> None:
    assert alpha_from_units([["a", "a"], ["b", "b", "b"]]) == 1.0


def test_full_agreement_on_one_category_is_one() -> None:
    assert alpha_from_units([["a", "a"], ["a", "a"]]) == 1.0


def test_full_disagreement_is_below_zero() -> None:
    alpha = alpha_from_units([["a", "b"], ["a", "b"]])
    assert alpha is not None and alpha < 0


@pytest.mark.parametrize("units", [[], [["a"], ["b"]]], ids=["no units", "one value each"])
def test_nothing_pairable_has_no_alpha(units: list[list[str]]) -> None:
    assert alpha_from_units(units) is None


def test_an_empty_coincidence_matrix_has_no_alpha() -> None:
    assert alpha_from_coincidences(np.zeros((0, 0))) is None

"""Which tasks show no pre-label: always the same ones, as many as the policy says."""

from hypothesis import given
from hypothesis import strategies as st

from domain.prelabel.rules import is_hidden

IDS = st.integers(1, 2**63 - 1)


@given(IDS, st.floats(0, 1), st.floats(0, 1))
def test_task_of_a_small_share_is_one_of_a_larger_share_too(task_id: int, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert is_hidden(task_id, large) or not is_hidden(task_id, small)


@given(IDS)
def test_no_share_hides_nothing_and_the_whole_share_everything(task_id: int) -> None:
    assert (is_hidden(task_id, 0.0), is_hidden(task_id, 1.0)) == (False, True)


@given(st.integers(1, 2**62), st.floats(0.02, 0.98))
def test_share_of_consecutive_tasks_that_are_hidden_is_the_policys(first: int, share: float) -> None:
    tasks = 20_000
    hidden = sum(is_hidden(first + i, share) for i in range(tasks))
    # 6 standard deviations of the binomial: 1 in 500 million would lie outside by chance.
    assert abs(hidden - tasks * share) <= 6 * (tasks * share * (1 - share)) ** 0.5


def test_arm_of_a_task_stays_when_the_program_changes() -> None:
    assert [i for i in range(1, 61) if is_hidden(i, 0.1)] == [22, 26, 31, 37, 40, 42, 43, 56]

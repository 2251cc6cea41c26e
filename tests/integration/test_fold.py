"""The fold: every row that is recorded comes into the boards once, whoever commits late and whoever folds beside."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.launcher.bootstrap import DatabaseUrls
from domain.boards.folding import fold, read_lag
from runtime.database import Database
from tests.integration.conftest import Template
from tests.integration.measured import NOW, PROJECT, add_project, end_lease, end_many, recorded, summed, unchecked
from workers.folder import fold_all, run_folds


@dataclass
class Floor:
    """A database with a project, seen by its administrator, and the relay's way in."""

    admin_url: str
    admin: psycopg.Connection
    relay: Database

    @contextmanager
    def writer(self) -> Iterator[psycopg.Connection]:
        """Yield a connection with a transaction of its own, which the test ends."""
        with psycopg.connect(self.admin_url) as connection:
            unchecked(connection)
            connection.commit()
            yield connection

    def fold(self, limit: int = 1000) -> int:
        return fold_all(self.relay, limit=limit)


@contextmanager
def open_floor(template: Template, urls: DatabaseUrls) -> Iterator[Floor]:
    admin_url = template.admin_url(urls)
    relay = Database(urls.relay, pool_size=4)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        add_project(admin)
        yield Floor(admin_url, unchecked(admin), relay)
    relay.close()


@pytest.fixture
def floor(template: Template, database_urls: DatabaseUrls) -> Iterator[Floor]:
    with open_floor(template, database_urls) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_floor(template: Template, shared_urls: DatabaseUrls) -> Iterator[Floor]:
    with open_floor(template, shared_urls) as opened:
        yield opened


def test_a_row_is_summed_once_however_often_is_folded(floor: Floor) -> None:
    end_lease(floor.admin)
    assert [floor.fold(), floor.fold()] == [1, 0]
    assert summed(floor.admin) == recorded(floor.admin) == (1, 1.5, 1)


def test_endings_are_counted_by_hour_and_kind(floor: Floor) -> None:
    for reason in ("submitted", "later", "others", "unlabelable", "released", "taken_back", "expired"):
        end_lease(floor.admin, end_reason=reason, new=0, edited=2, accepted=3, deleted=4)
    end_lease(floor.admin, ended_at=NOW.replace(hour=11, minute=0), stage="review")
    floor.fold()
    rows = floor.admin.execute(
        "SELECT hour, stage, submits, skips, expiries, releases, active_s, new, edited, accepted, deleted "
        "FROM board_hour ORDER BY hour"
    ).fetchall()
    assert rows == [
        (NOW.replace(minute=0), "label", 1, 3, 1, 2, 10.5, 0, 14, 21, 28),
        (NOW.replace(hour=11, minute=0), "review", 1, 0, 0, 0, 1.5, 1, 0, 0, 0),
    ]


def test_a_row_of_a_transaction_that_commits_late_is_not_missed(floor: Floor) -> None:
    with floor.writer() as late:
        end_lease(late)
        end_lease(floor.admin)
        assert floor.fold() == 0  # what came after a transaction that still runs waits for it
        late.commit()
    assert floor.fold() == 2
    assert summed(floor.admin) == recorded(floor.admin)


def test_a_row_that_an_older_snapshot_hides_waits_for_the_transaction_that_wrote_it(floor: Floor) -> None:
    with floor.writer() as early, floor.writer() as late:
        end_lease(early)
        end_lease(late)
        late.commit()
        assert floor.fold() == 0
        early.rollback()
    assert floor.fold() == 1
    assert summed(floor.admin) == recorded(floor.admin) == (1, 1.5, 1)


def test_a_row_of_a_savepoint_counts_as_its_transactions(floor: Floor) -> None:
    with floor.writer() as late, late.transaction():
        late.execute("SELECT pg_current_xact_id()")
        with late.transaction():
            end_lease(late)
        end_lease(floor.admin)
        assert floor.fold() == 0
    assert floor.fold() == 2


@pytest.mark.parametrize("rows", [0, 1, 999, 1000, 1001, 3500])
def test_a_step_sums_no_more_than_its_bound_even_of_one_transaction(floor: Floor, rows: int) -> None:
    end_many(floor.admin, rows)
    steps = []
    while True:
        with floor.relay.begin(None) as session:
            done = fold(session, limit=1000)
        steps.append(done)
        if done < 1000:
            break
    assert max(steps) <= 1000
    assert sum(steps) == rows
    assert summed(floor.admin) == recorded(floor.admin)


def test_a_folder_does_not_wait_for_another(floor: Floor) -> None:
    end_lease(floor.admin)
    with floor.relay.begin(None) as first:
        assert fold(first) == 1
        started = time.monotonic()
        with floor.relay.begin(None) as second:
            assert fold(second) == 0
        assert time.monotonic() - started < 1
    assert floor.fold() == 0
    assert summed(floor.admin) == recorded(floor.admin)


def test_a_fold_that_is_not_committed_changes_nothing(floor: Floor) -> None:
    end_lease(floor.admin)

    def break_off() -> None:
        with floor.relay.begin(None) as session:
            assert fold(session) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert summed(floor.admin) == (0, 0, 0)
    assert floor.fold() == 1


def test_nobody_waits_for_a_fold_that_has_not_ended(floor: Floor) -> None:
    """Neither who ends a lease of the same member, nor who reads the boards, nor who changes the project."""
    end_lease(floor.admin)
    with floor.relay.begin(None) as session:
        assert fold(session) == 1
        with psycopg.connect(floor.admin_url) as request:
            request.execute("SET LOCAL lock_timeout = '200ms'")
            request.execute("UPDATE project SET name = 'other' WHERE id = %s", (PROJECT,))
            request.execute("SELECT sum(submits) FROM board_hour")
            request.execute("SELECT folded_to FROM fold_mark")
            request.execute("SET LOCAL session_replication_role = replica")
            end_lease(request)


def test_the_lag_tells_since_when_the_oldest_row_waits(floor: Floor) -> None:
    with floor.relay.begin(None) as session:
        assert read_lag(session).rows_wait_s == 0
    floor.admin.execute("SET TimeZone = 'UTC'")
    end_lease(floor.admin, ended_at=floor.admin.execute("SELECT now() - interval '90 s'").fetchone()[0])  # type: ignore[index]
    with floor.relay.begin(None) as session:
        assert 89 < read_lag(session).rows_wait_s < 100
    floor.fold()
    with floor.relay.begin(None) as session:
        lag = read_lag(session)
    assert (lag.rows_wait_s, lag.is_ahead) == (0, False)


def test_the_loop_folds_until_it_is_stopped(floor: Floor) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=run_folds, args=(floor.relay, stop), kwargs={"interval_s": 0.02})
    loop.start()
    end_lease(floor.admin)
    deadline = time.monotonic() + 20
    while summed(floor.admin) != (1, 1.5, 1) and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    loop.join()
    assert summed(floor.admin) == (1, 1.5, 1)


def test_a_mark_beyond_every_transaction_is_told(floor: Floor) -> None:
    floor.admin.execute("UPDATE fold_mark SET upto = 2 ^ 50")
    with floor.relay.begin(None) as session:
        assert read_lag(session).is_ahead


def test_what_was_recorded_before_the_noted_time_is_summed(floor: Floor) -> None:
    end_lease(floor.admin)
    floor.fold()
    [before] = floor.admin.execute("SELECT folded_to FROM fold_mark").fetchone() or (None,)
    with floor.writer() as late:
        [started] = late.execute("SELECT now()").fetchone() or (None,)
        end_lease(late, ended_at=started)
        end_lease(floor.admin, ended_at=floor.admin.execute("SELECT now()").fetchone()[0])  # type: ignore[index]
        floor.fold()
        [held_up] = floor.admin.execute("SELECT folded_to FROM fold_mark").fetchone() or (None,)
        [oldest] = floor.admin.execute("SELECT max(ended_at) FROM work_time").fetchone() or (None,)
        late.commit()
    assert before is not None
    assert held_up == oldest  # the row that is there and not summed
    floor.fold()
    [after] = floor.admin.execute("SELECT folded_to FROM fold_mark").fetchone() or (None,)
    assert after is not None
    assert held_up is not None
    assert after > held_up


STEP = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 2)),
    st.tuples(st.just("commit"), st.integers(0, 2)),
    st.tuples(st.just("abort"), st.integers(0, 2)),
    st.tuples(st.just("fold"), st.integers(1, 3)),
)


@given(steps=st.lists(STEP, max_size=30))
def test_whatever_the_order_nothing_is_missed_and_nothing_summed_twice(
    shared_floor: Floor, steps: list[tuple[str, int]]
) -> None:
    floor = shared_floor
    with floor.writer() as a, floor.writer() as b, floor.writer() as c:
        writers = (a, b, c)
        for verb, number in steps:
            if verb == "write":
                end_lease(writers[number])
            elif verb == "commit":
                writers[number].commit()
            elif verb == "abort":
                writers[number].rollback()
            else:
                with floor.relay.begin(None) as session:
                    fold(session, limit=number)
            assert summed(floor.admin)[0] <= recorded(floor.admin)[0]
        for writer in writers:
            writer.commit()
    floor.fold(limit=2)
    assert summed(floor.admin) == recorded(floor.admin)

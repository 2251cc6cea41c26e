"""The course of a run: neither uploads nor kills run ahead, a broken promise is told, the last line keeps its form."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.chaos.compare import Finding, Kind
from bench.chaos.evidence import Evidence, Rows
from bench.chaos.killing import Blow, Killer, missing_blows
from bench.chaos.outcome import Outcome
from bench.chaos.pace import AHEAD, LAST_BLOWS, Pace


def returns_at_once(call: Callable[[], None]) -> bool:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(0.3)
    return not thread.is_alive()


def test_uploads_wait_for_the_kills() -> None:
    stop = threading.Event()
    pace = Pace(steps=100, blows=10 + LAST_BLOWS, seed=1, stop=stop)
    assert returns_at_once(lambda: pace.wait_to_send(AHEAD * 10))
    assert not returns_at_once(lambda: pace.wait_to_send(AHEAD * 10 + 1))
    stop.set()


def test_kills_wait_for_the_uploads() -> None:
    stop = threading.Event()
    pace = Pace(steps=100, blows=10 + LAST_BLOWS, seed=1, stop=stop)
    assert returns_at_once(lambda: pace.wait_to_strike(0))
    assert not returns_at_once(lambda: pace.wait_to_strike(5))
    stop.set()


def killer(**counts: Any) -> Killer:
    made = Killer(
        None,  # type: ignore[arg-type]  # nothing is struck here
        [Blow("api", is_clean=False)],
        wait_for_turn=lambda _: None,
        stop=threading.Event(),
        say=lambda _: None,
    )
    for name, value in counts.items():
        setattr(made, name, value)
    return made


def test_blow_that_was_not_dealt_is_told() -> None:
    assert missing_blows(killer(killed=Counter(api=2), stopped=Counter(api=1)), ["api"]) == []
    assert missing_blows(killer(killed=Counter(api=1), stopped=Counter(api=1)), ["api"]) != []
    assert missing_blows(killer(killed=Counter(api=2)), ["api"]) != []


def outcome(**changes: Any) -> Outcome:
    facts: dict[str, Any] = {
        "evidence": Evidence({}, {}, Rows(), (), min_votes=2),
        "findings": [],
        "broken_promises": [],
        "seed": 7,
        "seconds": 1.25,
        "kills": {"api": 2},
        "stops": {"api": 1},
        "restarts": {"api": 3},
        "faults": {},
        "people": {},
        "dead_letters": 0,
        "images": 5,
    }
    return Outcome(**facts | changes)


def test_last_line_begins_with_what_others_read() -> None:
    assert list(outcome().to_json())[:10] == [
        "images", "kills", "restarts", "lost", "doubled", "quarantined", "stuck", "seed", "seconds", "database_url",
    ]  # fmt: skip


def test_run_holds_only_without_findings_and_with_all_promises_kept() -> None:
    assert outcome().holds
    assert not outcome(findings=[Finding(Kind.TASK_LOST, "a")]).holds
    assert not outcome(broken_promises=["api was not killed"]).holds


def test_findings_are_counted_by_harm() -> None:
    found = [Finding(Kind.TASK_LOST, "a"), Finding(Kind.TASK_DOUBLED, "b"), Finding(Kind.TASK_STUCK, "c")]
    line = outcome(findings=[*found, Finding(Kind.GIVEN_UP, "d")]).to_json()
    assert (line["lost"], line["doubled"], line["stuck"]) == (1, 1, 2)

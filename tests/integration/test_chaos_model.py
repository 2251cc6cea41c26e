"""Whatever happens in whatever order, nothing is lost, doubled or stuck once everything had time to heal.

The same comparison as `make chaos`, over the same deeds. Hypothesis draws short ways and prints the steps to a failure;
long ways are walked from a seed, because short ones seldom come to a second round.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cli.launcher.bootstrap import DatabaseUrls
from tests.harness import Stack, open_stack
from tests.integration.chaos_model import CONTENTS, KEYS, Deed, World, draw_deeds
from tests.integration.conftest import Template

# An example takes about a second, and so does a walk.
EXAMPLES = settings.default.max_examples // 6
STEPS = 30
WALKS = settings.default.max_examples // 5
WALK_STEPS = 120
ANY = st.integers(min_value=0, max_value=10_000)


class Chaos(RuleBasedStateMachine):
    """One world and what is done to it; numbers are taken modulo of what there is."""

    stack: ClassVar[Stack]
    admin: ClassVar[Any]
    world: World

    @initialize(pictures=st.integers(min_value=1, max_value=len(KEYS)), answers=st.integers(min_value=0, max_value=2))
    def begin(self, pictures: int, answers: int) -> None:
        """Begin at once in the middle: so many open tasks, each with so many answers."""
        self.world = World(self.stack, self.admin)
        for key, content in list(zip(KEYS, CONTENTS, strict=False))[:pictures]:
            self.world.put(key, content)
        self.world.deliver_all()
        for person in self.world.job.annotators[:answers]:
            self.world.label_all(person)

    @rule(deed=st.sampled_from(Deed), number=ANY)
    def do(self, deed: Deed, number: int) -> None:
        self.world.do(deed, number)

    @invariant()
    def nothing_is_doubled(self) -> None:
        assert self.world.find_harm() == []

    def teardown(self) -> None:
        self.world.heal()
        assert self.world.find_differences() == []


@pytest.fixture(scope="module")
def patient_stack(shared_urls: DatabaseUrls, emulator_url: str) -> Iterator[Stack]:
    """A stack whose sweep gives nothing up: here a message may be lost as often as hypothesis likes."""
    with open_stack(
        app_url=shared_urls.app, relay_url=shared_urls.relay, endpoint_url=emulator_url, max_resends=10_000
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def admin(shared_urls: DatabaseUrls, template: Template) -> "Iterator[psycopg.Connection[Any]]":
    """The administrator, who lets time pass and reads what is there."""
    with psycopg.connect(template.admin_url(shared_urls), autocommit=True) as connection:
        yield connection


def test_everything_heals_whatever_happens(patient_stack: Stack, admin: "psycopg.Connection[Any]") -> None:
    Chaos.stack, Chaos.admin = patient_stack, admin
    run_state_machine_as_test(
        Chaos,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(WALKS))
def test_everything_heals_after_a_long_walk(patient_stack: Stack, admin: "psycopg.Connection[Any]", seed: int) -> None:
    world = World(patient_stack, admin)
    for deed, number in draw_deeds(seed, WALK_STEPS):
        world.do(deed, number)
        assert world.find_harm() == []
    world.heal()
    assert world.find_differences() == []

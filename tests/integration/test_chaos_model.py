"""Whatever happens in whatever order, nothing is lost, doubled or stuck once everything had time to heal.

The same comparison as `make chaos`, over the same deeds, drawn by hypothesis: a failure prints the steps to it.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cli.launcher.bootstrap import DatabaseUrls
from schema.enums import Topic
from tests.harness import Stack, open_stack
from tests.integration.chaos_model import CONTENTS, KEYS, World
from tests.integration.conftest import Template

# An example takes about a second.
EXAMPLES = max(6, settings.default.max_examples // 6)
STEPS = 40
# Short examples, which hypothesis prefers, hardly get to a decision.
LEAST_STEPS = 25
ANY = st.integers(min_value=0, max_value=10_000)
GARBAGE = (
    "no JSON",
    "[]",
    '{"id": "1", "version": 1, "body": {"type": "unheard_of"}}',
    '{"Service": "Amazon S3", "Event": "s3:TestEvent"}',
)
"""What a queue may hold that no handler knows."""


class Chaos(RuleBasedStateMachine):
    """The rules of one world; numbers are drawn without end and taken modulo of what there is."""

    stack: ClassVar[Stack]
    admin: ClassVar[Any]
    world: World

    @initialize(pictures=st.integers(min_value=0, max_value=len(KEYS)), answers=st.integers(min_value=0, max_value=2))
    def begin(self, pictures: int, answers: int) -> None:
        """Begin at once in the middle: so many open tasks, each with so many answers."""
        self.world = World(self.stack, self.admin)
        for key, content in list(zip(KEYS, CONTENTS, strict=False))[:pictures]:
            self.world.put(key, content)
        self.world.deliver_all()
        for person in self.world.job.annotators[:answers]:
            self.world.label_all(person)

    @rule(key=st.sampled_from(KEYS), content=st.sampled_from(CONTENTS))
    def put(self, key: str, content: Any) -> None:
        self.world.put(key, content)

    @rule(key=st.sampled_from(KEYS))
    def delete(self, key: str) -> None:
        self.world.delete(key)

    @rule()
    def collect(self) -> None:
        self.world.collect()

    @precondition(lambda self: self.world.bag)
    @rule(number=ANY, keep=st.booleans())
    def deliver(self, number: int, keep: bool) -> None:
        self.world.deliver(number % len(self.world.bag), keep=keep)

    @rule(is_late=st.booleans())
    def deliver_all(self, is_late: bool) -> None:
        if is_late:
            self.world.pass_undo_windows()
        self.world.deliver_all()

    @precondition(lambda self: self.world.bag)
    @rule()
    def deliver_all_backwards(self) -> None:
        while self.world.bag:
            self.world.deliver(-1, keep=False)

    @precondition(lambda self: self.world.bag)
    @rule(number=ANY)
    def drop(self, number: int) -> None:
        del self.world.bag[number % len(self.world.bag)]

    @rule(topic=st.sampled_from(Topic), text=st.sampled_from(GARBAGE))
    def receive_garbage(self, topic: Topic, text: str) -> None:
        self.world.bag.append((topic, text))

    @rule(person=ANY)
    def claim(self, person: int) -> None:
        people = self.world.job.annotators
        self.world.claim(people[person % len(people)])

    @precondition(lambda self: self.world.leases)
    @rule(number=ANY, is_odd=st.booleans())
    def submit(self, number: int, is_odd: bool) -> None:
        self.world.submit(self.world.leases[number % len(self.world.leases)], is_odd=is_odd)

    @rule(person=ANY, is_odd=st.booleans())
    def label(self, person: int, is_odd: bool) -> None:
        people = self.world.job.annotators
        self.world.label_all(people[person % len(people)], is_odd=is_odd)

    @precondition(lambda self: self.world.leases)
    @rule(number=ANY)
    def undo(self, number: int) -> None:
        self.world.undo(self.world.leases[number % len(self.world.leases)])

    @precondition(lambda self: self.world.leases)
    @rule(number=ANY)
    def give_back(self, number: int) -> None:
        self.world.give_back(self.world.leases[number % len(self.world.leases)])

    @rule()
    def settle(self) -> None:
        self.world.settle()

    @rule()
    def expire_leases(self) -> None:
        self.world.expire_leases()

    @rule()
    def pass_undo_windows(self) -> None:
        self.world.pass_undo_windows()

    @rule()
    def sweep(self) -> None:
        self.world.stack.sweep()

    @rule()
    def reconcile(self) -> None:
        self.world.reconcile()

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


def test_everything_heals_whatever_happens(patient_stack: Stack, shared_urls: DatabaseUrls, template: Template) -> None:
    with psycopg.connect(template.admin_url(shared_urls), autocommit=True) as admin:
        Chaos.stack, Chaos.admin = patient_stack, admin
        run_state_machine_as_test(
            Chaos,
            _min_steps=LEAST_STEPS,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )

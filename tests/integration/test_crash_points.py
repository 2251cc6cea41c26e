"""A worker that dies anywhere on its way leaves a state that the next delivery completes.

What a death leaves behind can only differ where something was committed, stored or sent in between: each of those gaps
is tried at every change, each line of them in the slow lane. The end must be that of a delivery nobody disturbed.
"""

import dataclasses
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass

import pytest
from sqlalchemy import event

from tests.harness import Stack, open_stack
from tests.integration.conftest import Template
from tests.integration.crash_points import ROOT, Killed, Point, Tracer, kill, one_of_each
from tests.integration.crash_scenes import SCENES, Scene, Stage, open_stage, store_in_one_thread
from tests.integration.shown import ownerless_files, wrong_sights
from tests.integration.snapshots import Rows, list_tables, read_rows, without_names
from tests.receiver import Receiver, open_receiver
from workers.handlers import images, imports

SEED = 4
# What is nobody's story: where a member looks for work next is drawn by lot, a token notes its use once in a while.
UNTOLD = ("lane_member", "api_token")
# A file that was opened by the very line before the end is closed by the collector, as the kernel would close it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass
class Theatre:
    stack: Stack
    receiver: Receiver
    admin_url: str
    tables: list[str]
    effects: Callable[[], int]

    def read(self) -> Rows:
        return read_rows(self.admin_url, self.tables)


@pytest.fixture(scope="module")
def theatre(template: Template, emulator_url: str) -> Iterator[Theatre]:
    with (
        template.cloned() as urls,
        open_stack(app_url=urls.app, relay_url=urls.relay, endpoint_url=emulator_url) as stack,
        open_receiver() as receiver,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(imports, "PAGE", 1)
        patch.setattr(images, "FEED_PAGE", 1)
        store_in_one_thread(stack)
        happened = Counter[str]()
        event.listen(stack.database._engine, "commit", lambda _: happened.update(["commit"]))
        stack.s3.meta.events.register("after-call.s3", lambda **_: happened.update(["call"]))
        admin_url = template.admin_url(urls)
        yield Theatre(
            stack,
            receiver,
            admin_url,
            [table for table in list_tables(admin_url) if table not in UNTOLD],
            lambda: happened.total() + len(receiver.arrived),
        )


def finish(scene: Scene, stage: Stage) -> None:
    stage.pump()
    if scene.heal:
        scene.heal(stage)
        stage.pump()


def rehearse(theatre: Theatre, scene: Scene, stage: Stage) -> tuple[list[Point], Counter[str]]:
    """Play a scene undisturbed; return the lines of its delivery, and the rows that it left."""
    finish(scene, stage)
    before = theatre.read()
    [body] = scene.prepare(stage, 1)
    tracer = Tracer(theatre.effects)
    with tracer.follow():
        stage.stack.deliver(scene.topic, body)
    finish(scene, stage)
    return tracer.points, without_names(before, theatre.read(), leave_out=scene.leave_out)


def posts_since(theatre: Theatre, arrived: int) -> Counter[str]:
    """Count the requests to the receiver by event; each subscription has its own."""
    return Counter(one.headers["webhook-id"] for one in theatre.receiver.arrived[arrived:])


Death = Callable[[Theatre, Scene, str, Point], None]


def die(theatre: Theatre, scene: Scene, body: str, point: Point) -> None:
    tracer = Tracer(theatre.effects, stop_before=point.number, act=kill)
    with pytest.raises(Killed), tracer.follow():
        # A context of its own, which dies too: the trace may be left behind in it.
        copy_context().run(theatre.stack.deliver, scene.topic, body)
    assert tracer.points[-1].place == point.place, "the delivery took another way than the one before"


def be_overtaken(theatre: Theatre, scene: Scene, body: str, point: Point) -> None:
    """Have another worker handle the same message from its beginning to its end in between, then go on."""
    tracer = Tracer(theatre.effects, stop_before=point.number, act=lambda: theatre.stack.deliver(scene.topic, body))
    with tracer.follow():
        theatre.stack.deliver(scene.topic, body)
    assert len(tracer.points) >= point.number


def be_killed(theatre: Theatre, scene: Scene, body: str, point: Point) -> None:
    """Have a process of its own handle the message, and kill it."""
    stack = theatre.stack
    settings = {"database_url": stack.settings.database_url.get_secret_value()}
    settings |= stack.settings.model_dump(include={"bucket", "queue_prefix", "webhook_private", "database_pool_size"})
    told = {
        "settings": settings,
        "endpoint": dataclasses.astuple(stack.endpoint),
        "topic": scene.topic.value,
        "body": body,
        "place": point.place,
    }
    argv = [sys.executable, "-m", "tests.integration.killed_worker"]
    done = subprocess.run(argv, input=json.dumps(told), cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


def play(theatre: Theatre, scene: Scene, choose: Callable[[list[Point]], list[Point]], death: Death = die) -> int:
    """Kill a delivery of its own at each chosen line, deliver again, and compare; return how many died."""
    stage = open_stage(scene, theatre.stack, theatre.receiver, theatre.admin_url)
    rehearse(theatre, scene, stage)  # once to warm up: what is made at first use is no line of the second
    arrived = len(theatre.receiver.arrived)
    points, expected = rehearse(theatre, scene, stage)
    chosen = choose(points)
    usual = max(posts_since(theatre, arrived).values(), default=0)
    before, arrived = theatre.read(), len(theatre.receiver.arrived)
    bodies = scene.prepare(stage, len(chosen))
    assert len(bodies) == len(chosen)
    for body, point in zip(bodies, chosen, strict=True):
        death(theatre, scene, body, point)
    assert wrong_sights(theatre.stack, theatre.admin_url) == []
    for body in bodies:
        theatre.stack.deliver(scene.topic, body)
    finish(scene, stage)
    found = without_names(before, theatre.read(), leave_out=scene.leave_out)
    wanted = Counter({row: count * len(chosen) for row, count in expected.items()})
    assert [*(f"+ {row}" for row in found - wanted), *(f"- {row}" for row in wanted - found)] == []
    assert wrong_sights(theatre.stack, theatre.admin_url) == []
    # Between sending and noting that it was sent nothing can be known: such a delivery comes twice, under one id.
    again = scene.name == "delivery" and death is not be_overtaken
    assert max(posts_since(theatre, arrived).values(), default=0) <= usual * (1 + again)
    assert ownerless_files(theatre.stack, theatre.admin_url) == []
    for body in bodies:
        theatre.stack.deliver(scene.topic, body)
    assert not theatre.stack.pump(), "after the end of it all, one more delivery announced something"
    return len(chosen)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_worker_that_dies_between_two_effects_loses_and_doubles_nothing(theatre: Theatre, scene: Scene) -> None:
    assert play(theatre, scene, one_of_each) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_worker_that_is_overtaken_between_two_effects_loses_and_doubles_nothing(theatre: Theatre, scene: Scene) -> None:
    assert play(theatre, scene, one_of_each, be_overtaken) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_process_that_is_killed_somewhere_loses_and_doubles_nothing(theatre: Theatre, scene: Scene) -> None:
    rng = random.Random(f"{SEED} {scene.name}")
    assert play(theatre, scene, lambda points: [rng.choice(in_handlers(points))], be_killed) == 1


def in_handlers(points: list[Point]) -> list[Point]:
    """Leave out what only a test's own thread, or only a process that is warm, executes."""
    ours = [point for point in points if point.place.startswith(("workers/handlers/", "domain/"))]
    return [point for point in ours if not point.place.startswith("domain/tracing")]


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_worker_that_dies_before_any_line_loses_and_doubles_nothing(theatre: Theatre, scene: Scene) -> None:
    assert play(theatre, scene, lambda points: points) >= 30

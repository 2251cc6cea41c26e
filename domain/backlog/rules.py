"""How long a queue's messages will keep workers busy, from counts of the queue alone. Pure."""

from dataclasses import dataclass

from schema.enums import Topic

# Until a queue was seen to shrink: seconds of one message, by experience with pictures of a few megapixels.
ASSUMED_S = {
    Topic.IMAGES: 0.5,
    Topic.PRELABEL: 0.5,
    Topic.DECIDE: 0.1,
    Topic.RELEASE: 10.0,
    Topic.IMPORT: 10.0,
    Topic.WEBHOOK: 0.5,
    Topic.MODEL: 30.0,
    Topic.RUN: 10.0,
}
LEAST_DONE = 10
LEAST_S, MOST_S = 0.001, 600.0
# How much a new measurement counts beside all those before.
NEWEST = 0.3


@dataclass(frozen=True, slots=True)
class Counted:
    """A queue at one moment, `at_s` of any clock in seconds: messages that wait, and messages in a worker's hands."""

    at_s: float
    waiting: int
    in_hands: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long one message stays in a worker's hands; None before that was measured."""

    message_s: float | None = None


def measure(pace: Pace, before: Counted, now: Counted) -> Pace:
    """Return what two counts of a queue, one after the other, add to what is known of its pace.

    Little's law, L = λ·W: W = (mean number in hands) × (time between) / (messages done). Done is by how much the queue
    shrank, so what arrives meanwhile makes W too large: it is measured only while messages wait, which keeps all hands
    full, and only when the queue shrank by ten or more. (J. D. C. Little, 1961, doi:10.1287/opre.9.3.383.)
    """
    took_s = now.at_s - before.at_s
    done = (before.waiting + before.in_hands) - (now.waiting + now.in_hands)
    in_hands = (before.in_hands + now.in_hands) / 2
    if took_s <= 0 or done < LEAST_DONE or not (before.waiting and now.waiting and in_hands):
        return pace
    seen_s = min(MOST_S, max(LEAST_S, in_hands * took_s / done))
    if pace.message_s is None:
        return Pace(seen_s)
    return Pace((1 - NEWEST) * pace.message_s + NEWEST * seen_s)


def backlog_s(topic: Topic, waiting: int, pace: Pace) -> float:
    """Return how long one worker that holds one message at a time would take for what waits; 0 when nothing does.

    Needs no worker: with none, waiting × the pace that was measured last, or else assumed.
    """
    return waiting * (ASSUMED_S[topic] if pace.message_s is None else pace.message_s)

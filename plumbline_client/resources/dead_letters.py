"""Messages that were given up, and what is decided about them."""

from collections.abc import Iterator, Sequence

from plumbline_client.connection import Connection, parse
from schema.bodies.dead_letters import (
    DeadLetterBody,
    DeadLetterStoryBody,
    DeadSummaryBody,
    DiscardLettersBody,
    LetterFilterBody,
    LettersDiscardedBody,
    LettersRedrivenBody,
    RedriveBody,
)
from schema.enums import DeadLetterState, Topic

AT_ONCE = 500


class DeadLetters:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self, *, queue: Topic | None = None, reason: str | None = None, state: DeadLetterState | None = None
    ) -> Iterator[DeadLetterBody]:
        """Yield letters, the newest first."""
        return self._connection.pages(
            DeadLetterBody,
            "/v1/dead-letters",
            queue=queue.value if queue else None,
            reason=reason,
            state=state.value if state else None,
        )

    def summary(self) -> DeadSummaryBody:
        return self._connection.get(DeadSummaryBody, "/v1/dead-letters/summary")

    def get(self, letter_id: int) -> DeadLetterStoryBody:
        return self._connection.get(DeadLetterStoryBody, f"/v1/dead-letters/{letter_id}")

    def redrive(self, letter_ids: Sequence[int], *, rate_per_s: float = 20.0) -> Sequence[int]:
        """Put letters back into their queues; return those that went."""
        done: tuple[int, ...] = ()
        for start in range(0, len(letter_ids), AT_ONCE):
            ids = tuple(letter_ids[start : start + AT_ONCE])
            delay_s = start / rate_per_s
            done += self._redrive(RedriveBody(letter_ids=ids, rate_per_s=rate_per_s, delay_s=delay_s)).letter_ids
        return done

    def redrive_all(
        self, *, queue: Topic | None = None, reason: str | None = None, rate_per_s: float = 20.0
    ) -> Iterator[int]:
        """Put every waiting letter that fits back into its queue, and yield them; what dies meanwhile is left."""
        body = RedriveBody(filter=LetterFilterBody(queue=queue, reason=reason), rate_per_s=rate_per_s)
        while True:
            done = self._redrive(body)
            yield from done.letter_ids
            if not done.left:
                return
            again = LetterFilterBody(queue=queue, reason=reason, up_to=done.up_to)
            body = RedriveBody(filter=again, rate_per_s=rate_per_s, delay_s=done.until_s)

    def discard(self, letter_ids: Sequence[int], *, reason: str) -> Sequence[int]:
        """Let letters go for good; return those that went."""
        done: tuple[int, ...] = ()
        for start in range(0, len(letter_ids), AT_ONCE):
            body = DiscardLettersBody(letter_ids=tuple(letter_ids[start : start + AT_ONCE]), reason=reason)
            sent = body.model_dump(mode="json", exclude_none=True)
            answer = self._connection.call("POST", "/v1/dead-letters/discard", json=sent, creates=True)
            done += parse(LettersDiscardedBody, answer).letter_ids
        return done

    def _redrive(self, body: RedriveBody) -> LettersRedrivenBody:
        sent = body.model_dump(mode="json", exclude_none=True)
        return parse(
            LettersRedrivenBody, self._connection.call("POST", "/v1/dead-letters/redrive", json=sent, creates=True)
        )

"""A faulty wire: stands before the emulator's SQS and drops, doubles, delays and reorders a share of the messages.

Loopback only. What it acknowledges it has handed on or meant to lose: it holds no message itself. Signatures go on
untouched, since the emulator looks at the key id alone.
"""

import argparse
import asyncio
import json
import signal
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from bench.chaos.faults import Fate, Fates, Fault, Tally, identity_of

BATCH: Final = 10
DEAD: Final = "-dead"
TARGET: Final = "X-Amz-Target"
SQS: Final = "AmazonSQS."
HEALTH: Final = "/healthz"
FAULTS: Final = "/faults"
# Longer than the longest poll.
TIMEOUT_S: Final = 90.0
_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"})

Body = dict[str, Any]


class Unanswered(Exception):
    """The emulator did not answer, or not with a success; `answer` is what its client gets to see."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Wire:
    """Hands requests on and meddles with two of them: what our relay sends, and what S3 wrote into the queue itself.

    An event of S3 meets its fault when it is first received. `_seen` are those that had their chance; a proxy that is
    started anew forgets them, and they have another.
    """

    def __init__(self, upstream: str, session: ClientSession, fates: Fates) -> None:
        self._upstream = upstream
        self._session = session
        self._fates = fates
        self._seen: set[str] = set()
        self.tally = Tally()

    async def serve(self, request: web.Request) -> web.Response:
        action = request.headers.get(TARGET, "").removeprefix(SQS)
        content = await request.read()
        try:
            body = json.loads(content) if action in ("SendMessage", "SendMessageBatch", "ReceiveMessage") else {}
            is_dead = str(body.get("QueueUrl", DEAD)).endswith(DEAD)
            if action == "SendMessageBatch" and not is_dead:
                return await self._send_batch(request, body)
            if action == "SendMessage" and not is_dead:
                return await self._send_one(request, body)
            if action == "ReceiveMessage" and not is_dead:
                return await self._receive(request, body)
            return await self._hand_on(request, content)
        except Unanswered as failure:
            return failure.answer

    async def _hand_on(self, request: web.Request, content: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        try:
            async with self._session.request(
                request.method, self._upstream + request.path_qs, data=content, headers=headers
            ) as answer:
                passed = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                return web.Response(status=answer.status, body=await answer.read(), headers=passed)
        except (ClientError, OSError, TimeoutError) as error:
            # What botocore tries again, as it does when the emulator itself is away.
            raise Unanswered(
                web.json_response({"__type": "ServiceUnavailable", "message": repr(error)}, status=503)
            ) from error

    async def _ask(self, request: web.Request, action: str, body: Mapping[str, Any]) -> Body:
        """Send a request of ours in the client's name; raises Unanswered."""
        headers = {
            "Host": request.host,
            "Authorization": request.headers.get("Authorization", ""),
            "Content-Type": "application/x-amz-json-1.0",
            TARGET: SQS + action,
        }
        try:
            async with self._session.post(self._upstream + "/", data=json.dumps(body), headers=headers) as answer:
                text = await answer.read()
                if answer.status >= 300:
                    raise Unanswered(web.Response(status=answer.status, body=text))
                return dict(json.loads(text)) if text else {}
        except (ClientError, OSError, TimeoutError) as error:
            raise Unanswered(
                web.json_response({"__type": "ServiceUnavailable", "message": repr(error)}, status=503)
            ) from error

    async def _send_one(self, request: web.Request, body: Body) -> web.Response:
        entry = {name: value for name, value in body.items() if name != "QueueUrl"}
        answer = await self._send(request, body["QueueUrl"], [entry | {"Id": "0"}])
        if answer["Failed"]:
            return web.json_response({"__type": answer["Failed"][0]["Code"]}, status=400)
        return _json({name: value for name, value in answer["Successful"][0].items() if name != "Id"})

    async def _send_batch(self, request: web.Request, body: Body) -> web.Response:
        return _json(await self._send(request, body["QueueUrl"], body["Entries"]))

    async def _send(self, request: web.Request, url: str, entries: list[Body]) -> Body:
        """Send what is not dropped, late ones with a delay; then the copies. Dropped ones are said to be taken."""
        fates = {entry["Id"]: self._fates.of(identity_of(entry["MessageBody"])[0]) for entry in entries}
        kept = [
            _sent_late(entry, fates[entry["Id"]]) for entry in entries if fates[entry["Id"]].fault is not Fault.DROP
        ]
        answer: Body = {"Successful": [], "Failed": []}
        if kept:
            answer |= await self._ask(request, "SendMessageBatch", {"QueueUrl": url, "Entries": kept})
        for sent in answer["Successful"]:
            self._seen.add(sent["MessageId"])
            fate = fates[sent["Id"]]
            self.tally.count("internal", fate)
        dropped = [entry["Id"] for entry in entries if fates[entry["Id"]].fault is Fault.DROP]
        for number in dropped:
            self.tally.count("internal", fates[number])
        copies = [e for e in entries if fates[e["Id"]].fault is Fault.DUPLICATE]
        for entry in copies:
            await self._copy(request, url, entry["MessageBody"], wait_s=fates[entry["Id"]].wait_s)
        answer["Successful"] = [*answer["Successful"], *(_taken(entry) for entry in entries if entry["Id"] in dropped)]
        return answer

    async def _copy(self, request: web.Request, url: str, text: str, *, wait_s: int) -> None:
        """Send a message once more; where that fails, nothing is doubled."""
        try:
            sent = await self._ask(
                request, "SendMessage", {"QueueUrl": url, "MessageBody": text, "DelaySeconds": wait_s}
            )
        except Unanswered:
            return
        self._seen.add(sent["MessageId"])

    async def _receive(self, request: web.Request, body: Body) -> web.Response:
        answer = await self._ask(request, "ReceiveMessage", body)
        messages = answer.get("Messages", [])
        kept = [message for message in messages if await self._reaches(request, body["QueueUrl"], message)]
        return _json(answer | {"Messages": kept} if kept else {})

    async def _reaches(self, request: web.Request, url: str, message: Body) -> bool:
        """Let an event of S3 meet its fate at its first receive; returns whether the client gets it now."""
        identity, is_event = identity_of(message["Body"])
        if not is_event or message["MessageId"] in self._seen:
            return True
        self._seen.add(message["MessageId"])
        fate = self._fates.of(identity)
        handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
        try:
            if fate.fault is Fault.DROP:
                await self._ask(request, "DeleteMessage", handle)
            elif fate.fault is Fault.DUPLICATE:
                await self._copy(request, url, message["Body"], wait_s=fate.wait_s)
            elif fate.fault is not None:
                await self._ask(request, "ChangeMessageVisibility", handle | {"VisibilityTimeout": fate.wait_s})
        except Unanswered:
            return True  # the emulator went away: the message comes as it is
        self.tally.count("s3", fate)
        return fate.fault in (None, Fault.DUPLICATE)


def _sent_late(entry: Body, fate: Fate) -> Body:
    return entry | {"DelaySeconds": fate.wait_s} if fate.fault in (Fault.DELAY, Fault.REORDER) else entry


def _taken(entry: Body) -> Body:
    """Answer for a message that is lost on purpose; botocore does not compare the digest."""
    return {"Id": entry["Id"], "MessageId": str(uuid4()), "MD5OfMessageBody": "0" * 32}


def _json(body: Body) -> web.Response:
    return web.Response(body=json.dumps(body), content_type="application/x-amz-json-1.0")


async def run(*, port: int, upstream: str, fates: Fates) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    connector = TCPConnector(limit=0)
    async with ClientSession(
        connector=connector, cookie_jar=DummyCookieJar(), timeout=ClientTimeout(total=TIMEOUT_S), auto_decompress=False
    ) as session:
        wire = Wire(upstream, session, fates)
        application = web.Application(client_max_size=4 << 20)
        application.router.add_get(HEALTH, _healthy)
        application.router.add_get(FAULTS, lambda _: _counts(wire))
        application.router.add_route("*", "/{anything:.*}", wire.serve)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=1.0).start()
        await stop.wait()
        await runner.cleanup()


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def _counts(wire: Wire) -> web.Response:
    return web.json_response(wire.tally.to_json())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, help="where the emulator answers")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--share", type=float, required=True, help="of messages that meet a fault, in [0, 1]")
    given = parser.parse_args()
    asyncio.run(run(port=given.port, upstream=given.upstream, fates=Fates(seed=given.seed, share=given.share)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

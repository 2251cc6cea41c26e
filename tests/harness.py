"""One isolated Plumbline per test: a database cloned from the migrated template, queues and buckets of its own, the API
in process, and handlers that the test drives by hand, one delivery at a time."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import build_routes, lifespan
from api.auth import HEADER
from domain.accounts import service as accounts
from domain.scope import Actor, Scope
from domain.signin import passwords
from domain.signin import service as signin
from domain.tracing import following, new_trace_id
from runtime.aws import AwsEndpoint, aws_client
from runtime.database import Database
from runtime.incoming import build_incoming
from runtime.logs import configure_logging
from runtime.provision import connect_bucket, provision
from runtime.queues import Sender
from runtime.settings import Settings
from runtime.tracing import parse_traceparent
from schema.enums import OrganisationKind, Origin, Role, Topic
from schema.geometry import Box
from schema.ids import new_object_id
from schema.objects import LabelObject
from workers.envelope import parse_body
from workers.errors import MessageUnknown
from workers.folder import fold_all
from workers.handlers import HANDLERS
from workers.reconciler import reconcile_next
from workers.relay import relay_batch
from workers.segment import create_segment_app
from workers.sweeper import sweep_once
from workers.work import Work, build_work

_numbers = itertools.count(1)
_idle_apps: list[FastAPI] = []
PASSWORD = "a password for tests"


@dataclass(frozen=True, slots=True)
class Person:
    """A member with a token, as the API meets them."""

    organisation_id: int
    member_id: int
    token: str
    client: TestClient
    email: str = ""

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = (), **options: Any) -> Any:
        """Send a request and return its JSON; an answer other than `expect` (any 2xx by default) fails the test."""
        answer = self.client.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **options)
        return _read(answer, expect)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser with its own cookies, as the pages use it."""

    client: TestClient

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request as our pages do and return the answer, whatever it is."""
        return self.client.request(method, path, headers={HEADER: "1"}, **options)

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = (), **options: Any) -> Any:
        """Like `Person.call`, with the session's cookie."""
        return _read(self.ask(method, path, **options), expect)


def _read(answer: httpx2.Response, expect: int | tuple[int, ...]) -> Any:
    wanted = (expect,) if isinstance(expect, int) else expect
    fits = answer.status_code in wanted if wanted else answer.is_success
    assert fits, f"{answer.request.method} {answer.url.path} answered {answer.status_code}: {answer.text[:600]}"
    return answer.json() if answer.content else None


@dataclass
class Stack:
    """Everything one test needs; `pump` moves messages until nothing moves."""

    settings: Settings
    database: Database
    relay_database: Database
    work: Work
    endpoint: AwsEndpoint
    client: TestClient
    s3: Any
    sqs: Any
    sender: Sender
    delivered: list[tuple[Topic, str]] = field(default_factory=list)
    _urls: dict[str, str] = field(default_factory=dict)

    def queue_url(self, topic: Topic, *, dead: bool = False) -> str:
        name = f"{self.settings.queue_prefix}-{topic.value}{'-dead' if dead else ''}"
        if name not in self._urls:
            self._urls[name] = str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
        return self._urls[name]

    def new_bucket(self) -> str:
        bucket = f"{self.settings.queue_prefix}-client-{next(_numbers)}"
        connect_bucket(bucket, prefix="", queue_prefix=self.settings.queue_prefix, endpoint=self.endpoint)
        return bucket

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def relay(self) -> int:
        """Send everything that is due; return how much."""
        total = 0
        while sent := relay_batch(self.relay_database, self.sender):
            total += sent
        return total

    def receive_all(self, topic: Topic) -> list[str]:
        """Take every visible message off a queue."""
        bodies: list[str] = []
        url = self.queue_url(topic)
        while True:
            got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", ())
            if not got:
                return bodies
            for message in got:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def deliver(self, topic: Topic, body: str) -> None:
        """Hand one message to its handler, as the loop would."""
        try:
            parsed = parse_body(body)
            with following(parse_traceparent(parsed.get("trace")) or new_trace_id()):
                HANDLERS[topic](self.work, parsed)
        except MessageUnknown:
            self.sqs.send_message(QueueUrl=self.queue_url(topic, dead=True), MessageBody=body)

    def pump(self) -> int:
        """Relay and handle until no message is left; return how many were handled."""
        handled = 0
        while True:
            moved = self.relay()
            for topic in Topic:
                for body in self.receive_all(topic):
                    self.delivered.append((topic, body))
                    self.deliver(topic, body)
                    handled += 1
                    moved += 1
            if not moved:
                return handled

    def sweep(self) -> None:
        sweep_once(self.relay_database, self.sender, self.settings)

    def fold(self) -> int:
        """Sum what ended into the boards; return how many leases."""
        return fold_all(self.relay_database)

    def reconcile(self, *, sources: int = 2) -> None:
        """Reconcile as many sources as the test has; the one whose listing is longest ago comes first."""
        for _ in range(sources):
            reconcile_next(self.relay_database, self.database, self.work.sources, pause_s=0.0)

    def add_organisation(self, kind: OrganisationKind, name: str = "") -> int:
        with self.database.begin(None) as session:
            organisation_id = accounts.reserve_organisation(session)
        with self.database.begin(Scope(organisation_id)) as session:
            accounts.create_organisation(
                session, organisation_id=organisation_id, kind=kind, name=name or f"{kind} {organisation_id}"
            )
        return organisation_id

    def add_person(self, organisation_id: int, role: Role) -> Person:
        email = f"p{next(_numbers)}@example.org"
        with self.database.begin(Scope(organisation_id)) as session:
            member_id = accounts.add_member(session, organisation_id=organisation_id, email=email, role=role)
            token = accounts.issue_token(session, organisation_id=organisation_id, member_id=member_id)
        return Person(organisation_id, member_id, token, self.client, email)

    def set_password(self, person: Person, password: str = PASSWORD) -> None:
        hashed = passwords.hash_password(password)
        with self.database.begin(Scope(person.organisation_id)) as session:
            signin.set_initial_password(
                session,
                organisation_id=person.organisation_id,
                member_id=person.member_id,
                password_hash=hashed,
            )

    def open_browser(self) -> Browser:
        return Browser(TestClient(self.client.app, base_url="http://127.0.0.1"))

    def sign_in(self, person: Person, password: str = PASSWORD) -> Browser:
        """Give the person a password and sign them in."""
        self.set_password(person, password)
        browser = self.open_browser()
        browser.call("POST", "/v1/auth/sign-in", json={"email": person.email, "password": password})
        return browser

    def actor(self, person: Person) -> Actor:
        with self.database.begin(None) as session:
            return accounts.get_caller(session, person.token).actor


@dataclass(frozen=True, slots=True)
class Job:
    """A client with a project fed from a bucket, a vendor engaged for it, and its people."""

    stack: Stack
    client: Person
    vendor: Person
    annotators: list[Person]
    supervisor: Person
    project_id: int
    source_id: int
    bucket: str

    def progress(self) -> dict[str, Any]:
        return dict(self.client.call("GET", f"/v1/projects/{self.project_id}/progress"))

    def tasks(self) -> list[dict[str, Any]]:
        return list(self.client.call("GET", f"/v1/projects/{self.project_id}/tasks?limit=200")["items"])

    def images(self) -> list[dict[str, Any]]:
        return list(self.client.call("GET", f"/v1/images?source_id={self.source_id}&limit=200")["items"])

    def claim(self, person: Person) -> dict[str, Any] | None:
        found = person.call("POST", "/v1/leases", json={"project_id": self.project_id})
        return dict(found) if found else None

    def submit(self, person: Person, lease: dict[str, Any], objects: list[dict[str, Any]], **options: Any) -> Any:
        return person.call("POST", f"/v1/leases/{lease['lease_id']}/annotation", json={"objects": objects}, **options)

    def label(self, person: Person, make: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> int:
        """Have a person label everything there is for them; return how many tasks."""
        done = 0
        while lease := self.claim(person):
            self.submit(person, lease, make(lease))
            done += 1
        return done


ONTOLOGY = {"classes": [{"class_id": 1, "name": "coin"}, {"class_id": 2, "name": "button"}]}
POLICY = {"min_votes": 2, "max_votes": 3, "undo_window_s": 0}


def make_job(stack: Stack, *, annotators: int = 3, policy: dict[str, Any] | None = None, connect: bool = True) -> Job:
    """Set a whole job up through the API."""
    client = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    vendor_org = stack.add_organisation(OrganisationKind.VENDOR)
    vendor = stack.add_person(vendor_org, Role.MANAGER)
    people = [stack.add_person(vendor_org, Role.ANNOTATOR) for _ in range(annotators)]
    supervisor = stack.add_person(vendor_org, Role.SUPERVISOR)
    project = client.call(
        "POST", "/v1/projects", json={"name": "Coins", "ontology": ONTOLOGY, "policy": POLICY | (policy or {})}
    )
    client.call("PUT", f"/v1/projects/{project['id']}/vendors/{vendor_org}")
    vendor.call("POST", f"/v1/projects/{project['id']}/workforce", json={})
    bucket = stack.new_bucket()
    source_id = add_source(stack, client, bucket)
    if connect:
        client.call("PUT", f"/v1/sources/{source_id}/feeds/{project['id']}")
    return Job(stack, client, vendor, people, supervisor, project["id"], source_id, bucket)


def add_source(stack: Stack, client: Person, bucket: str, prefix: str = "") -> int:
    """Register a bucket and prove access to it."""
    source = client.call("POST", "/v1/sources", json={"bucket": bucket, "prefix": prefix})
    stack.put(bucket, source["proof_key"], source["nonce"].encode())
    client.call("POST", f"/v1/sources/{source['id']}/verify")
    return int(source["id"])


def box(x0: float, y0: float, x1: float, y1: float, *, class_id: int = 1, id: UUID | None = None) -> dict[str, Any]:
    """An object as the API takes it."""
    made = LabelObject(
        id=id or new_object_id(), class_id=class_id, shape=Box(x0=x0, y0=y0, x1=x1, y1=y1), origin=Origin.DRAWN
    )
    dumped: dict[str, Any] = json.loads(made.model_dump_json(exclude_none=True))
    return dumped


@contextmanager
def open_stack(*, app_url: str, relay_url: str, endpoint_url: str, **more: Any) -> Iterator[Stack]:
    """Build a stack on a fresh database and fresh queues; `more` are settings."""
    configure_logging(format="json", level="WARNING", process="test")
    name = f"t{os.getpid()}-{next(_numbers)}"
    endpoint = AwsEndpoint(endpoint_url, "us-east-1", "test", "test")
    settings = Settings(
        database_url=app_url,
        relay_database_url=relay_url,
        bucket=f"{name}-own",
        queue_prefix=name,
        database_pool_size=8,
        state_deadline_s=0.0,
        webhook_private=True,
        **more,
    )
    provision(
        bucket=settings.bucket,
        upload_bucket=settings.upload_bucket,
        queue_prefix=name,
        visibility_timeout_s=30,
        max_receives=5,
        endpoint=endpoint,
    )
    s3, sqs = aws_client("s3", endpoint=endpoint), aws_client("sqs", endpoint=endpoint)
    work = build_work(settings, s3=s3)
    relay_database = Database(relay_url, pool_size=2)
    segmenter = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=create_segment_app(work.bucket, threads=1)), base_url="http://segment"
    )
    # Building the routes takes longer than most tests: an application that no other stack uses now is taken again.
    app = _idle_apps.pop() if _idle_apps else build_routes()
    app.router.lifespan_context = lifespan(
        settings,
        database=work.database,
        buckets=work.sources,
        segmenter=segmenter,
        own_bucket=work.bucket,
        incoming=build_incoming(queue_prefix=name, endpoint=endpoint),
    )
    try:
        with TestClient(app, base_url="http://127.0.0.1") as client:
            yield Stack(
                settings=settings,
                database=work.database,
                relay_database=relay_database,
                work=work,
                endpoint=endpoint,
                client=client,
                s3=s3,
                sqs=sqs,
                sender=Sender(prefix=name, client=sqs),
            )
    finally:
        relay_database.close()
        work.close()
        _idle_apps.append(app)

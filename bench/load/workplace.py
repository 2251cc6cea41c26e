"""A stack of its own, run by the real launcher, with a client, a vendor and as many annotators as are wanted."""

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.chaos.stack import database_url
from bench.load.drawings import CLASSES
from cli import organisations
from cli.connection import Connection
from cli.launcher import up as stack
from cli.launcher.state import STATE_DIR_VARIABLE, find_state_dir
from schema.enums import OrganisationKind, Role
from schema.projects import Policy

ONTOLOGY = {"classes": [{"class_id": n, "name": f"thing {n}"} for n in range(1, CLASSES + 1)]}
# Whose work is not measured, and would be done on the same cores.
BYSTANDERS = ("segment", "worker", "predictor", "decider")


@dataclass(frozen=True, slots=True)
class Annotator:
    member_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Workplace:
    """A running stack and who is in it; `admin_url` is the superuser's way into its database."""

    url: str
    admin_url: str
    environment: Mapping[str, str]
    pids: Mapping[str, int]
    client: Connection
    client_org: int
    vendor: Connection
    vendor_org: int
    annotators: Sequence[Annotator]

    def make_project(self, name: str, policy: Policy, *, people: Sequence[Annotator] | None = None) -> int:
        """Make a project that the vendor works in: everybody, or these annotators alone."""
        body = {"name": name, "ontology": ONTOLOGY, "policy": policy.model_dump(mode="json")}
        project_id = int(self.client.call("POST", "/v1/projects", json=body)["id"])
        self.client.call("PUT", f"/v1/projects/{project_id}/vendors/{self.vendor_org}")
        chosen: dict[str, Any] = {} if people is None else {"members": [p.member_id for p in people]}
        self.vendor.call("POST", f"/v1/projects/{project_id}/workforce", json=chosen)
        return project_id

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            yield connection

    def halt(self, *names: str) -> None:
        """Stop processes where they stand."""
        for name in names:
            os.kill(self.pids[name], signal.SIGSTOP)

    def resume(self, *names: str) -> None:
        for name in names:
            os.kill(self.pids[name], signal.SIGCONT)


@contextmanager
def workplace(*, annotators: int, settings: Mapping[str, str] | None = None) -> Iterator[Workplace]:
    """Start a stack with these settings, and yield it with its people; it is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        os.chmod(folder, 0o755)
        os.environ |= {STATE_DIR_VARIABLE: folder, "PLUMBLINE_LOG_FORMAT": "json", **(settings or {})}
        stack.up(detach=True)
        pids: Mapping[str, int] = {}
        try:
            pids = {row.name: row.pid for row in stack.status() if row.pid is not None}
            yield _move_in(pids, annotators)
        finally:
            for name in BYSTANDERS:
                if name in pids:
                    os.kill(pids[name], signal.SIGCONT)
            stack.down()


def _move_in(pids: Mapping[str, int], annotators: int) -> Workplace:
    running = find_state_dir().read_stack()
    assert running is not None  # it was started just now
    with organisations.open_database(running.environment) as database:
        client_org = organisations.create_organisation(database, kind=OrganisationKind.CLIENT, name="Bench client")
        vendor_org = organisations.create_organisation(database, kind=OrganisationKind.VENDOR, name="Bench vendor")

        def add(organisation_id: int, role: Role, name: str) -> organisations.NewMember:
            email = f"{name}@bench.localhost"
            return organisations.add_member(database, organisation_id=organisation_id, email=email, role=role)

        client, vendor = add(client_org, Role.MANAGER, "client"), add(vendor_org, Role.MANAGER, "vendor")
        people = [add(vendor_org, Role.ANNOTATOR, f"annotator-{n}") for n in range(annotators)]
    url = running.urls["api"]
    return Workplace(
        url=url,
        admin_url=database_url(running),
        environment=running.environment,
        pids=pids,
        client=Connection(api_url=url, token=client.token),
        client_org=client_org,
        vendor=Connection(api_url=url, token=vendor.token),
        vendor_org=vendor_org,
        annotators=[Annotator(person.member_id, person.token) for person in people],
    )

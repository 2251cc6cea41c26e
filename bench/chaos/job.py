"""The job that everything is broken over: a client with a bucket and a project, a vendor, its people. Made before the
first kill, through the doors that operators and managers use."""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from bench.chaos.habits import CLASSES, Habits
from bench.chaos.people import TIMEOUT_S, Annotator, Line, Supervisor
from bench.chaos.receipts import ReceiptBook
from cli import organisations, uploading
from cli.connection import Connection
from plumbline_client.connection import Connection as PlainConnection
from schema.enums import OrganisationKind, Role
from schema.projects import Policy

BUCKET: Final = "chaos-pictures"
# The shortest lease there is, so that seats of those who vanish come back soon; two seconds to take an answer back.
POLICY: Final = Policy(min_votes=2, max_votes=3, lease_ttl_s=30, undo_window_s=2.0)
ONTOLOGY: Final = {"classes": [{"class_id": n, "name": f"thing {n}"} for n in CLASSES]}
# Of 20 annotators: those who leave for good, with a lease in hand, and after how many leases.
LEAVE: Final = 3
LEAVE_AFTER: Final = (3, 12)


@dataclass(frozen=True, slots=True)
class Job:
    """Who works on what."""

    project_id: int
    annotators: tuple[Annotator, ...]
    supervisors: tuple[Supervisor, ...]


def start_job(
    environment: Mapping[str, str],
    *,
    api_url: str,
    annotators: int,
    seed: int,
    receipts: ReceiptBook,
    stop: threading.Event,
) -> Job:
    """Make organisations, people, project, source and feed; nobody works yet."""
    client, vendor, vendor_org, people = _sign_up(environment, api_url, annotators)
    body: dict[str, Any] = {"name": "Chaos", "ontology": ONTOLOGY, "policy": POLICY.model_dump(mode="json")}
    project_id = int(client.call("POST", "/v1/projects", json=body)["id"])
    client.call("PUT", f"/v1/projects/{project_id}/vendors/{vendor_org}")
    vendor.call("POST", f"/v1/projects/{project_id}/workforce", json={})
    uploading.feed_project(client, environment, project_id=project_id, bucket=BUCKET, prefix="")

    def line(token: str) -> Line:
        return Line(PlainConnection(api_url, token, timeout_s=TIMEOUT_S, attempts=1), stop)

    random = Random(seed)
    leaving = LEAVE * annotators // 20
    return Job(
        project_id=project_id,
        annotators=tuple(
            Annotator(
                member_id=person.member_id,
                line=line(person.token),
                habits=Habits(Random(random.getrandbits(64))),
                receipts=receipts,
                project_id=project_id,
                lease_ttl_s=POLICY.lease_ttl_s,
                leaves_after=random.randint(*LEAVE_AFTER) if number < leaving else None,
            )
            for number, person in enumerate(people[:-1])
        ),
        supervisors=(Supervisor(people[-1].member_id, line(people[-1].token), random, receipts, project_id),),
    )


def _sign_up(
    environment: Mapping[str, str], api_url: str, annotators: int
) -> tuple[Connection, Connection, int, list[organisations.NewMember]]:
    """Return the client's and the vendor's manager, the vendor, and its annotators with a supervisor at the end."""
    with organisations.open_database(environment) as database:
        client_org = organisations.create_organisation(database, kind=OrganisationKind.CLIENT, name="Chaos client")
        vendor_org = organisations.create_organisation(database, kind=OrganisationKind.VENDOR, name="Chaos vendor")

        def add(organisation_id: int, role: Role) -> organisations.NewMember:
            email = f"{secrets.token_hex(6)}@chaos.localhost"
            return organisations.add_member(database, organisation_id=organisation_id, email=email, role=role)

        client, vendor = add(client_org, Role.MANAGER), add(vendor_org, Role.MANAGER)
        people = [add(vendor_org, Role.ANNOTATOR) for _ in range(annotators)]
        people.append(add(vendor_org, Role.SUPERVISOR))
    return (
        Connection(api_url=api_url, token=client.token),
        Connection(api_url=api_url, token=vendor.token),
        vendor_org,
        people,
    )

"""The demonstration's two projects, and who takes part: made through the API as a client and a vendor would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cli import organisations, uploading
from cli.connection import Connection
from cli.demo import ontologies
from cli.demo.personality import ANNOTATORS
from cli.demo.pictures import DemoPicture, coins_and_cells, photographs
from cli.demo.truth import TruthPicture, coins_and_cells_truth, photograph_truth
from cli.uploading import Upload
from schema.enums import OrganisationKind, PreLabeling, Role
from schema.projects import Guidelines, Ontology, Policy

# Of people who exist on this machine only; the page that they sign in to listens on loopback.
PASSWORD = "plumbline demo"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody's connection."""

    client: Connection
    client_org: int
    vendor_org: int
    vendor: Connection
    annotators: tuple[Connection, ...]
    supervisor: Connection


@dataclass(frozen=True, slots=True)
class Plan:
    """One project of the demonstration and its pictures."""

    slug: str
    name: str
    ontology: Ontology
    guidelines: Guidelines
    policy: Policy
    pictures: Callable[[], list[DemoPicture]]
    truth: Callable[[], Mapping[str, TruthPicture]]


PLANS = (
    Plan(
        "coins-and-cells",
        "Coins and cells",
        ontologies.COINS_AND_CELLS,
        ontologies.COINS_AND_CELLS_GUIDELINES,
        Policy(min_votes=2, max_votes=3, prelabeling=PreLabeling.PLAIN_BACKGROUND, prelabel_class_id=1),
        coins_and_cells,
        coins_and_cells_truth,
    ),
    Plan(
        "photographs",
        "Photographs",
        ontologies.PHOTOGRAPHS,
        ontologies.PHOTOGRAPHS_GUIDELINES,
        Policy(min_votes=2, max_votes=3),
        photographs,
        photograph_truth,
    ),
)

# Left unfinished on purpose: for whoever signs in. Two answers decide; where they differ the supervisor does.
YOURS = Plan(
    "yours",
    "Yours to label",
    ontologies.COINS_AND_CELLS,
    ontologies.COINS_AND_CELLS_GUIDELINES,
    Policy(min_votes=2, max_votes=2, prelabeling=PreLabeling.PLAIN_BACKGROUND, prelabel_class_id=1),
    coins_and_cells,
    coins_and_cells_truth,
)


@dataclass(frozen=True, slots=True)
class Job:
    """A project in motion."""

    plan: Plan
    project_id: int
    bucket: str
    prefix: str
    pictures: tuple[DemoPicture, ...]


def make_cast(environment: Mapping[str, str], *, api_url: str) -> Cast:
    """Make a client, a vendor, three annotators and a supervisor, as the operator does."""

    def connect(token: str) -> Connection:
        return Connection(api_url=api_url, token=token)

    with organisations.open_database(environment) as database:
        client_org = organisations.create_organisation(database, kind=OrganisationKind.CLIENT, name="Demo client")
        vendor_org = organisations.create_organisation(database, kind=OrganisationKind.VENDOR, name="Demo vendor")

        def add(organisation_id: int, name: str, role: Role) -> Connection:
            email = address_of(name, organisation_id)
            added = organisations.add_member(
                database, organisation_id=organisation_id, email=email, role=role, name=name, password=PASSWORD
            )
            return connect(added.token)

        return Cast(
            client=add(client_org, "Client", Role.MANAGER),
            client_org=client_org,
            vendor_org=vendor_org,
            vendor=add(vendor_org, "Manager", Role.MANAGER),
            annotators=tuple(add(vendor_org, person.name, Role.ANNOTATOR) for person in ANNOTATORS),
            supervisor=add(vendor_org, "Supervisor", Role.SUPERVISOR),
        )


def address_of(name: str, organisation_id: int) -> str:
    """Return with what a person of the demonstration signs in."""
    return f"{name.split()[0].lower()}.{organisation_id}@demo.localhost"


def who_signs_in(cast: Cast) -> list[tuple[str, str]]:
    """List whom to be in the browser: what they are, and their address. All have the same PASSWORD."""
    annotators = [(f"annotator {person.name}", address_of(person.name, cast.vendor_org)) for person in ANNOTATORS[:2]]
    return [
        ("the client's manager", address_of("client", cast.client_org)),
        *annotators,
        ("supervisor", address_of("supervisor", cast.vendor_org)),
    ]


def start_job(environment: Mapping[str, str], cast: Cast, plan: Plan, *, bucket: str) -> Job:
    """Create the project, engage and staff the vendor, and connect the client's bucket."""
    body: dict[str, Any] = {
        "name": plan.name,
        "ontology": plan.ontology.model_dump(mode="json"),
        "guidelines": plan.guidelines.model_dump(mode="json"),
        "policy": plan.policy.model_dump(mode="json"),
    }
    project_id = int(cast.client.call("POST", "/v1/projects", json=body)["id"])
    cast.client.call("PUT", f"/v1/projects/{project_id}/vendors/{cast.vendor_org}")
    cast.vendor.call("POST", f"/v1/projects/{project_id}/workforce", json={})
    prefix = f"{plan.slug}/"
    uploading.feed_project(cast.client, environment, project_id=project_id, bucket=bucket, prefix=prefix)
    return Job(plan, project_id, bucket, prefix, tuple(plan.pictures()))


def upload_pictures(environment: Mapping[str, str], job: Job) -> int:
    """Put the job's pictures into the client's bucket; everything after that is the pipeline's doing."""
    files = [Upload(p.name, p.content, p.content_type) for p in job.pictures]
    return uploading.upload(environment, files, bucket=job.bucket, prefix=job.prefix, on_done=lambda _: None)

"""The order of an organisation's projects."""

from schema.enums import OrganisationKind, Role
from tests.harness import ONTOLOGY, Person, Stack


def some_projects(stack: Stack, count: int) -> tuple[Person, list[int]]:
    client = stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)
    made = [client.call("POST", "/v1/projects", json={"name": f"P{i}", "ontology": ONTOLOGY}) for i in range(count)]
    return client, [project["id"] for project in made]


def order(person: Person) -> list[tuple[int, int | None]]:
    return [(p["project_id"], p["position"]) for p in person.call("GET", "/v1/work-order")["projects"]]


def test_projects_come_as_they_were_put_and_the_rest_after_them(stack: Stack) -> None:
    client, (a, b, c) = some_projects(stack, 3)
    assert order(client) == [(a, None), (b, None), (c, None)]

    client.call("PUT", "/v1/work-order", json={"project_ids": [c, a, c]})
    assert order(client) == [(c, 1), (a, 2), (b, None)]

    client.call("PUT", "/v1/work-order", json={"project_ids": []})
    assert order(client) == [(a, None), (b, None), (c, None)]


def test_only_a_manager_puts_projects_in_order_and_only_known_ones(stack: Stack) -> None:
    client, (mine,) = some_projects(stack, 1)
    _, (theirs,) = some_projects(stack, 1)
    annotator = stack.add_person(client.organisation_id, Role.ANNOTATOR)

    annotator.call("PUT", "/v1/work-order", json={"project_ids": [mine]}, expect=403)
    client.call("PUT", "/v1/work-order", json={"project_ids": [mine, theirs]}, expect=404)
    assert order(annotator) == [(mine, None)]


def test_a_vendor_orders_the_projects_it_is_engaged_for_and_the_client_sees_none_of_it(stack: Stack) -> None:
    client, (a, b) = some_projects(stack, 2)
    vendor = stack.add_person(stack.add_organisation(OrganisationKind.VENDOR), Role.MANAGER)
    for project in (a, b):
        client.call("PUT", f"/v1/projects/{project}/vendors/{vendor.organisation_id}")

    vendor.call("PUT", "/v1/work-order", json={"project_ids": [b]})
    assert order(vendor) == [(b, 1), (a, None)]
    assert order(client) == [(a, None), (b, None)]

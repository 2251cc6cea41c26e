"""What `test_plans` holds of lists and hot statements, for who may work, the cap of the day, and gold."""

import pytest

from domain.eligibility.queries import rights, workers
from domain.eligibility.queries.workers import WorkerFilter, WorkerSort
from domain.gold import queries as gold
from domain.members import queries as members
from domain.projects import queries as projects
from domain.scope import Scope
from domain.work_order import queries as work_order
from runtime.database import Database
from tests.integration import test_plans as plans
from tests.integration.crowd import CLIENT, PROJECTS_OF_VENDOR, VENDOR
from tests.integration.test_plans import ACCEPTED, MEMBER_OF_LEASED, MOST_DISCARDED_BY_LIST, PAGE, Statement

crowd = plans.crowd
leading = plans.leading

PROJECT = PROJECTS_OF_VENDOR[0]
AS_CLIENT: dict[str, Statement] = {
    "engaged vendors": lambda s: rights.list_engaged(s, CLIENT),
    "gold": lambda s: gold.list_gold(s, project_id=CLIENT, active=None, **PAGE),
    "making gold": lambda s: gold.make_gold(s, project_id=CLIENT, item_id=ACCEPTED, lane_id=CLIENT),
    "an item's known answer": lambda s: gold.find_answer(s, project_id=CLIENT, item_id=ACCEPTED),
}
AS_VENDOR: dict[str, Statement] = {
    "rights of a member": lambda s: rights.recheck_rights(
        s, organisation=VENDOR, project=None, member=MEMBER_OF_LEASED
    ),
    "rights in a project": lambda s: rights.recheck_rights(s, organisation=VENDOR, project=PROJECT, member=None),
    "answers of a day": lambda s: rights.count_answered_today(s, member=MEMBER_OF_LEASED, project_id=PROJECT, most=10),
    "capping": lambda s: rights.cap_member(s, member=MEMBER_OF_LEASED, project_id=PROJECT),
    "lifting a cap": lambda s: rights.lift_cap(s, member=MEMBER_OF_LEASED, project_id=PROJECT),
    "skills of a member": lambda s: members.list_skills(s, MEMBER_OF_LEASED),
    "the order of work": lambda s: work_order.list_ordered_projects(s),
    "gold that a member has met": lambda s: gold.count_met(s, project_id=PROJECT, member=MEMBER_OF_LEASED, most=10),
    "a gold seat": lambda s: gold.take_gold_seat(s, project_id=PROJECT, member=MEMBER_OF_LEASED, organisation=VENDOR),
}
OF_PEOPLE: dict[str, Statement] = {
    **{
        f"workers by {sort}": lambda s, sort=sort: workers.list_workers(  # type: ignore[misc]
            s,
            WorkerFilter(),
            organisation=VENDOR,
            project_id=PROJECT,
            sort=sort,
            after=("", 500) if sort is WorkerSort.ID else None,
            limit=50,
        )
        for sort in WorkerSort
    },
    "barred workers of a site": lambda s: workers.list_workers(
        s,
        WorkerFilter(active=False, site="x", name="1"),
        organisation=VENDOR,
        project_id=PROJECT,
        sort=WorkerSort.ID,
        after=None,
        limit=50,
    ),
    "whom a cap holds back": lambda s: rights.list_capped(s, organisation=VENDOR, project_id=PROJECT),
}
COUNTS: dict[str, Statement] = {
    # It looks at everybody who is enrolled, as the list of people does.
    "what a policy would change": lambda s: rights.measure_effect(
        s, organisation=CLIENT, project_id=CLIENT, rules={"languages": ["sw"]}
    ),
    "work under way": lambda s: projects.count_under_way(s, CLIENT),
    "the pace of a project": lambda s: projects.measure_pace(s, CLIENT, days=7),
}


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading)


@pytest.mark.parametrize("name", AS_VENDOR)
def test_a_vendors_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(VENDOR, PROJECTS_OF_VENDOR), AS_VENDOR[name], leading)


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_a_list_of_people_reads_rights_by_their_lanes_or_members(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    scope = Scope(VENDOR, PROJECTS_OF_VENDOR)
    plans.check(crowd["app"], scope, OF_PEOPLE[name], leading, most_discarded=MOST_DISCARDED_BY_LIST)


@pytest.mark.parametrize("name", COUNTS)
def test_a_preview_counts_along_indexes(crowd: dict[str, Database], leading: dict[str, str], name: str) -> None:
    plans.check(crowd["app"], Scope(CLIENT), COUNTS[name], leading, most_discarded=MOST_DISCARDED_BY_LIST)

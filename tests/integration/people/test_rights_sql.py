"""The SQL of a policy's conditions says of every member what the pure rule says."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from domain.eligibility.queries.rights import barred
from domain.eligibility.rules import Skill, Worker, find_bar
from domain.members import queries as members
from domain.scope import Scope
from schema.enums import OrganisationKind, Role
from schema.projects import SkillRule, WorkerRules
from tests.harness import Stack

LANGUAGES = ("sw", "pt", "pt-br", "pt-br-x1", "ptx")
PLACES = ("Nairobi", "nairobi", "São Paulo", 'a"b', "x", "")
SKILLS = ("polygons", "boxes", "b.2")
shares = st.one_of(st.sampled_from([0.0, 0.5, 0.7, 0.70001, 0.00005, 0.99999, 1.0]), st.floats(0, 1))
bounds = st.lists(shares, min_size=3, max_size=3).map(sorted)
skills = st.dictionaries(st.sampled_from(SKILLS), bounds.map(lambda b: Skill(score=b[1], low=b[0], high=b[2])))
workers = st.builds(
    Worker,
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2, unique=True),
    site=st.none() | st.sampled_from(PLACES),
    team=st.none() | st.sampled_from(PLACES),
    skills=skills,
)
some_places = st.lists(st.sampled_from(PLACES), max_size=3).map(tuple)
rules = st.builds(
    WorkerRules,
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2).map(tuple),
    sites=some_places,
    teams=some_places,
    skills=st.lists(
        st.builds(SkillRule, skill=st.sampled_from(SKILLS), min_score=shares, min_low=shares), max_size=3
    ).map(tuple),
)
_ASK = text(f"SELECT {barred('CAST(:rules AS jsonb)')} FROM member m WHERE m.id = :member").bindparams(
    bindparam("rules", type_=JSONB)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worker=workers, wanted=rules)
def test_sql_and_rule_agree(stack: Stack, worker: Worker, wanted: WorkerRules) -> None:
    organisation_id, member_id = _somebody(stack)
    with stack.database.begin(Scope(organisation_id)) as session:
        members.update_member(
            session, member_id, role="annotator", site=worker.site, team=worker.team, languages=worker.languages
        )
        members.keep_skills(session, member_id, list(worker.skills))
        for name, skill in worker.skills.items():
            members.note_skill(
                session,
                member_id,
                organisation_id=organisation_id,
                skill=name,
                score=skill.score,
                low=skill.low,
                high=skill.high,
            )
        found = session.execute(_ASK, {"rules": wanted.model_dump(mode="json"), "member": member_id}).scalar_one()
    assert found == find_bar(worker, wanted)


def _somebody(stack: Stack) -> tuple[int, int]:
    known = _known.get(id(stack))
    if known is None:
        organisation_id = stack.add_organisation(OrganisationKind.VENDOR)
        known = organisation_id, stack.add_person(organisation_id, Role.ANNOTATOR).member_id
        _known[id(stack)] = known
    return known


_known: dict[int, tuple[int, int]] = {}

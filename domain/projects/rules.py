"""What a new version of a project's bodies may change. Pure; every fault is named with its place."""

from collections.abc import Collection, Iterator, Mapping

from domain.projects.errors import VersionRefused
from schema.enums import ModelState, PreLabeling
from schema.projects import Ontology, Policy


def check_ontology(new: Ontology, *, known: Collection[int], retired: Mapping[int, str], policy: Policy) -> None:
    """Raise VersionRefused with every fault of an ontology that is to follow.

    `known` are all class ids that the project ever gave, `retired` those given up with their last names. A class may
    be renamed, recoloured, given other attributes or retired; it is never left out, and a retired one never comes back.
    """
    problems = list(_ontology_problems(new, known=known, retired=retired)) + list(_policy_problems(policy, new))
    _refuse(problems)


def check_policy(new: Policy, *, ontology: Ontology, model: ModelState | None) -> None:
    """Raise VersionRefused for a policy whose pre-labels have no class, or no model that can make them.

    `model` is the state of the model of `prelabel_mapping_id`; None where the project has no such mapping.
    """
    _refuse(list(_policy_problems(new, ontology)) + list(_model_problems(new, model)))


def _refuse(problems: list[dict[str, str]]) -> None:
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise VersionRefused(f"{problems[0]['field']}: {problems[0]['problem']}{more}", problems=problems)


def _ontology_problems(
    new: Ontology, *, known: Collection[int], retired: Mapping[int, str]
) -> Iterator[dict[str, str]]:
    given = {spec.class_id for spec in new.classes}
    for class_id in sorted(set(known) - given):
        yield {"field": "classes", "problem": f"class {class_id} is missing; a class is retired, never left out"}
    for i, spec in enumerate(new.classes):
        if spec.class_id in retired and not spec.retired:
            problem = f"class {spec.class_id} ({retired[spec.class_id]}) is retired; give a new class an id of its own"
            yield {"field": f"classes[{i}].class_id", "problem": problem}


def _policy_problems(policy: Policy, ontology: Ontology) -> Iterator[dict[str, str]]:
    wanted = policy.prelabel_class_id
    if wanted is None:
        return
    spec = next((s for s in ontology.classes if s.class_id == wanted), None)
    if spec is None:
        yield {"field": "prelabel_class_id", "problem": f"class {wanted} is not in the ontology"}
    elif spec.retired:
        yield {"field": "prelabel_class_id", "problem": f"class {wanted} ({spec.name}) is retired"}


def _model_problems(policy: Policy, model: ModelState | None) -> Iterator[dict[str, str]]:
    if policy.prelabeling is not PreLabeling.MODEL or model is ModelState.READY:
        return
    wanted = policy.prelabel_mapping_id
    if model is None:
        problem = f"the project has no class mapping {wanted}; map the classes of a model to its ontology first"
    elif model is ModelState.RETIRED:
        problem = f"the model of class mapping {wanted} is retired; restore it, or choose a mapping of another"
    else:
        problem = f"the model of class mapping {wanted} is {model.value}; choose a mapping of one that is ready"
    yield {"field": "prelabel_mapping_id", "problem": problem}

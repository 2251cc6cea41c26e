"""Requests that nobody thought of, made from the OpenAPI document by schemathesis, as each role.

Whatever comes: no fault of ours, only answers that the document declares and describes, and wrong values are refused.
"""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schema.enums import Role
from tests.integration.access import world
from tests.integration.access.opened import DOCUMENT, OPERATIONS, Access
from tests.integration.access.samples import Operation
from tests.integration.access.world import Asker

# Who asks is ours to say: without this, a request without a token would count as a wrong value.
SCHEMA = schemathesis.openapi.from_dict(
    DOCUMENT
    | {
        "paths": {
            path: {method: {k: v for k, v in facts.items() if k != "security"} for method, facts in methods.items()}
            for path, methods in DOCUMENT["paths"].items()
        }
    }
)
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
ASKERS = [
    Asker("A", Role.MANAGER),
    Asker("A", Role.SUPERVISOR),
    Asker("V1", Role.ANNOTATOR),
    Asker("V1", Role.SUPERVISOR),
    Asker("V1", Role.ADMIN),
    None,
]
EXAMPLES = 12


def _cases(operation: Operation) -> st.SearchStrategy[tuple[Case, Asker | None, bool]]:
    described = SCHEMA[operation.path][operation.method]
    case = st.one_of(described.as_strategy(generation_mode=mode) for mode in GenerationMode)
    return st.tuples(case, st.sampled_from(ASKERS), st.booleans())


@pytest.mark.parametrize("operation", OPERATIONS, ids=[o.name for o in OPERATIONS])
def test_a_wild_request_gets_a_described_answer(access: Access, operation: Operation) -> None:
    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_cases(operation))
    def ask(drawn: tuple[Case, Asker | None, bool]) -> None:
        case, asker, at_home = drawn
        # A wrong value in a path stays there: it is what is to be refused.
        if at_home and case.path_parameters and case.meta and case.meta.generation.mode.is_positive:
            own = world.own(asker or ASKERS[0], operation.path, access.tokens, access.deliveries)
            case.path_parameters = {k: own.ids.get(k, v) for k, v in case.path_parameters.items()}
        _check(access, case, asker)

    ask()


def _check(access: Access, case: Case, asker: Asker | None) -> None:
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1")).prepare()
    headers = {k: v for k, v in sent.headers.items() if k.lower() not in ("authorization", "cookie", "connection")}
    headers |= asker.headers if asker else {}
    path, _, query = sent.path_url.partition("?")
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    reply = access.ask(
        case.method,
        requests.utils.unquote(path),
        query=query,
        headers=headers | (asker.headers if asker else {}),
        body=body,
    )
    assert reply.status < 500 or reply.status == 503, reply.body[:600]
    answer = Response(
        status_code=reply.status,
        headers={k: [v] for k, v in reply.headers.items()},
        content=reply.body,
        request=sent,
        elapsed=0.0,
        verify=False,
    )
    case.validate_response(answer, checks=CHECKS)

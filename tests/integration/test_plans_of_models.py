"""What `test_plans` holds of lists and hot statements, for the registry of models and the mappings of their classes."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from domain.models import queries as models
from domain.models.queries import AliasKey, NewVersion
from domain.scope import Scope
from runtime.database import Database
from tests.integration import test_plans as plans
from tests.integration.crowd import CLIENT, SMALL_CLIENT
from tests.integration.test_plans import PAGE, Statement

crowd = plans.crowd
leading = plans.leading

# Versions of client 1 (see crowd.ROWS): one that is ready and one that is looked at, each of the upload of its number;
# and an upload that is no version's yet.
READY, LOOKED_AT, LOOKED_AT_TOO, UNTAKEN = 1_000, 1_090, 1_190, 3_000
# A list, and a number that counts on, may look at all versions of the client, never at another's.
MOST_DISCARDED = 210
NEWEST: dict[str, Any] = {"before": 2**62, "limit": 50}
ALIAS = AliasKey(client_org=CLIENT, name="m0", alias="a1")
NEW = NewVersion(
    client_org=CLIENT,
    name="m0",
    version=None,
    upload_id=UNTAKEN,
    upload_sha256=None,
    overrides={},
    licence="",
    notes="",
    requested_by=1,
)


def ensure(session: Session, digest: str) -> object:
    return models.ensure_mapping(
        session, client_org=CLIENT, project_id=CLIENT, model_version_id=READY, digest=digest, body={}, member=1
    )


LISTS: dict[str, Callable[[Session, int], object]] = {
    "versions": lambda s, c: models.list_versions(s, client_org=c, name=None, state=None, **NEWEST),
    "versions of a model": lambda s, c: models.list_versions(s, client_org=c, name="m3", state=None, **NEWEST),
    "versions by state": lambda s, c: models.list_versions(s, client_org=c, name=None, state="validating", **NEWEST),
    "mappings of a project": lambda s, c: models.list_mappings(s, project_id=c, **PAGE),
}
AS_CLIENT: dict[str, Statement] = {
    "a version": lambda s: models.find_version(s, READY, client_org=CLIENT),
    "the lock on an upload": lambda s: models.lock_upload(s, READY, organisation_id=CLIENT),
    "the next number": lambda s: models.insert_version(s, NEW),
    "what is said of a version": lambda s: models.change_version(s, READY, licence="MIT", notes=""),
    "retiring": lambda s: models.move_version(s, READY, of="ready", to="retired"),
    "what a worker looks at": lambda s: models.find_uploaded(s, LOOKED_AT),
    "the hold on a version": lambda s: models.hold_version(s, LOOKED_AT, held_until=None, for_s=30.0),
    "a version that is good": lambda s: models.accept_version(
        s, LOOKED_AT, card={}, prefix="p", sha256="s", size=1, licence=""
    ),
    "a version that is refused": lambda s: models.refuse_version(s, LOOKED_AT_TOO, reason="pickle", detail="d"),
    "a version that was given up": lambda s: models.note_failure_told(s, LOOKED_AT),
    "an alias": lambda s: models.write_alias(s, ALIAS, model_version_id=READY),
    "the lock on an alias": lambda s: models.lock_alias(s, ALIAS),
    "an alias that goes": lambda s: models.clear_alias(s, ALIAS),
    "a mapping": lambda s: models.find_mapping(s, READY, project_id=CLIENT),
    "a new mapping": lambda s: ensure(s, "another"),
    "a mapping that is there": lambda s: ensure(s, "d"),
}


@pytest.mark.parametrize("client", [CLIENT, SMALL_CLIENT])
@pytest.mark.parametrize("name", LISTS)
def test_a_clients_list_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str, client: int
) -> None:
    plans.check(crowd["app"], Scope(client), lambda s: LISTS[name](s, client), leading, most_discarded=MOST_DISCARDED)


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading, most_discarded=MOST_DISCARDED)

"""SQL of events."""

from collections.abc import Mapping

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session


def insert_event(
    session: Session,
    *,
    client_org: int,
    project_id: int,
    kind: str,
    aggregate: str,
    aggregate_id: int,
    body: Mapping[str, object],
) -> int:
    """Write the next event of an aggregate; return its id. The caller holds the aggregate's row."""
    statement = text(
        "INSERT INTO event (client_org, project_id, kind, aggregate, aggregate_id, sequence, body) "
        "SELECT :client_org, :project, :kind, :aggregate, :aggregate_id, coalesce(max(e.sequence), 0) + 1, :body "
        "FROM event e WHERE e.aggregate = :aggregate AND e.aggregate_id = :aggregate_id RETURNING id"
    ).bindparams(bindparam("body", type_=JSONB))
    values = {
        "client_org": client_org,
        "project": project_id,
        "kind": kind,
        "aggregate": aggregate,
        "aggregate_id": aggregate_id,
        "body": body,
    }
    return int(session.execute(statement, values).scalar_one())

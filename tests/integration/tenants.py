"""Two clients, three vendors and rows of every table for them, written past row-level security. Expects nothing."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from domain.scope import Scope
from schema.tables import metadata


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation, the projects it is engaged for, and its one member."""

    organisation_id: int
    member_id: int
    projects: tuple[int, ...] = ()

    @property
    def scope(self) -> Scope:
        return Scope(self.organisation_id, self.projects)


PROJECT_OF_A, PROJECT_OF_B = 101, 102
CLIENT_A = Party(1, 11)
CLIENT_B = Party(2, 12)
VENDOR_1 = Party(3, 13, (PROJECT_OF_A,))
VENDOR_2 = Party(4, 14, (PROJECT_OF_A,))
# A vendor that nobody has engaged.
VENDOR_3 = Party(5, 15)
PARTIES = {"A": CLIENT_A, "B": CLIENT_B, "V1": VENDOR_1, "V2": VENDOR_2, "V3": VENDOR_3}
NAMES = {party.organisation_id: name for name, party in PARTIES.items()}

# Ids end in 1 for client A and in 2 for client B. Task 701 has a free seat and one of each vendor; on task 702 B's own
# member works. Vendor 1's member draws from A's personal lane, vendor 2's from A's fresh lane.
ROWS = """
INSERT INTO organisation (id, kind, name) VALUES
  (1, 'client', 'A'), (2, 'client', 'B'), (3, 'vendor', 'V1'), (4, 'vendor', 'V2'), (5, 'vendor', 'V3');
INSERT INTO person (id, email) SELECT i, 'p' || i || '@example.org' FROM generate_series(11, 15) i;
INSERT INTO member (id, organisation_id, person_id, role) SELECT i, i - 10, i, 'manager' FROM generate_series(11, 15) i;
INSERT INTO api_token (sha256, organisation_id, member_id)
  SELECT sha256(CAST(CAST(i AS text) AS bytea)), i - 10, i FROM generate_series(11, 15) i;
INSERT INTO idempotency (member_id, key, organisation_id, route, request_sha256, status, body, expires_at)
  SELECT i, 'k', i - 10, '/', '', 200, '{}', now() FROM generate_series(11, 15) i;
INSERT INTO audit_event (organisation_id, member_id, action, subject)
  SELECT i - 10, i, 'seeded', 'test' FROM generate_series(11, 15) i;
INSERT INTO outbox (topic, key, body) VALUES ('decide', 701, '{}');
INSERT INTO dead_letter (id, organisation_id, queue, message_id, kind, body, reason, attempts, sent_at, died_at)
  SELECT i, i - 10, 'decide', i, 'decide', '{}', 'stuck', 5, now(), now() FROM generate_series(11, 15) i;
INSERT INTO sign_in_attempt (key, failures, since) VALUES ('x', 1, now());
INSERT INTO person_identity (issuer, subject, person_id)
  SELECT 'https://id.example.org', i, i FROM generate_series(11, 15) i;
INSERT INTO preference (member_id, organisation_id, version, body)
  SELECT i, i - 10, 1, '{}' FROM generate_series(11, 15) i;
INSERT INTO notification (organisation_id, member_id, kind, body)
  SELECT i - 10, i, 'comment', '{}' FROM generate_series(11, 15) i;
INSERT INTO upload (id, organisation_id, member_id, purpose, name, content_type, bytes, part_bytes, bucket, key,
                    storage_id)
  SELECT i, i - 10, i, 'labels', 'f', 't', 1, 1, 'b', 'k', 's' FROM generate_series(11, 15) i;
INSERT INTO upload_part (upload_id, number, organisation_id, etag, bytes)
  SELECT i, 1, i - 10, 'e', 1 FROM generate_series(11, 15) i;
INSERT INTO webhook (id, organisation_id, url, secret, kinds, created_by)
  SELECT i, i - 10, 'https://127.0.0.1:9', 'whsec_c2VjcmV0', '{}', i FROM generate_series(11, 15) i;

INSERT INTO project (id, client_org, name, ontology_version, guideline_version, policy_version) VALUES
  (101, 1, 'of A', 1, 1, 1), (102, 2, 'of B', 1, 1, 1);
INSERT INTO ontology_version (project_id, version, client_org, body) VALUES (101, 1, 1, '{}'), (102, 1, 2, '{}');
INSERT INTO guideline_version (project_id, version, client_org, body) VALUES (101, 1, 1, '{}'), (102, 1, 2, '{}');
INSERT INTO policy_version (project_id, version, client_org, body) VALUES
  (101, 1, 1, '{"lease_ttl_s": 900}'), (102, 1, 2, '{"lease_ttl_s": 900}');
INSERT INTO class (project_id, class_id, client_org) VALUES (101, 1, 1), (102, 1, 2);
INSERT INTO engagement (project_id, vendor_org, client_org) VALUES (101, 3, 1), (101, 4, 1);

INSERT INTO source (id, client_org, bucket, prefix, external_id, nonce, verified_at) VALUES
  (201, 1, 'a', '', 'x', 'n', now()), (202, 2, 'b', '', 'x', 'n', now());
INSERT INTO feed (source_id, project_id, client_org) VALUES (201, 101, 1), (202, 102, 2);
INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag) VALUES
  (201, 'k', 1, '1', 'r', 'r'), (202, 'k', 2, '1', 'r', 'r');
INSERT INTO image (id, client_org, source_id, key, revision, state) VALUES
  (301, 1, 201, 'k', 'r', 'ready'), (302, 2, 202, 'k', 'r', 'ready');
INSERT INTO item (id, client_org, project_id, image_id) VALUES (401, 1, 101, 301), (402, 2, 102, 302);
INSERT INTO model_version (id, client_org, name, version, card) VALUES
  (501, 1, 'm', '1', '{}'), (502, 2, 'm', '1', '{}');
INSERT INTO prediction (id, client_org, project_id, image_id, model_version_id, objects) VALUES
  (551, 1, 101, 301, 501, '[]'), (552, 2, 102, 302, 502, '[]');
INSERT INTO model_alias (client_org, name, alias, model_version_id) VALUES
  (1, 'm', 'champion', 501), (2, 'm', 'champion', 502);
INSERT INTO class_mapping (id, client_org, project_id, model_version_id, digest, body, created_by) VALUES
  (561, 1, 101, 501, 'd', '{}', 11), (562, 2, 102, 502, 'd', '{}', 12);
INSERT INTO model_output (image_id, model_version_id, client_org, objects) VALUES
  (301, 501, 1, '[]'), (302, 502, 2, '[]');
INSERT INTO model_run (id, client_org, project_id, model_version_id, mapping_id, purpose, filter, requested_by) VALUES
  (571, 1, 101, 501, 561, 'run', '{}', 11), (572, 2, 102, 502, 562, 'run', '{}', 12);
INSERT INTO model_run_chunk (run_id, number, client_org, items) VALUES (571, 1, 1, '{401}'), (572, 1, 2, '{402}');

INSERT INTO lane (id, client_org, project_id, stage, requirement_key, kind, rank) VALUES
  (601, 1, 101, 'label', '', 'fresh', 1), (602, 2, 102, 'label', '', 'fresh', 1),
  (611, 1, 101, 'label', 'member:13', 'personal', 0);
INSERT INTO lane_member (member_id, lane_id, vendor_org) VALUES (13, 611, 3), (14, 601, 4), (12, 602, 2);
INSERT INTO task (id, client_org, project_id, item_id, stage, round, state, seats, target, started_lane) VALUES
  (701, 1, 101, 401, 'label', 1, 1, 3, 3, 601), (702, 2, 102, 402, 'label', 1, 1, 1, 1, 602);
INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, state, member_id, lease_id,
                  expires_at) VALUES
  (701, 1, 1, 101, NULL, 601, 1, 0, NULL, NULL, NULL),
  (701, 2, 1, 101, 3, 601, 2, 1, 13, 803, now() + interval '1 hour'),
  (701, 3, 1, 101, 4, 601, 3, 1, 14, 804, now() + interval '1 hour'),
  (702, 1, 2, 102, 2, 602, 4, 1, 12, 802, now() + interval '1 hour');
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id) VALUES
  (803, 701, 2, 1, 101, 3, 13), (804, 701, 3, 1, 101, 4, 14), (802, 702, 1, 2, 102, 2, 12);
INSERT INTO draft (task_id, member_id, seat_no, client_org, project_id, vendor_org, sequence, objects)
  SELECT task_id, member_id, seat_no, client_org, project_id, vendor_org, 1, '[]' FROM lease;
INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id, objects)
  SELECT id, client_org, project_id, vendor_org, task_id, seat_no, 1, member_id, '[]' FROM lease;
INSERT INTO work_time (lease_id, client_org, project_id, vendor_org, member_id, stage, claimed_at, active_s, end_reason,
                       new, edited, accepted, deleted)
  SELECT id, client_org, project_id, vendor_org, member_id, 'label', claimed_at, 1, 'submitted', 0, 0, 0, 0 FROM lease;
INSERT INTO skip (lease_id, client_org, project_id, vendor_org, task_id, member_id, kind, reason)
  SELECT id, client_org, project_id, vendor_org, task_id, member_id, 'others', 'too dark' FROM lease;
INSERT INTO lease_activity (lease_id, client_org, project_id, vendor_org, task_id, member_id, stage)
  SELECT id, client_org, project_id, vendor_org, task_id, member_id, 'label' FROM lease;
INSERT INTO board_hour (project_id, hour, member_id, stage, client_org, vendor_org, submits)
  SELECT project_id, date_trunc('hour', now()), member_id, 'label', client_org, vendor_org, 1 FROM lease;
INSERT INTO member_skill (member_id, skill, organisation_id, score, low, high)
  SELECT id, 'polygons', organisation_id, 0.9, 0.8, 1 FROM member;
INSERT INTO work_order (organisation_id, project_id, position) VALUES
  (1, 101, 1), (2, 102, 1), (3, 101, 1), (4, 101, 1);
INSERT INTO verdict (client_org, project_id, vendor_org, task_id, lease_id, member_id, choice)
  SELECT client_org, project_id, vendor_org, task_id, id, member_id, 'merged' FROM lease;

INSERT INTO decision (id, client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, reason)
VALUES
  (901, 1, 101, 701, 2, 'quorum', '{}', 1, 'accept', 'r'),
  (902, 2, 102, 702, 1, 'quorum', '{}', 1, 'accept', 'r');
INSERT INTO consensus_object (decision_id, id, client_org, project_id, task_id, position, class_id, vote_share,
                              class_share, cause, versions, object)
  SELECT id, gen_random_uuid(), client_org, project_id, task_id, 0, 1, 1, 1, '{}', '{}', '{}' FROM decision;
INSERT INTO release (id, client_org, project_id, format, state, up_to_decision_id, requested_by) VALUES
  (951, 1, 101, 'coco', 'running', 901, 11), (952, 2, 102, 'coco', 'running', 902, 12);
INSERT INTO label_import (id, client_org, project_id, upload_id, format, mode, requested_by) VALUES
  (961, 1, 101, 11, 'coco', 'predictions', 11), (962, 2, 102, 12, 'coco', 'predictions', 12);
INSERT INTO comment (id, client_org, vendor_org, project_id, task_id, organisation_id, member_id, role, body) VALUES
  (971, 1, NULL, 101, 701, 1, 11, 'manager', 'to all'), (972, 2, NULL, 102, 702, 2, 12, 'manager', 'to all'),
  (973, 1, 3, 101, 701, 3, 13, 'manager', 'of V1'), (974, 1, 4, 101, 701, 4, 14, 'manager', 'of V2');
INSERT INTO guideline_acknowledgement (project_id, version, member_id, client_org, vendor_org) VALUES
  (101, 1, 13, 1, 3), (101, 1, 14, 1, 4), (102, 1, 12, 2, 2);
INSERT INTO event (id, client_org, project_id, kind, aggregate, aggregate_id, sequence, body) VALUES
  (981, 1, 101, 'task.accepted', 'task', 701, 1, '{}'), (982, 2, 102, 'task.accepted', 'task', 702, 1, '{}');
INSERT INTO webhook_delivery (webhook_id, event_id, organisation_id) VALUES
  (11, 981, 1), (12, 982, 2), (13, 981, 3), (14, 981, 4), (15, 981, 5);
INSERT INTO release_shard (release_id, number, client_org, name, sha256, bytes) VALUES
  (951, 1, 1, 's', '', 1), (952, 1, 2, 's', '', 1);
"""


def seed(connection: psycopg.Connection) -> None:
    """Write the rows; the connection is a superuser's."""
    connection.execute(ROWS)


def owner_of(table: str, row: dict[str, Any]) -> str:
    """Name a row by its parties: `A` for client A's data, `A/V1` for vendor 1's work on it, `-` for nobody's."""
    if table in ("organisation", "person", "person_identity"):
        return NAMES[row["person_id" if table == "person_identity" else "id"] % 10]  # person 13 is of organisation 3
    parties = [row[column] for column in ("organisation_id", "client_org", "vendor_org") if column in row]
    name = "/".join(NAMES.get(party, "-") for party in parties) or "-"
    return f"{name}:personal" if table == "lane" and row["kind"] == "personal" else name


def list_rows(connection: psycopg.Connection, table: str, where: str = "true") -> list[dict[str, Any]]:
    """Return the rows as JSON, which `insert_copy` takes back."""
    statement = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE {}").format(sql.Identifier(table), sql.SQL(where))
    return [row for (row,) in connection.execute(statement)]


def insert_copy(connection: psycopg.Connection, table: str, row: dict[str, Any], **changes: Any) -> None:
    """Insert a row as it is, but for the changes: where nothing else refuses it, it meets its own primary key."""
    # PostgreSQL takes no value for what it computes itself.
    written = sql.SQL(", ").join(sql.Identifier(c.name) for c in metadata.tables[table].columns if c.computed is None)
    statement = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_record(NULL::{0}, %s)")
    connection.execute(statement.format(sql.Identifier(table), written), (Jsonb(row | changes),))


def list_tables() -> list[str]:
    return sorted(metadata.tables)

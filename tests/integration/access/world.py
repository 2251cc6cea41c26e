"""A world of two clients and three vendors with people of every role, and what each path of the API names in it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from schema.enums import Role
from tests.integration.tenants import seed

ROLES = {Role.ANNOTATOR: 1, Role.SUPERVISOR: 2, Role.MANAGER: 3, Role.CLIENT: 4, Role.ADMIN: 5}
ABSENT = 987_654_321
ABSENT_TEXT = "absent"


@dataclass(frozen=True, slots=True)
class Asker:
    """A member as the matrix names it: `A.manager`, `V1.annotator`."""

    organisation: str
    role: Role

    @property
    def name(self) -> str:
        return f"{self.organisation}.{self.role.value}"

    @property
    def member_id(self) -> int:
        return 100 * ORGANISATIONS[self.organisation] + ROLES[self.role]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.member_id)}"}


ORGANISATIONS = {"A": 1, "B": 2, "V1": 3, "V2": 4, "V3": 5}
# The client whose things are asked for, and a vendor at work for it.
INSIDE = [Asker("A", role) for role in ROLES] + [Asker("V1", role) for role in ROLES if role is not Role.CLIENT]
# Another client, a vendor of that client's own kind of work in another project, and a vendor without any.
OUTSIDE = [Asker("B", Role.MANAGER), Asker("B", Role.ADMIN), Asker("V3", Role.SUPERVISOR), Asker("V3", Role.ADMIN)]


def token(member_id: int) -> str:
    return f"plb_of-{member_id}"


# What the seeded rows of `tests.integration.tenants` lack to be shown: bodies that parse, a second project of client A
# that vendor 1 is not engaged for, and for each member a label task (7000 + member) and a review task (8000 + member).
MORE = """
UPDATE ontology_version SET body = '{"classes": [{"class_id": 1, "name": "coin"}]}';
UPDATE policy_version SET body = '{"min_votes": 1, "max_votes": 2}';
UPDATE guideline_version SET body = '{"markdown": "read me"}';
INSERT INTO project (id, client_org, name, ontology_version, guideline_version, policy_version)
  VALUES (103, 1, 'of A without V1', 1, 1, 1);
INSERT INTO ontology_version SELECT 103, 1, 1, body, NULL, now() FROM ontology_version WHERE project_id = 101;
INSERT INTO guideline_version SELECT 103, 1, 1, body, NULL, now() FROM guideline_version WHERE project_id = 101;
INSERT INTO policy_version SELECT 103, 1, 1, body, NULL, now() FROM policy_version WHERE project_id = 101;
INSERT INTO class (project_id, class_id, client_org) VALUES (103, 1, 1);
INSERT INTO engagement (project_id, vendor_org, client_org) VALUES (103, 4, 1);
INSERT INTO source (id, client_org, bucket, prefix, external_id, nonce, verified_at)
  VALUES (203, 1, 'c', '', 'x', 'n', now());
INSERT INTO image (id, client_org, source_id, key, revision, state) VALUES (303, 1, 203, 'k', 'r', 'ready');
INSERT INTO item (id, client_org, project_id, image_id) VALUES (403, 1, 103, 303);
INSERT INTO lane (id, client_org, project_id, stage, requirement_key, kind, rank) VALUES
  (603, 1, 103, 'label', '', 'fresh', 1), (604, 1, 101, 'review', '', 'fresh', 1);
INSERT INTO task (id, client_org, project_id, item_id, stage, round, state, seats, target, started_lane)
  VALUES (703, 1, 103, 403, 'label', 1, 1, 1, 1, 603);
INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, state, member_id, lease_id,
                  expires_at) VALUES (703, 1, 1, 103, 4, 603, 9, 1, 14, 805, now() + interval '1 hour');
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id)
  VALUES (805, 703, 1, 1, 103, 4, 14);
INSERT INTO decision (id, client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, reason)
  VALUES (903, 1, 103, 703, 2, 'quorum', '{}', 1, 'accept', 'r');
INSERT INTO release (id, client_org, project_id, format, state, up_to_decision_id, requested_by)
  VALUES (953, 1, 103, 'coco', 'running', 903, 11);
INSERT INTO comment (id, client_org, vendor_org, project_id, task_id, organisation_id, member_id, role, body)
  VALUES (975, 1, NULL, 103, 703, 1, 11, 'manager', 'to all');
INSERT INTO event (id, client_org, project_id, kind, aggregate, aggregate_id, sequence, body)
  VALUES (983, 1, 103, 'task.accepted', 'task', 703, 1, '{}');
UPDATE image SET sha256 = repeat('a', 64), width = 4000, height = 3000, turn = 0, bytes = 10,
  content_type = 'image/png';
UPDATE consensus_object SET object =
  '{"id": "01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c", "class_id": 1, "shape": {"type": "box", "x0": 1, "y0": 1, "x1": 9,
    "y1": 9}}';
UPDATE lease SET ontology_version = 1, guideline_version = 1, policy_version = 1;
UPDATE model_version SET name = 'of-b' WHERE id = 502;
UPDATE model_alias SET name = 'of-b' WHERE client_org = 2;
INSERT INTO model_version (id, client_org, name, version, card) VALUES (503, 1, 'm3', '1', '{}');
INSERT INTO class_mapping (id, client_org, project_id, model_version_id, digest, body, created_by)
  VALUES (563, 1, 103, 503, 'd', '{}', 11);
INSERT INTO model_run (id, client_org, project_id, model_version_id, mapping_id, purpose, filter, requested_by)
  VALUES (573, 1, 103, 503, 563, 'run', '{}', 11);
UPDATE model_version SET origin = 'upload', state = 'ready', card = '{"family": "onnx_boxes", "task": "boxes",
  "architecture": "a", "classes": [{"index": 0, "name": "coin"}], "files": [{"name": "m.onnx", "bytes": 1,
  "sha256": "0000000000000000000000000000000000000000000000000000000000000000"}]}' WHERE id BETWEEN 501 AND 503;
UPDATE class_mapping SET body = '{"classes": [{"index": 0, "class_id": 1}]}';

INSERT INTO person (id, email) SELECT o * 100 + r, 'm' || o * 100 + r || '@example.org'
  FROM generate_series(1, 5) o, generate_series(1, 5) r;
INSERT INTO member (id, organisation_id, person_id, role)
  SELECT o * 100 + r, o, o * 100 + r, (ARRAY['annotator', 'supervisor', 'manager', 'client', 'admin'])[r]
  FROM generate_series(1, 5) o, generate_series(1, 5) r;
INSERT INTO api_token (sha256, organisation_id, member_id)
  SELECT sha256(convert_to('plb_of-' || id, 'UTF8')), organisation_id, id FROM member WHERE id > 100;
INSERT INTO upload (id, organisation_id, member_id, purpose, name, content_type, bytes, part_bytes, bucket, key,
                    storage_id)
  SELECT id, organisation_id, id, 'labels', 'f', 't', 1, 1, 'b', 'k', 's' FROM member WHERE id > 100;
INSERT INTO notification (id, organisation_id, member_id, kind, body)
  SELECT id, organisation_id, id, 'comment', '{}' FROM member WHERE id > 100;
-- Clients A and B and vendors 1 (for A) and 2 (in A's other project) have people at work.
CREATE TEMP TABLE worker AS SELECT m.id, m.organisation_id AS org,
  CASE m.organisation_id WHEN 2 THEN 102 WHEN 4 THEN 103 ELSE 101 END AS project,
  CASE m.organisation_id WHEN 2 THEN 2 ELSE 1 END AS client,
  CASE m.organisation_id WHEN 2 THEN 602 WHEN 4 THEN 603 ELSE 601 END AS lane,
  CASE m.organisation_id WHEN 2 THEN 202 WHEN 4 THEN 203 ELSE 201 END AS source
  FROM member m WHERE m.id > 100 AND m.organisation_id < 5;
INSERT INTO image (id, client_org, source_id, key, revision, state, sha256, width, height, turn, bytes)
  SELECT n + id, client, source, 'of-' || n + id, 'r', 'ready', repeat('b', 64), 4000, 3000, 0, 10
  FROM worker, unnest(ARRAY[7000, 8000]) n;
INSERT INTO item (id, client_org, project_id, image_id)
  SELECT n + id, client, project, n + id FROM worker, unnest(ARRAY[7000, 8000]) n;
INSERT INTO task (id, client_org, project_id, item_id, stage, round, state, seats, target, started_lane)
  SELECT n + id, client, project, n + id, 'label', 1, CASE n WHEN 7000 THEN 1 ELSE 3 END, 1, 1, lane
  FROM worker, unnest(ARRAY[7000, 8000]) n;
INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, state, member_id, lease_id,
                  expires_at)
  SELECT n + id, CASE n WHEN 7000 THEN 1 ELSE 1001 END, client, project, org, lane, 100, 1, id, n + id,
         now() + interval '1 hour' FROM worker, unnest(ARRAY[7000, 8000]) n;
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                   guideline_version, policy_version)
  SELECT n + id, n + id, CASE n WHEN 7000 THEN 1 ELSE 1001 END, client, project, org, id, 1, 1, 1
  FROM worker, unnest(ARRAY[7000, 8000]) n;
INSERT INTO decision (id, client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, reason)
  SELECT 8000 + id, client, project, 8000 + id, 1, 'quorum', '{}', 1, 'review', 'r' FROM worker;
UPDATE task SET decision_id = id WHERE id BETWEEN 8000 AND 9000;
SELECT setval(pg_get_serial_sequence(t, 'id'), 1000000) FROM unnest(ARRAY['organisation', 'person', 'member', 'project',
  'source', 'image', 'item', 'task', 'lane', 'decision', 'release', 'comment', 'upload', 'webhook', 'notification',
  'label_import', 'event', 'prediction', 'model_version', 'feed', 'api_token', 'webhook_delivery', 'verdict',
  'dead_letter', 'class_mapping', 'model_run', 'model_run_chunk']) t;
SELECT setval('lease_seq', 1000000), setval('queue_key', 1000000);
"""


def build(admin: psycopg.Connection) -> None:
    """Write the world; the connection is a superuser's."""
    seed(admin)
    admin.execute(MORE)


@dataclass(frozen=True, slots=True)
class Target:
    """What the names of paths and bodies stand for; `text` is for names that are no numbers."""

    name: str
    ids: Mapping[str, int]
    text: Mapping[str, str]


def _rows(*, project: int, source: int, last: int, task: int, lease: int, org: int, member: int) -> dict[str, int]:
    """Name the rows of a client, whose ids end in `last`, and of an organisation at work for it."""
    return {
        "project_id": project,
        "source_id": source,
        "image_id": 300 + last,
        "item_id": 400 + last,
        "task_id": task,
        "lease_id": lease,
        "decision_id": 900 + last,
        "release_id": 950 + last,
        "import_id": 960 + last,
        "comment_id": 970 + last,
        "event_id": 980 + last,
        "model_version_id": 500 + last,
        "mapping_id": 560 + last,
        "a": 560 + last,  # of two prediction sets
        "run_id": 570 + last,
        "organisation_id": org,
        "vendor_org": org,
        "member_id": member,
        "webhook_id": 10 + org,
        "letter_id": 10 + org,
        "upload_id": member,
        "version": 1,
        "number": 1,
        "seat_no": 1,
        "class_id": 1,
    }


def own(asker: Asker, path: str, tokens: Mapping[int, int], deliveries: Mapping[int, int]) -> Target:
    """Return what is the asker's to see: client A's things, and the asker's own lease."""
    review = path.endswith("/review")
    base = _rows(
        project=101,
        source=201,
        last=1,
        task=(8000 if review else 7000) + asker.member_id,
        lease=(8000 if review else 7000) + asker.member_id,
        org=3 if "vendor_org" in path else ORGANISATIONS[asker.organisation],
        member=asker.member_id,
    )
    webhook = 10 + ORGANISATIONS[asker.organisation]
    more = {"webhook_id": webhook, "delivery_id": deliveries[webhook], "token_id": tokens[asker.member_id]}
    return Target("own", base | more, {"name": "m", "alias": "champion"})


OF_B = {"name": "of-b", "alias": "champion"}


def foreign(tokens: Mapping[int, int], deliveries: Mapping[int, int]) -> Target:
    """Return client B's things."""
    rows = _rows(project=102, source=202, last=2, task=702, lease=802, org=2, member=203)
    return Target("of another client", rows | {"token_id": tokens[203], "delivery_id": deliveries[12]}, OF_B)


def other_project(tokens: Mapping[int, int], deliveries: Mapping[int, int]) -> Target:
    """Return client A's things that vendor 1 has nothing to do with, and vendor 2's."""
    rows = _rows(project=103, source=203, last=3, task=703, lease=805, org=4, member=403)
    more = {"import_id": 961, "comment_id": 975, "token_id": tokens[403], "delivery_id": deliveries[14]}
    return Target("of another project", rows | more, {"name": "m3", "alias": "champion"})


def absent() -> Target:
    """Return what nobody has."""
    names = _rows(project=1, source=1, last=1, task=1, lease=1, org=1, member=1) | {"token_id": 1, "delivery_id": 1}
    fixed = {"version": 1, "number": 1, "class_id": 1, "seat_no": 1}
    return Target("absent", dict.fromkeys(names, ABSENT) | fixed, {"name": ABSENT_TEXT, "alias": ABSENT_TEXT})


def token_sha256(member_id: int) -> bytes:
    return hashlib.sha256(token(member_id).encode()).digest()

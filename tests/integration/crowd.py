"""Ten clients with two thousand images each, one with twenty, and the work on them: enough rows for PostgreSQL to plan
as in production. Written past every constraint; expects nothing."""

import psycopg

ITEMS = 20_000
# A client's project, source and fresh lane have its number; of the first items every tenth is client 1's.
CLIENT, SMALL_CLIENT = 1, 11
VENDOR = 21
PROJECTS_OF_VENDOR = (1, 2, 3)

# The step of a task, `i / 10 % 10`: at 0 it waits, at 1-4 it is open (at 4 with a leased seat), at 5 being decided, at
# 6 in review, beyond that accepted. Lease i filled the first seat of task i.
ROWS = """
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE number ON COMMIT DROP AS
  SELECT i, CASE WHEN i > 20000 THEN 11 ELSE 1 + i % 10 END AS client, i / 10 % 10 AS step, 1 + i % 1000 AS member
  FROM generate_series(1, 20099) i WHERE i <= 20000 OR i % 5 = 0;

INSERT INTO organisation (id, kind, name) SELECT i, 'client', 'c' FROM generate_series(1, 11) i;
INSERT INTO organisation (id, kind, name) VALUES (21, 'vendor', 'v'), (22, 'vendor', 'w');
INSERT INTO person (id, email) SELECT i, i || '@example.org' FROM generate_series(1, 5000) i;
INSERT INTO member (id, organisation_id, person_id, role)
  SELECT i, CASE WHEN i > 1000 THEN 22 ELSE 21 END, i, 'annotator' FROM generate_series(1, 5000) i;
INSERT INTO api_token (sha256, organisation_id, member_id)
  SELECT sha256(CAST(CAST(i AS text) AS bytea)), 21, i FROM generate_series(1, 1000) i;
INSERT INTO project (id, client_org, name, ontology_version, guideline_version, policy_version)
  SELECT i, i, 'p', 1, 1, 1 FROM generate_series(1, 11) i;
INSERT INTO ontology_version (project_id, version, client_org, body) SELECT id, 1, id, '{}' FROM project;
INSERT INTO policy_version (project_id, version, client_org, body)
  SELECT id, 1, id, '{"lease_ttl_s": 900, "min_votes": 2, "label_duplicates": false}' FROM project;
INSERT INTO engagement (project_id, vendor_org, client_org) SELECT i, 21, i FROM generate_series(1, 3) i;
INSERT INTO source (id, client_org, bucket, external_id, nonce, verified_at)
  SELECT i, i, 'b' || i, 'x', 'n', now() FROM generate_series(1, 11) i;
INSERT INTO feed (source_id, project_id, client_org) SELECT i, i, i FROM generate_series(1, 11) i;
INSERT INTO lane (id, client_org, project_id, stage, kind, rank)
  SELECT i, i, i, 'label', 'fresh', 1 FROM generate_series(1, 11) i
  UNION ALL SELECT 100 + i, i, i, 'review', 'fresh', 1 FROM generate_series(1, 11) i
  UNION ALL SELECT 200 + i, i, i, 'label', 'started', 1 FROM generate_series(1, 11) i;
INSERT INTO lane_member (member_id, lane_id, vendor_org)
  SELECT i, l, 21 FROM generate_series(1, 1000) i, generate_series(1, 3) l;

INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag)
  SELECT client, 'k' || i, client, '1', 'r', 'e' FROM number;
INSERT INTO image (id, client_org, source_id, key, revision, sha256, width, height, duplicate_of, state)
  SELECT i, client, client, 'k' || i, 'r', md5(i::text), 640, 480, CASE i / 10 % 50 WHEN 7 THEN i - 10 END,
    CASE i / 10 % 50 WHEN 0 THEN 'received' WHEN 1 THEN 'quarantined' WHEN 2 THEN 'superseded' WHEN 3 THEN 'discarded'
      ELSE 'ready' END
  FROM number;
INSERT INTO item (id, client_org, project_id, image_id) SELECT i, client, client, i FROM number;
INSERT INTO model_version (id, client_org, name, version, card) SELECT 100 + i, i, 'm', '1', '{}'
  FROM generate_series(1, 11) i;
INSERT INTO class_mapping (id, client_org, project_id, model_version_id, digest, body, created_by)
  SELECT i, i, i, 100 + i, 'd', '{}', 1 FROM generate_series(1, 11) i;
-- Upload, version and mapping 1000 + n: of each client but the small one a hundred models with two versions, each with
-- an alias. Every tenth model is looked at.
INSERT INTO upload (id, organisation_id, member_id, purpose, state, name, content_type, bytes, part_bytes, bucket, key,
                    storage_id)
  SELECT 1000 + n, 1 + n % 10, 1, 'model', 'complete', 'u', 'application/zip', 1, 1, 'b', 'k', 's'
  FROM generate_series(0, 2000) n;
INSERT INTO model_version (id, client_org, name, version, card, origin, state, upload_id, overrides, requested_by)
  SELECT 1000 + n, 1 + n % 10, 'm' || n / 10 % 100, n / 1000 + 1, '{}', 'upload',
    CASE WHEN n / 10 % 10 = 9 THEN 'validating' ELSE 'ready' END, 1000 + n, '{}', 1 FROM generate_series(0, 1999) n;
INSERT INTO model_alias (client_org, name, alias, model_version_id)
  SELECT client_org, name, 'a' || version, id FROM model_version WHERE id >= 1000;
INSERT INTO class_mapping (id, client_org, project_id, model_version_id, digest, body, created_by)
  SELECT id, client_org, client_org, id, 'd', '{}', 1 FROM model_version WHERE id >= 1000;
INSERT INTO prediction (id, client_org, project_id, image_id, model_version_id, objects)
  SELECT i, client, client, i, 1, '[]' FROM number;
INSERT INTO prediction (id, client_org, project_id, image_id, model_version_id, mapping_id, objects)
  SELECT 30000 + i, client, client, i, 100 + client, client, '[]' FROM number WHERE step > 3;
INSERT INTO model_output (image_id, model_version_id, client_org, objects, took_ms)
  SELECT i, 100 + client, client, '[]', 5 FROM number WHERE step > 3;
INSERT INTO model_run (id, client_org, project_id, model_version_id, mapping_id, purpose, filter, requested_by, is_cut)
  SELECT r, 1 + r % 11, 1 + r % 11, 101 + r % 11, 1 + r % 11, 'run', '{}', 1, true FROM generate_series(1, 55) r;
INSERT INTO model_run_chunk (id, run_id, number, client_org, items, state, done)
  SELECT 200 * r + n, r, n, 1 + r % 11, ARRAY[n * 100 + r % 11], CASE WHEN n > 190 THEN 'waiting' ELSE 'done' END, 1
  FROM generate_series(1, 55) r, generate_series(1, 200) n;
INSERT INTO task (id, client_org, project_id, item_id, stage, round, state, votes, submits, seats, target, started_lane,
                  decision_id, shown_prediction_id, agreement, frozen, state_since)
  SELECT i, client, client, i, 'label', 1, CASE WHEN step = 0 THEN 0 WHEN step < 5 THEN 1 WHEN step = 5 THEN 2
    WHEN step = 6 THEN 3 ELSE 4 END, 1, 1, 2, 2, 200 + client, CASE WHEN step > 5 THEN i END, i,
    CASE WHEN step > 5 THEN i % 97 / 97.0 END, step = 1 AND i % 500 = 10, now() - i * interval '1 millisecond'
  FROM number;
INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, state, member_id, lease_id)
  SELECT i, 1, client, client, 21, client, i, 2, member, i FROM number WHERE step > 0;
INSERT INTO seat (task_id, seat_no, client_org, project_id, vendor_org, lane_id, queue_key, state, member_id, lease_id,
                  expires_at)
  SELECT i, 2, client, client, CASE WHEN step > 3 THEN 21 END, client, 30000 + i,
    CASE WHEN step < 4 THEN 0 WHEN step = 4 THEN 1 ELSE 2 END, CASE WHEN step > 3 THEN 1 + (i + 500) % 1000 END,
    CASE WHEN step > 3 THEN 30000 + i END, CASE WHEN step = 4 THEN now() + interval '1 hour' END
  FROM number WHERE step > 0;
INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id, ontology_version,
                   guideline_version, policy_version, shown_prediction_id)
  SELECT lease_id, task_id, seat_no, client_org, project_id, vendor_org, member_id, 1, 1, 1, task_id FROM seat
  WHERE lease_id IS NOT NULL;
INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id, objects)
  SELECT lease_id, client_org, project_id, vendor_org, task_id, seat_no, 1, member_id, '[]' FROM seat WHERE state = 2;
INSERT INTO draft (task_id, member_id, seat_no, client_org, project_id, vendor_org, sequence, objects)
  SELECT task_id, member_id, seat_no, client_org, project_id, vendor_org, 1, '[]' FROM seat WHERE state = 1;
INSERT INTO decision (id, client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, reason,
                      agreement)
  SELECT i, client, client, i, 1, 'quorum', '{}', 1, 'accept', 'r', '{}' FROM number WHERE step > 5;
INSERT INTO consensus_object (decision_id, id, client_org, project_id, task_id, position, class_id, vote_share,
                              class_share, cause, versions, object)
  SELECT d.id, gen_random_uuid(), d.client_org, d.project_id, d.task_id, p, 1, 1, 1, '{}', '{}', '{}'
  FROM decision d, generate_series(0, 2) p;
INSERT INTO verdict (client_org, project_id, vendor_org, task_id, lease_id, member_id, choice)
  SELECT client, client, 21, i, i, member, 'merged' FROM number WHERE step = 7;
INSERT INTO comment (id, client_org, vendor_org, project_id, task_id, parent_id, organisation_id, member_id, role, body)
  SELECT i * 2 + n, client, 21, client, i, CASE n WHEN 1 THEN i * 2 END, 21, member, 'annotator', 'b'
  FROM number, generate_series(0, 1) n WHERE step BETWEEN 4 AND 6;
INSERT INTO notification (organisation_id, member_id, kind, body)
  SELECT 21, member, 'comment', '{}' FROM number;
INSERT INTO release (id, client_org, project_id, format, state, up_to_decision_id, requested_by)
  SELECT i, 1 + i % 10, 1 + i % 10, 'coco', CASE WHEN i % 100 = 0 THEN 'running' ELSE 'complete' END, 20000, 1
  FROM generate_series(1, 3000) i;
INSERT INTO release (id, client_org, project_id, format, state, up_to_decision_id, requested_by)
  VALUES (3001, 11, 11, 'coco', 'complete', 30000, 1);
INSERT INTO release_shard (release_id, number, client_org, name, sha256, bytes)
  SELECT id, 1, client_org, 's', '', 1 FROM release;
INSERT INTO dead_letter (organisation_id, queue, message_id, envelope_id, kind, body, reason, attempts, sent_at,
                         died_at, state)
  SELECT client, CASE WHEN step < 5 THEN 'decide' ELSE 'images' END, 'm' || i, 'e' || i, 'decide',
    '{"body": {"task_id": ' || i || '}}', CASE WHEN i / 10 % 7 = 0 THEN 'conflict' ELSE 'worker_died' END, 5, now(),
    now(), CASE i / 100 % 3 WHEN 0 THEN 'dead' WHEN 1 THEN 'redriven' ELSE 'discarded' END FROM number;
INSERT INTO outbox (topic, key, body, not_before) SELECT 'decide', i, '{}', now() + i * interval '1 second' FROM number;
SELECT setval(seqrelid::regclass, 100000) FROM pg_sequence;
"""


def fill(admin_url: str) -> None:
    """Write the rows as a superuser and have PostgreSQL look at them."""
    with psycopg.connect(admin_url) as admin:
        admin.execute(ROWS)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")

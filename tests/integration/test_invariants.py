"""What cannot be stored, whoever tries: each case is a statement and the name of the constraint that refuses it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import CheckConstraint

from cli.launcher.bootstrap import DatabaseUrls
from schema.tables import metadata
from tests.integration.conftest import Template
from tests.integration.tenants import CLIENT_A, CLIENT_B, VENDOR_1, insert_copy, list_rows, seed

# Keys that name no client, each with why no row can hang on another client's through them.
KEYS_WITHOUT_CLIENT = {
    "task.shown_prediction_id": "read through row-level security, which hides another client's prediction",
    "prediction.model_version_id": "a built-in model belongs to no client",
    "class_mapping.model_version_id": "likewise; whoever maps one has looked it up in their own scope",
    "model_alias.model_version_id": "likewise",
    "model_output.model_version_id": "likewise",
    "model_run.model_version_id": "the mapping named beside it is tied",
    "consensus_object.decision_id": "the task named beside it is tied",
    "lease.task_id": "its other key over the task is tied",
    "draft.task_id": "its other key over the task is tied",
    "annotation.lease_id": "the task named beside it is tied",
    "verdict.lease_id": "the task named beside it is tied",
    "work_time.lease_id": "its project is tied",
    "skip.lease_id": "the task named beside it is tied",
    "lease_activity.lease_id": "the task named beside it is tied",
    "comment.parent_id": "the task named beside it is tied",
    "guideline_acknowledgement.project_id": "its other key over the project is tied",
}
APPEND_ONLY = (
    "annotation",
    "decision",
    "verdict",
    "consensus_object",
    "lease",
    "work_time",
    "skip",
    "release_shard",
    "class_mapping",
    "model_output",
)
# constraint: the statement that it refuses. Rows: `tenants.ROWS`.
REFUSED = {
    # One lease, one annotation, one member: all through seats.
    "seat_one_per_member": (
        "UPDATE seat SET state = 1, member_id = 13, expires_at = now() WHERE task_id = 701 AND seat_no = 1"
    ),
    "ck_seat_free_has_no_member": "UPDATE seat SET member_id = 12 WHERE task_id = 701 AND seat_no = 1",
    "ck_seat_leased_expires": "UPDATE seat SET expires_at = NULL WHERE task_id = 701 AND seat_no = 2",
    "pk_seat": (
        "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
        "VALUES (701, 1, 1, 101, 601, 9)"
    ),
    "seat_task": (
        "INSERT INTO seat (task_id, seat_no, client_org, project_id, lane_id, queue_key) "
        "VALUES (701, 9, 2, 102, 602, 9)"
    ),
    "fk_seat_lane_id_project_id_client_org_lane": "UPDATE seat SET lane_id = 602 WHERE task_id = 701 AND seat_no = 1",
    "lease_seat": (
        "INSERT INTO lease (id, task_id, seat_no, client_org, project_id, vendor_org, member_id) "
        "VALUES (1, 701, 77, 1, 101, 3, 13)"
    ),
    "annotation_p0_pkey": (
        "INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id, "
        "objects) VALUES (803, 1, 101, 3, 701, 2, 2, 13, '[]')"
    ),
    "annotation_lease": (
        "INSERT INTO annotation (lease_id, client_org, project_id, vendor_org, task_id, seat_no, version, member_id, "
        "objects) VALUES (1, 1, 101, 3, 701, 2, 1, 13, '[]')"
    ),
    # Natural keys.
    "uq_image_source_id_key_revision": (
        "INSERT INTO image (client_org, source_id, key, revision, state) VALUES (1, 201, 'k', 'r', 'received')"
    ),
    "pk_blob_head": (
        "INSERT INTO blob_head (source_id, key, client_org, sequencer, revision, etag) "
        "VALUES (201, 'k', 1, '2', 's', 's')"
    ),
    "uq_item_project_id_image_id_part_key": "INSERT INTO item (client_org, project_id, image_id) VALUES (1, 101, 301)",
    "uq_task_item_id_stage_round": (
        "INSERT INTO task (client_org, project_id, item_id, stage, round, state, target, started_lane) "
        "VALUES (1, 101, 401, 'label', 1, 0, 1, 601)"
    ),
    "uq_prediction_image_id_project_id_model_version_id_mapping_id": (
        "INSERT INTO prediction (client_org, project_id, image_id, model_version_id, objects) "
        "VALUES (1, 101, 301, 501, '[]')"
    ),
    "pk_model_output": (
        "INSERT INTO model_output (image_id, model_version_id, client_org, objects) VALUES (301, 501, 1, '[]')"
    ),
    "uq_class_mapping_project_id_model_version_id_digest": (
        "INSERT INTO class_mapping (client_org, project_id, model_version_id, digest, body, created_by) "
        "VALUES (1, 101, 501, 'd', '{}', 11)"
    ),
    "uq_model_run_chunk_run_id_number": (
        "INSERT INTO model_run_chunk (run_id, number, client_org, items) VALUES (571, 1, 1, '{}')"
    ),
    "fk_model_run_mapping_id_project_id_client_org_class_mapping": (
        "INSERT INTO model_run (client_org, project_id, model_version_id, mapping_id, purpose, filter, requested_by) "
        "VALUES (1, 101, 501, 562, 'run', '{}', 11)"
    ),
    "uq_decision_task_id_submits": (
        "INSERT INTO decision (client_org, project_id, task_id, submits, rule, inputs, parameters_version, outcome, "
        "reason) VALUES (1, 101, 701, 2, 'quorum', '{}', 1, 'review', 'r')"
    ),
    "pk_release_shard": (
        "INSERT INTO release_shard (release_id, number, client_org, name, sha256, bytes) VALUES (951, 1, 1, 't', '', 2)"
    ),
    "pk_engagement": "INSERT INTO engagement (project_id, vendor_org, client_org) VALUES (101, 3, 1)",
    "uq_source_client_org_bucket_prefix": (
        "INSERT INTO source (client_org, bucket, external_id, nonce) VALUES (1, 'a', 'x', 'n')"
    ),
    "uq_person_email": "INSERT INTO person (email) VALUES ('P11@EXAMPLE.ORG')",
    "uq_member_organisation_id_person_id": (
        "INSERT INTO member (organisation_id, person_id, role) VALUES (1, 11, 'annotator')"
    ),
    "uq_lane_project_id_stage_requirement_key_urgency_kind": (
        "INSERT INTO lane (client_org, project_id, stage, kind, rank) VALUES (1, 101, 'label', 'fresh', 5)"
    ),
    "ck_task_counts_sane": "UPDATE task SET votes = -1 WHERE id = 701",
    # Enumerations.
    "ck_organisation_kind_known": "UPDATE organisation SET kind = 'guest'",
    "ck_member_role_known": "UPDATE member SET role = 'guest'",
    "ck_image_state_known": "UPDATE image SET state = 'lost'",
    "ck_task_state_known": "UPDATE task SET state = 7",
    "ck_task_stage_known": "UPDATE task SET stage = 'stage'",
    "ck_task_purpose_known": "UPDATE task SET purpose = 'fun'",
    "ck_lane_kind_known": "UPDATE lane SET kind = 'fast'",
    "ck_lane_stage_known": "UPDATE lane SET stage = 'stage'",
    "ck_seat_state_known": "UPDATE seat SET state = 3, expires_at = NULL WHERE task_id = 701 AND seat_no = 2",
    "ck_decision_outcome_known": "UPDATE decision SET outcome = 'maybe'",
    "ck_verdict_choice_known": "UPDATE verdict SET choice = 'maybe'",
    "ck_model_version_state_known": "UPDATE model_version SET state = 'lost'",
    "ck_model_version_origin_known": "UPDATE model_version SET origin = 'nowhere'",
    "ck_model_run_state_known": "UPDATE model_run SET state = 'lost'",
    "ck_model_run_purpose_known": "UPDATE model_run SET purpose = 'fun'",
    "ck_model_run_chunk_state_known": "UPDATE model_run_chunk SET state = 'lost'",
    "ck_release_state_known": "UPDATE release SET state = 'lost'",
    "ck_dead_letter_queue_known": "UPDATE dead_letter SET queue = 'gossip'",
    "ck_dead_letter_state_known": "UPDATE dead_letter SET state = 'alive'",
    "ck_outbox_one_form": "UPDATE outbox SET verbatim = '{}'",
    "uq_dead_letter_queue_message_id_organisation_id": (
        "INSERT INTO dead_letter (organisation_id, queue, message_id, kind, body, reason, attempts, sent_at, died_at) "
        "VALUES (1, 'decide', '11', 'decide', '{}', 'stuck', 5, now(), now())"
    ),
    "ck_outbox_topic_known": "UPDATE outbox SET topic = 'gossip'",
    "ck_api_token_kind_known": "UPDATE api_token SET kind = 'key'",
    "ck_comment_role_known": "UPDATE comment SET role = 'guest'",
    "ck_comment_point_whole": "UPDATE comment SET x = 1",
    "ck_label_import_format_known": "UPDATE label_import SET format = 'csv'",
    "ck_label_import_mode_known": "UPDATE label_import SET mode = 'both'",
    "ck_label_import_state_known": "UPDATE label_import SET state = 'lost'",
    "ck_notification_kind_known": "UPDATE notification SET kind = 'gossip'",
    "ck_release_content_known": "UPDATE release SET content = 'all'",
    "ck_source_events_known": "UPDATE source SET events = 'carrier pigeon'",
    "ck_source_kind_known": "UPDATE source SET kind = 'lent'",
    "ck_skip_kind_known": "UPDATE skip SET kind = 'bored'",
    "ck_board_hour_stage_known": "UPDATE board_hour SET stage = 'stage'",
    "ck_member_skill_bounds_sane": "UPDATE member_skill SET low = 0.95",
    "ck_work_time_stage_known": "UPDATE work_time SET stage = 'stage'",
    "ck_work_time_end_reason_known": "UPDATE work_time SET end_reason = 'tired'",
    "ck_upload_purpose_known": "UPDATE upload SET purpose = 'fun'",
    "ck_upload_state_known": "UPDATE upload SET state = 'lost'",
    "ck_webhook_delivery_state_known": "UPDATE webhook_delivery SET state = 'lost'",
    # An upload, a delivery or a remark that hung on another tenant's would show it.
    "fk_upload_source_id_organisation_id_source": "UPDATE upload SET source_id = 202 WHERE id = 11",
    "fk_upload_part_upload_id_organisation_id_upload": (
        "INSERT INTO upload_part (upload_id, number, organisation_id, etag, bytes) VALUES (11, 2, 2, 'e', 1)"
    ),
    "fk_label_import_upload_id_client_org_upload": "UPDATE label_import SET upload_id = 12 WHERE id = 961",
    "fk_webhook_delivery_webhook_id_organisation_id_webhook": (
        "UPDATE webhook_delivery SET organisation_id = 2 WHERE webhook_id = 11"
    ),
    "fk_comment_parent_id_task_id_comment": "UPDATE comment SET parent_id = 972 WHERE id = 971",
    "uq_event_aggregate_aggregate_id_sequence": (
        "INSERT INTO event (client_org, project_id, kind, aggregate, aggregate_id, sequence, body) "
        "VALUES (1, 101, 'task.accepted', 'task', 701, 1, '{}')"
    ),
    "pk_webhook_delivery": "INSERT INTO webhook_delivery (webhook_id, event_id, organisation_id) VALUES (11, 981, 1)",
    # An engagement in another client's project, or a token for another organisation's member, would open that tenant.
    "fk_engagement_project_id_client_org_project": (
        "INSERT INTO engagement (project_id, vendor_org, client_org) VALUES (102, 3, 1)"
    ),
    "fk_api_token_member_id_organisation_id_member": (
        "INSERT INTO api_token (sha256, organisation_id, member_id) VALUES ('x', 3, 12)"
    ),
    "fk_lane_member_member_id_vendor_org_member": (
        "INSERT INTO lane_member (member_id, lane_id, vendor_org) VALUES (14, 611, 3)"
    ),
}


@pytest.fixture(scope="module")
def seeded(template: Template) -> Iterator[DatabaseUrls]:
    with template.cloned() as urls:
        with psycopg.connect(template.admin_url(urls)) as admin:
            seed(admin)
        yield urls


@pytest.fixture(scope="module")
def session(template: Template, seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(template.admin_url(seeded)) as connection:
        yield connection


@pytest.fixture
def admin(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A superuser's transaction that leaves nothing behind."""
    with session.transaction(force_rollback=True):
        yield session


@pytest.fixture
def app(seeded: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """The app in the scope of vendor 1."""
    with psycopg.connect(seeded.app) as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "SELECT set_config('plumbline.org', %s, true), set_config('plumbline.projects', '{101}', true)",
            (str(VENDOR_1.organisation_id),),
        )
        yield connection


def tied_tables() -> list[str]:
    """List tables whose project must be their client's."""
    return [t.name for t in metadata.sorted_tables if {"client_org", "project_id"} <= set(t.columns.keys())]


@pytest.mark.parametrize("constraint", list(REFUSED))
def test_the_database_refuses(admin: psycopg.Connection, constraint: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityError) as refusal:
        admin.execute(sql.SQL(REFUSED[constraint]))
    assert refusal.value.diag.constraint_name == constraint


def test_every_check_of_the_schema_is_tried() -> None:
    named = {str(c.name) for t in metadata.sorted_tables for c in t.constraints if isinstance(c, CheckConstraint)}
    assert named <= set(REFUSED)


@pytest.mark.parametrize("table", tied_tables())
def test_a_row_whose_client_is_not_its_projects_is_refused(admin: psycopg.Connection, table: str) -> None:
    (row, *_) = [row for row in list_rows(admin, table) if row["client_org"] == CLIENT_A.organisation_id]
    # Its own rows out of the way, so that nothing but the client is wrong; as a replica nobody asks what hangs on them.
    admin.execute("SET LOCAL session_replication_role = replica")
    admin.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    admin.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="client_org") as refusal:
        insert_copy(admin, table, row, client_org=CLIENT_B.organisation_id)
    assert refusal.value.diag.constraint_name in {
        str(key.name) for key in metadata.tables[table].foreign_key_constraints
    }


def test_every_key_between_rows_of_clients_names_the_client_or_is_excused() -> None:
    bare = {
        f"{table.name}.{key.column_keys[0]}"
        for table in metadata.sorted_tables
        for key in table.foreign_key_constraints
        if "client_org" in table.columns and "client_org" in key.referred_table.columns
        if "client_org" not in key.column_keys
    }
    assert bare == set(KEYS_WITHOUT_CLIENT)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET client_org = client_org", "DELETE FROM {}"])
def test_what_was_said_is_never_rewritten(app: psycopg.Connection, table: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table"):
        app.execute(sql.SQL(statement).format(sql.Identifier(table)))

"""What each party reaches of every table, by each verb: the expectation that `test_tenancy` holds the database to."""

from dataclasses import dataclass

from tests.integration.tenants import PARTIES

NOBODY = "nobody"
ASKING = [*PARTIES, NOBODY]

# For each party the rows it may reach, named by their parties (`tenants.owner_of`); a party not named reaches none.
Reach = dict[str, str]
# Data of a client: it and, in its engaged projects, the vendors.
DATA: Reach = {"A": "A", "B": "B", "V1": "A", "V2": "A"}
# Data that concerns only the client.
OWN: Reach = {"A": "A", "B": "B"}
# What people did: the client sees all of it, a vendor its own people's; only the people's organisation writes it.
WORK: Reach = {"A": "A/V1 A/V2", "B": "B/B", "V1": "A/V1", "V2": "A/V2"}
DO_WORK: Reach = {"B": "B/B", "V1": "A/V1", "V2": "A/V2"}
# Seats are work that also lies free.
SEATS: Reach = {"A": "A/- A/V1 A/V2", "B": "B/B", "V1": "A/- A/V1", "V2": "A/- A/V2"}
# Remarks are to one vendor or, by the client, to all.
REMARKS: Reach = {"A": "A/A/- V1/A/V1 V2/A/V2", "B": "B/B/-", "V1": "A/A/- V1/A/V1", "V2": "A/A/- V2/A/V2"}
# Nobody's rows, and everybody's.
EVERYBODY: Reach = dict.fromkeys([*PARTIES, NOBODY], "-")
# An organisation's own affairs, of projects that it knows.
ORDERS: Reach = {name: name for name in ("A", "B", "V1", "V2")}
# An organisation's own affairs.
PRIVATE: Reach = {name: name for name in PARTIES}


@dataclass(frozen=True, slots=True)
class Rights:
    """What each party reaches by each verb; None: the verb is granted to nobody."""

    select: Reach | None
    insert: Reach | None
    update: Reach | None
    delete: Reach | None = None


EXPECTED = {
    "organisation": Rights(
        select={"A": "A V1 V2", "B": "B", "V1": "A V1", "V2": "A V2", "V3": "V3"}, insert=PRIVATE, update=PRIVATE
    ),
    # Who a person is shows in membership alone; sign-in looks addresses up through its own function.
    "person": Rights(select=PRIVATE, insert=dict.fromkeys(PARTIES, "A B V1 V2 V3"), update=PRIVATE),
    "person_identity": Rights(PRIVATE, PRIVATE, None),
    # Its keys are hashes; whoever signs in has no scope yet.
    "sign_in_attempt": Rights(EVERYBODY, EVERYBODY, EVERYBODY),
    "preference": Rights(PRIVATE, PRIVATE, PRIVATE),
    "notification": Rights(PRIVATE, insert=dict.fromkeys(PARTIES, "A B V1 V2 V3"), update=PRIVATE),
    "upload": Rights(PRIVATE, PRIVATE, PRIVATE),
    "upload_part": Rights(PRIVATE, PRIVATE, PRIVATE),
    "webhook": Rights(PRIVATE, PRIVATE, PRIVATE),
    "webhook_delivery": Rights(PRIVATE, PRIVATE, PRIVATE),
    "label_import": Rights(OWN, OWN, OWN),
    "comment": Rights(REMARKS, insert={"A": "A/A/-", "B": "B/B/-", "V1": "V1/A/V1", "V2": "V2/A/V2"}, update=REMARKS),
    "guideline_acknowledgement": Rights(WORK, DO_WORK, None),
    "event": Rights(DATA, DATA, OWN),
    "member": Rights(PRIVATE, PRIVATE, PRIVATE),
    "member_skill": Rights(PRIVATE, PRIVATE, PRIVATE, delete=PRIVATE),
    "work_order": Rights(ORDERS, ORDERS, ORDERS, delete=ORDERS),
    "api_token": Rights(PRIVATE, PRIVATE, PRIVATE),
    # Only what has expired can be deleted; the seeded rows have.
    "idempotency": Rights(PRIVATE, PRIVATE, PRIVATE, delete=PRIVATE),
    "audit_event": Rights(PRIVATE, PRIVATE, None),
    "project": Rights(DATA, OWN, OWN),
    "ontology_version": Rights(DATA, OWN, None),
    "guideline_version": Rights(DATA, OWN, None),
    "policy_version": Rights(DATA, OWN, None),
    "class": Rights(DATA, OWN, OWN),
    "engagement": Rights(
        select={"A": "A/V1 A/V2", "V1": "A/V1", "V2": "A/V2"}, insert={"A": "A/V1 A/V2"}, update={"A": "A/V1 A/V2"}
    ),
    "source": Rights(OWN, OWN, OWN),
    "feed": Rights(OWN, OWN, OWN),
    "blob_head": Rights(OWN, OWN, OWN),
    "image": Rights(DATA, OWN, OWN),
    "item": Rights(DATA, OWN, None),
    # Built-in models are nobody's and everybody's.
    "model_version": Rights(select={"A": "- A", "B": "- B", "V1": "-", "V2": "-", "V3": "-"}, insert=OWN, update=OWN),
    "prediction": Rights(DATA, OWN, None),
    "model_alias": Rights(OWN, OWN, OWN),
    "class_mapping": Rights(OWN, OWN, None),
    "model_output": Rights(OWN, OWN, None),
    "model_run": Rights(OWN, OWN, OWN),
    "model_run_chunk": Rights(OWN, OWN, OWN),
    "task": Rights(DATA, OWN, DATA),
    "lane": Rights(
        select={"A": "A A:personal", "B": "B", "V1": "A A:personal", "V2": "A A:personal"},
        # A vendor's supervisor sends work back as well.
        insert={"A": "A A:personal", "B": "B", "V1": "A:personal", "V2": "A:personal"},
        update=None,
    ),
    "lane_member": Rights(
        select={"B": "B", "V1": "V1", "V2": "V2"},
        # Vendor 1's member draws from client A's personal lane: A's supervisor may have sent the work there.
        insert={"A": "V1", "B": "B", "V1": "V1", "V2": "V2"},
        update={"B": "B", "V1": "V1", "V2": "V2"},
    ),
    "seat": Rights(SEATS, SEATS, SEATS),
    "lease": Rights(WORK, DO_WORK, None),
    "draft": Rights(WORK, DO_WORK, DO_WORK, delete=DO_WORK),
    "annotation": Rights(WORK, DO_WORK, None),
    "work_time": Rights(WORK, DO_WORK, None),
    "skip": Rights(WORK, DO_WORK, None),
    # A client that ends an engagement ends leases of the vendor's.
    "lease_activity": Rights(WORK, DO_WORK, WORK, delete=DO_WORK),
    # Summed by the relay alone; how far it is, everybody may know.
    "board_hour": Rights(WORK, None, None),
    "fold_mark": Rights(EVERYBODY, None, None),
    "verdict": Rights(WORK, DO_WORK, None),
    "decision": Rights(DATA, DATA, None),
    "consensus_object": Rights(DATA, DATA, None),
    "release": Rights(OWN, OWN, OWN),
    "release_shard": Rights(OWN, OWN, None),
    # Filed by the relay alone.
    "dead_letter": Rights(PRIVATE, None, PRIVATE),
    "outbox": Rights(select=None, insert=dict.fromkeys(PARTIES, "-"), update=None),
}

# A harmless change of each table that may be changed at all.
CHANGES = {
    "organisation": "name = 'x'",
    "person": "name = 'x'",
    "sign_in_attempt": "failures = 2",
    "preference": "version = 2",
    "notification": "read_at = now()",
    "upload": "state = 'aborted'",
    "upload_part": "etag = 'x'",
    "webhook": "active = false",
    "webhook_delivery": "attempts = 1",
    "label_import": "resent = 1",
    "comment": "resolved_at = now()",
    "event": "resent = 1",
    "idempotency": "status = 201",
    "engagement": "ended_at = now()",
    "member": "site = 'x'",
    "member_skill": "score = 0.85",
    "work_order": "position = 2",
    "lease_activity": "active_s = 2",
    "api_token": "expires_at = now()",
    "project": "name = 'x'",
    "class": "retired_at = now()",
    "source": "verified_at = now()",
    "feed": "filled_to = filled_to + 1",
    "blob_head": "etag = 'x'",
    "image": "detail = 'x'",
    "model_version": "notes = 'x'",
    "model_alias": "model_version_id = NULL",
    "model_run": "resent = 1",
    "model_run_chunk": "resent = 1",
    "task": "resent = 1",
    "lane_member": "cursor_key = 1",
    "seat": "version = 9",
    "draft": "sequence = 9",
    "release": "resent = 1",
    "dead_letter": "note = 'x'",
}
# Parties, projects and what a row hangs on never change, but for these.
MOVABLE = {
    ("seat", "vendor_org"),
    ("seat", "member_id"),
    ("seat", "lane_id"),
    ("draft", "seat_no"),  # the same member's next seat of the same task
    ("task", "started_lane"),
    ("task", "shown_prediction_id"),
    ("image", "duplicate_of"),
    ("model_alias", "model_version_id"),
}

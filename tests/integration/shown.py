"""What nobody may ever see, at rest or in the middle of anything: half of a thing as if it were whole."""

import psycopg

from domain.ingest.keys import thumbnail_key, working_key
from tests.harness import Stack
from tests.integration.snapshots import read_objects

# Each question finds the rows for which the sentence is true.
_QUESTIONS = {
    "a ready image without its facts": (
        "SELECT id FROM image WHERE state = 'ready' AND num_nulls(sha256, width, height, turn, content_type) > 0"
    ),
    "an image put aside that nobody was told of": (
        "SELECT i.id FROM image i JOIN feed f ON f.source_id = i.source_id AND f.ended_at IS NULL WHERE "
        "i.state = 'quarantined' AND (i.reason IS NULL OR NOT EXISTS (SELECT FROM event e "
        "WHERE e.kind = 'image.quarantined' AND e.aggregate_id = i.id AND e.project_id = f.project_id))"
    ),
    "work on an image that is not there": (
        "SELECT t.id FROM task t JOIN item n ON n.id = t.item_id JOIN image i ON i.id = n.image_id "
        "WHERE t.state IN (0, 1, 2, 3) AND i.state IN ('deleted', 'superseded', 'discarded')"
    ),
    "two live tasks of one item": (
        "SELECT item_id FROM task WHERE state IN (0, 1, 2, 3) GROUP BY item_id, stage HAVING count(*) > 1"
    ),
    "an open task without a seat": (
        "SELECT id FROM task t WHERE state = 1 AND (SELECT count(*) FROM seat s WHERE s.task_id = t.id) <> t.seats"
    ),
    "a waiting task with a seat": "SELECT t.id FROM task t JOIN seat s ON s.task_id = t.id WHERE t.state = 0",
    "a task in review that no supervisor can draw": (
        "SELECT id FROM task t WHERE state = 3 AND NOT EXISTS (SELECT FROM seat s WHERE s.task_id = t.id "
        "AND s.seat_no > 1000 AND s.queue_key > 0)"
    ),
    "a task that was decided and waits for a decision": (
        "SELECT t.id FROM task t JOIN decision d ON d.task_id = t.id AND d.submits = t.submits WHERE t.state = 2"
    ),
    "an accepted task without its decision or event": (
        "SELECT id FROM task t WHERE state = 4 AND (decision_id IS NULL OR NOT EXISTS (SELECT FROM event e "
        "WHERE e.kind = 'task.accepted' AND e.aggregate_id = t.id))"
    ),
    "a complete release without its files or event": (
        "SELECT id FROM release r WHERE state = 'complete' AND (NOT EXISTS (SELECT FROM release_shard s "
        "WHERE s.release_id = r.id) OR NOT EXISTS (SELECT FROM event e WHERE e.kind = 'release.complete' "
        "AND e.aggregate_id = r.id))"
    ),
    "a file of a release that is not complete": (
        "SELECT r.id FROM release r JOIN release_shard s ON s.release_id = r.id WHERE r.state <> 'complete'"
    ),
    "an import that ended untold": (
        "SELECT id FROM label_import m WHERE state <> 'running' AND NOT EXISTS (SELECT FROM event e "
        "WHERE e.aggregate = 'import' AND e.aggregate_id = m.id)"
    ),
    "a delivery that is over without an answer": (
        "SELECT id FROM webhook_delivery WHERE state = 'delivered' AND (last_status IS NULL OR delivered_at IS NULL)"
    ),
}


def wrong_sights(stack: Stack, admin_url: str) -> list[str]:
    """Say what stands there and must not; empty when all is well."""
    found = []
    stored = {key for key, _ in read_objects(stack)}
    with psycopg.connect(admin_url) as admin:
        for sentence, question in _QUESTIONS.items():
            if rows := admin.execute(question).fetchall():
                found.append(f"{sentence}: {sorted(rows)}")
        for client_org, sha256 in admin.execute("SELECT client_org, sha256 FROM image WHERE state = 'ready'"):
            place = {"client_org": client_org, "sha256": sha256}
            found += [f"{key} is not stored" for key in {working_key(**place), thumbnail_key(**place)} - stored]
        files = admin.execute("SELECT prefix || name FROM release_shard s JOIN release r ON r.id = s.release_id")
        found += [f"{key} is not stored" for (key,) in files if key not in stored]
    return found


def ownerless_files(stack: Stack, admin_url: str) -> list[str]:
    """List the files of releases that no release names, at rest.

    Pictures' copies are not asked for: they lie under the SHA-256 of their original, where the next delivery of a
    picture that was given up half-way finds or replaces them, and where the same bytes under another key share them.
    """
    with psycopg.connect(admin_url) as admin:
        owned = tuple(prefix for (prefix,) in admin.execute("SELECT prefix FROM release WHERE prefix IS NOT NULL"))
    return [key for key, _ in read_objects(stack) if "/releases/" in key and not key.startswith(owned)]

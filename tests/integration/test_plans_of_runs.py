"""What `test_plans` holds of lists and hot statements, for runs of models and the prediction sets that they leave."""

import pytest

from domain.prelabel import queries as prelabel
from domain.runs.queries import chunks, comparing, costs, runs, sets
from domain.scope import Scope
from runtime.database import Database
from tests.integration import test_plans as plans
from tests.integration.crowd import CLIENT
from tests.integration.test_plans import ACCEPTED, FREE, IN_REVIEW, PAGE, Statement

crowd = plans.crowd
leading = plans.leading

MODEL, MAPPING, RUN = 100 + CLIENT, CLIENT, 11
CHUNK = chunks.ChunkRow(200 * RUN + 1, RUN, CLIENT, CLIENT, MAPPING, MODEL, False, [FREE, IN_REVIEW, ACCEPTED])
ITEMS = [FREE, IN_REVIEW, ACCEPTED]
OFFERED = [sets.Offered(i, i, 30_000 + i) for i in ITEMS]
AS_CLIENT: dict[str, Statement] = {
    "runs": lambda s: runs.list_runs(s, project_id=CLIENT, purpose=None, before=2**62, limit=50),
    "the lock on a run": lambda s: runs.lock_run(s, RUN),
    "what chunks came to": lambda s: runs.sum_chunks(s, [RUN, RUN + 11]),
    "the pace of a run": lambda s: runs.find_pace(s, RUN),
    "a chunk that waits": lambda s: chunks.find_waiting_chunk(s, 200 * RUN + 195),
    "the items of a chunk": lambda s: chunks.list_chunk_items(s, CHUNK),
    "items that can be run": lambda s: chunks.list_ready_items(s, ITEMS),
    "the end of a chunk": lambda s: chunks.end_chunk(
        s, 200 * RUN + 195, done=1, failed=0, objects=0, problems=[], took_s=1, is_whole=True
    ),
    "the hold on a chunk": lambda s: chunks.hold_chunk(
        s, 200 * RUN + 195, held_until=None, for_s=1, has_progressed=False
    ),
    "whether a chunk waits": lambda s: chunks.is_waiting(s, 200 * RUN + 195),
    "whether a chunk is left": lambda s: chunks.has_unsettled_chunk(s, RUN),
    "paused chunks": lambda s: chunks.release_chunks(s, RUN, limit=8),
    "problems of a run": lambda s: chunks.list_problems(s, RUN),
    "what a run would cover": lambda s: costs.count_covered(s, ITEMS, model_version_id=MODEL),
    "how long a model takes": lambda s: costs.find_seconds_per_image(s, MODEL),
    "images to try a model on": lambda s: costs.list_missing_images(s, CLIENT, ITEMS),
    "an output": lambda s: prelabel.find_output(s, image_id=ACCEPTED, model_version_id=MODEL),
    "a prediction": lambda s: prelabel.find_prediction(
        s, image_id=ACCEPTED, project_id=CLIENT, model_version_id=MODEL, mapping_id=MAPPING
    ),
    "a task that nobody has begun": lambda s: prelabel.lock_unbegun(s, FREE),
    "pictures of a set": lambda s: sets.list_set_pictures(s, project_id=CLIENT, mapping_id=MAPPING, **PAGE),
    "pictures of a run": lambda s: sets.list_run_pictures(s, run_id=RUN, **PAGE),
    "what a set has to show": lambda s: sets.list_offered(s, project_id=CLIENT, mapping_id=MAPPING, **PAGE),
    "showing a set": lambda s: sets.show_offered(s, OFFERED),
    "images of a set": lambda s: comparing.list_set_images(s, project_id=CLIENT, mapping_id=MAPPING, limit=50),
    "pairs of two sets": lambda s: comparing.list_pairs(
        s, ITEMS, project_id=CLIENT, a=MAPPING, b=MAPPING, limit=50, most_objects=500
    ),
    "pairs with the final labels": lambda s: comparing.list_pairs(
        s, ITEMS, project_id=CLIENT, a=MAPPING, b=None, limit=50, most_objects=500
    ),
    "answers to a set": lambda s: comparing.list_shown_answers(
        s, ITEMS, project_id=CLIENT, mapping_id=MAPPING, limit=50, most_objects=500
    ),
}


@pytest.mark.parametrize("name", AS_CLIENT)
def test_a_clients_statement_reads_no_big_table_through(
    crowd: dict[str, Database], leading: dict[str, str], name: str
) -> None:
    # The chunks of one run are read whole for its figures.
    plans.check(crowd["app"], Scope(CLIENT), AS_CLIENT[name], leading, most_discarded=200)


def test_sets_of_a_project_are_counted_on_their_own_predictions(
    crowd: dict[str, Database], leading: dict[str, str]
) -> None:
    plans.check(
        crowd["app"],
        Scope(CLIENT),
        lambda s: sets.list_sets(s, project_id=CLIENT, counted=500, **PAGE),
        leading,
        most_discarded=plans.MOST_DISCARDED_BY_LIST,
    )


def test_objects_of_a_set_are_counted_without_its_documents(crowd: dict[str, Database]) -> None:
    with crowd["app"].begin(Scope(CLIENT)) as session:
        [plan] = plans.plans_of(session, lambda s: sets.list_sets(s, project_id=CLIENT, counted=500, **PAGE))
    read = {
        (node["Node Type"], node.get("Index Name"))
        for node in plans.nodes(plan)
        if "ix_prediction" in node.get("Index Name", "") or node.get("Relation Name") == "prediction"
    }
    assert read == {("Index Only Scan", "ix_prediction_mapping"), ("Index Scan", "ix_prediction_newest")}

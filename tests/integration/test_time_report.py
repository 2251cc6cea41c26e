"""A month of measured time: the same as anybody makes of the raw rows, for each party under its own names."""

import csv
import io
import json
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from api.routes import times
from cli.main import app
from plumbline_client import Client
from tests.harness import Job, Person, Stack, box, make_job
from tests.integration.measured import end_lease, unchecked
from tests.integration.pictures import disc_png
from tests.integration.timed import answer, claim, rows
from tests.serving import served

MONTH = "2026-10"
COUNTS = ("leases", "submitted", "active_s", "new", "edited", "accepted", "deleted", "skipped")


def write(admin_url: str, job: Job, member: int, ended_at: str, **more: Any) -> None:
    parties = {
        "client_org": job.client.organisation_id,
        "vendor_org": job.vendor.organisation_id,
        "project_id": job.project_id,
    }
    with psycopg.connect(admin_url) as connection:
        end_lease(unchecked(connection), member_id=member, ended_at=ended_at, **(parties | more))


@pytest.fixture
def job(stack: Stack, admin_url: str, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job with leases of two people around a month's ends; pages are short."""
    monkeypatch.setattr(times, "PEOPLE", 1)
    monkeypatch.setattr(times, "REVIEWS", 1)
    job = make_job(stack, connect=False)
    first, second, _ = (p.member_id for p in job.annotators)
    write(admin_url, job, first, "2026-09-30T23:59:59.999999Z", active_s=1000)
    write(admin_url, job, first, "2026-10-01T00:00:00Z", active_s=0.1, edited=2, accepted=3, deleted=4)
    for _ in range(9):
        write(admin_url, job, first, "2026-10-20T12:00:00Z", active_s=0.1, end_reason="later", new=0)
    write(admin_url, job, first, "2026-10-31T23:59:59.999999Z", active_s=10.4, end_reason="expired", new=0)
    write(admin_url, job, first, "2026-11-01T00:00:00Z", active_s=1000)
    write(admin_url, job, second, "2026-10-02T00:00:00+02:00", active_s=7, stage="review")
    return job


def report(person: Person, month: str = MONTH, **query: Any) -> list[dict[str, Any]]:
    told = person.call("GET", "/v1/time", params={"month": month} | query)
    assert told["month"] == month
    return list(told["items"])


def recomputed(admin_url: str, since: str, until: str) -> dict[int, tuple[Any, ...]]:
    """Make the month of the raw rows, one by one: the slow, obvious way."""
    sums: dict[int, dict[str, Any]] = {}
    found = rows(admin_url, f"SELECT * FROM work_time WHERE ended_at >= '{since}' AND ended_at < '{until}'")
    for row in found:
        line = sums.setdefault(row["member_id"], dict.fromkeys(COUNTS, 0) | {"active_s": Decimal(0)})
        line["leases"] += 1
        line["submitted"] += row["end_reason"] == "submitted"
        line["skipped"] += row["end_reason"] in {"later", "others", "unlabelable"}
        line["active_s"] += Decimal(repr(row["active_s"]))
        for name in ("new", "edited", "accepted", "deleted"):
            line[name] += row[name]
    for line in sums.values():
        line["active_s"] = int(line["active_s"].quantize(Decimal(1), ROUND_HALF_EVEN))
    return {member: tuple(line[name] for name in COUNTS) for member, line in sums.items()}


def test_month_is_what_the_raw_rows_make(job: Job, admin_url: str) -> None:
    lines = report(job.vendor)
    wanted = recomputed(admin_url, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    assert {line["member_id"]: tuple(line[name] for name in COUNTS) for line in lines} == wanted
    assert wanted[job.annotators[0].member_id] == (11, 1, 11, 1, 2, 3, 4, 9)
    assert [line["pseudonym"] for line in lines] == sorted(line["pseudonym"] for line in lines)


def test_month_needs_no_board(job: Job, stack: Stack) -> None:
    before = report(job.vendor)
    stack.fold()
    assert report(job.vendor) == before


def test_client_reads_the_same_figures_under_the_same_pseudonyms(job: Job) -> None:
    own = {line["pseudonym"]: line for line in report(job.vendor)}
    theirs = report(job.client, project_id=job.project_id)
    assert {(line["member_id"], line["name"]) for line in theirs} == {(None, None)}
    shared = ("project_id", "returned", "overturned", *COUNTS)
    assert {line["pseudonym"]: [line[n] for n in shared] for line in theirs} == {
        name: [line[n] for n in shared] for name, line in own.items()
    }
    assert {line["name"] for line in own.values()} == {p.email for p in job.annotators[:2]}


def test_annotators_read_themselves_and_strangers_nothing(stack: Stack, job: Job) -> None:
    assert [line["member_id"] for line in report(job.annotators[1])] == [job.annotators[1].member_id]
    assert report(job.annotators[2]) == []
    stranger = make_job(stack, connect=False)
    for person in (stranger.vendor, stranger.client):
        assert report(person) == []
        for path in ("/v1/time", "/v1/time.csv"):
            person.call("GET", path, params={"month": MONTH, "project_id": job.project_id}, expect=404)


def test_a_vendor_reads_its_months_after_its_engagement_ended(job: Job) -> None:
    before = report(job.vendor)
    job.client.call("DELETE", f"/v1/projects/{job.project_id}/vendors/{job.vendor.organisation_id}")
    after = report(job.vendor, project_id=job.project_id)
    assert [line | {"returned": 0, "overturned": 0} for line in after] == before
    assert {line["returned"] for line in after} == {None}


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "0000-01", "9999-12", "november", ""])
def test_what_is_no_month_is_refused(job: Job, month: str) -> None:
    assert job.vendor.call("GET", "/v1/time", params={"month": month}, expect=422)["code"] == "invalid_request"


def by_verdicts(admin_url: str) -> tuple[dict[int, int], dict[int, int]]:
    """Make of the verdicts themselves how many answers of each member went back, and how many objects were changed."""
    author = {
        row["lease_id"]: row["member_id"] for row in rows(admin_url, "SELECT lease_id, member_id FROM annotation")
    }
    drawn = {
        row["id"]: [lease for lease, _ in row["versions"]["drawn"]]
        for row in rows(admin_url, "SELECT c.id, c.versions FROM consensus_object c JOIN decision d "
                                   "ON d.id = c.decision_id WHERE d.rule <> 'review-1'")
    }  # fmt: skip
    returned: dict[int, int] = {}
    overturned: dict[int, int] = {}
    for verdict in rows(admin_url, "SELECT * FROM verdict"):
        if verdict["choice"] == "send_back":
            for lease in verdict["detail"]["leases"]:
                returned[author[lease]] = returned.get(author[lease], 0) + 1
        if verdict["choice"] in {"version", "fix", "remove"}:
            kept = (verdict["detail"] or {}).get("lease_id")
            for lease in drawn[verdict["consensus_object_id"]]:
                if lease != kept:
                    overturned[author[lease]] = overturned.get(author[lease], 0) + 1
    return returned, overturned


def test_what_reviews_made_of_answers_is_what_their_verdicts_say(stack: Stack, admin_url: str) -> None:
    job = make_job(stack, policy={"max_votes": 2})
    first, second, _ = job.annotators
    for number in range(2):
        stack.put(job.bucket, f"{number}.png", disc_png(number))
        stack.pump()
        for person, objects in ((first, answer()), (second, [box(200, 200, 230, 230)])):
            job.submit(person, claim(job, person), objects)
        stack.pump()
        review = claim(job, job.supervisor)
        path = f"/v1/leases/{review['lease_id']}/review"
        contested = job.supervisor.call("GET", path)["objects"]
        held = {o["object"]["id"]: o for o in contested}
        choices: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "remove": lambda o: {"object_id": o["object"]["id"], "choice": "remove"},
            "version": lambda o: {
                "object_id": o["object"]["id"],
                "choice": "version",
                "lease_id": o["versions"][0]["lease_id"],
            },
        }
        verdicts = [choices[name](o) for name, o in zip(("remove", "version"), held.values(), strict=True)]
        back = sorted({v["lease_id"] for o in contested for v in o["versions"]})[:1]
        body = {"verdicts": verdicts} if number == 0 else {"send_back": back, "feedback": "again"}
        job.supervisor.call("POST", path, json=body, expect=201)
    month = rows(admin_url, "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS month")[0]["month"]
    returned, overturned = by_verdicts(admin_url)
    assert (sum(returned.values()), sum(overturned.values())) == (1, 1)
    for person in (job.vendor, job.client):
        lines = report(person, month)
        assert sum(line["returned"] for line in lines) == 1
        assert sum(line["overturned"] for line in lines) == 1
    found = {line["member_id"]: (line["returned"], line["overturned"]) for line in report(job.vendor, month)}
    people = [p.member_id for p in (first, second)]
    assert [found[p] for p in people] == [(returned.get(p, 0), overturned.get(p, 0)) for p in people]


def test_month_is_exported_by_command_and_client(
    job: Job, admin_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = report(job.vendor)
    with served(job.stack) as api_url, Client(api_url, job.vendor.token) as client:
        monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
        monkeypatch.setenv("PLUMBLINE_TOKEN", job.vendor.token)
        project = ["--project", str(job.project_id)]
        shown = CliRunner().invoke(app, ["time", "export", "--month", MONTH, *project])
        filed = CliRunner().invoke(app, ["time", "export", "--month", MONTH, "--out", str(tmp_path / "time.csv")])
        refused = CliRunner().invoke(app, ["time", "export", "--month", "2026-13"])
        assert [line.model_dump(mode="json") for line in client.boards.time(MONTH).items] == lines
        job.stack.fold()
        wide = ["--since", "2026-09-30T00:00:00Z", "--until", "2026-11-02T00:00:00Z", "--json"]
        board = CliRunner().invoke(app, ["board", "--by", "project", *project, *wide])
        table = CliRunner().invoke(app, ["board", *wide[:4]])
        held = CliRunner().invoke(app, ["project", "leases", str(job.project_id), "--running", "--json"])
        skips = CliRunner().invoke(app, ["project", "skips", str(job.project_id)])
    assert (shown.exit_code, filed.exit_code, refused.exit_code) == (0, 0, 1)
    read = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [{k: v or None for k, v in row.items()} for row in read] == [
        {k: None if v is None else str(v) for k, v in line.items()} for line in lines
    ]
    assert (tmp_path / "time.csv").read_text() == shown.stdout.replace("\r\n", "\n")
    assert [line["submits"] for line in json.loads(board.stdout)] == [4]
    assert job.annotators[0].email in table.stdout
    assert json.loads(held.stdout) == []
    assert skips.stdout.split() == ["at", "who", "kind", "task", "image", "reason"]

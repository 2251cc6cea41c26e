"""What 200 open event streams and 50 hanging masks cost a claim: p99 of `POST /v1/leases`, alone and in the crowd.

A stack of its own; the masks hang because the segment process is stopped (SIGSTOP) while they are asked for. The limit
is the same claim without the crowd, measured just before in the same run.
"""

import asyncio
import os
import secrets
import signal
import statistics
import tempfile
import time
from collections.abc import Mapping

from bench.crowding import Crowd, compare, percentile
from bench.record import Check, report, say
from cli import organisations
from cli.connection import Connection, find_api_url, stack_environment
from cli.demo.jobs import PLANS, make_cast, start_job, upload_pictures
from cli.launcher import up as stack
from cli.launcher.state import STATE_DIR_VARIABLE
from schema.enums import Role

STREAMS, MASKS = 200, 50
CLAIMS = int(os.environ.get("BENCH_CLAIMS", "2000"))
TIMEOUT_S = 120.0
TWO_ANNOTATORS = (Role.ANNOTATOR, Role.ANNOTATOR)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        os.chmod(folder, 0o755)
        os.environ[STATE_DIR_VARIABLE] = folder
        say("starting a stack")
        stack.up(detach=True)
        try:
            alone, crowded = _run()
        finally:
            stack.down()
    p99_alone, p99_crowded = percentile(alone, 0.99), percentile(crowded, 0.99)
    figures = {
        "streams": STREAMS,
        "masks": MASKS,
        "claims": CLAIMS,
        "claim_alone_p50_ms": statistics.median(alone),
        "claim_alone_p99_ms": p99_alone,
        "claim_crowded_p50_ms": statistics.median(crowded),
        "claim_crowded_p99_ms": p99_crowded,
    }
    checks = [Check("p99_crowded_to_alone", p99_crowded / p99_alone, 1.5, at_least=False)]
    return report("doors", figures=figures, checks=checks)


def _run() -> tuple[list[float], list[float]]:
    environment = stack_environment()
    url = find_api_url()
    cast = make_cast(environment, api_url=url)
    plan = next(p for p in PLANS if p.slug == "photographs")
    job = start_job(environment, cast, plan, bucket="bench-doors")
    upload_pictures(environment, job)
    watcher, holder, worker = (_add(environment, cast.vendor_org, role) for role in (Role.SUPERVISOR, *TWO_ANNOTATORS))
    cast.vendor.call("POST", f"/v1/projects/{job.project_id}/workforce", json={})
    lease_id = _claim_when_open(Connection(api_url=url, token=holder), job.project_id)
    crowd = Crowd(url, watcher, holder, job.project_id, lease_id, STREAMS, MASKS)
    segment = next(row.pid for row in stack.status() if row.name == "segment")
    assert segment is not None
    say(f"{CLAIMS} claims alone, then in the crowd")
    os.kill(segment, signal.SIGSTOP)
    try:
        return asyncio.run(compare(crowd, claims=CLAIMS, worker_token=worker))
    finally:
        os.kill(segment, signal.SIGCONT)


def _add(environment: Mapping[str, str], organisation_id: int, role: Role) -> str:
    """Add a member of our own and return the token."""
    email = f"{secrets.token_hex(4)}@bench.localhost"
    with organisations.open_database(environment) as database:
        return organisations.add_member(database, organisation_id=organisation_id, email=email, role=role).token


def _claim_when_open(connection: Connection, project_id: int) -> int:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if lease := connection.call("POST", "/v1/leases", json={"project_id": project_id}):
            return int(lease["lease_id"])
        time.sleep(0.5)
    raise SystemExit("no task opened")


if __name__ == "__main__":
    raise SystemExit(main())

"""Jobs with pictures to label, for what happens to work when people change."""

from tests.harness import Job, Stack, make_job
from tests.integration.pictures import disc_png


def job_with_pictures(stack: Stack, count: int = 2) -> Job:
    """Make a job whose contested tasks go to the supervisor after two votes."""
    job = make_job(stack, policy={"max_votes": 2})
    for number in range(count):
        stack.put(job.bucket, f"{number}.png", disc_png(number + 1))
    stack.pump()
    return job

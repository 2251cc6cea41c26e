"""The metrics of models at work. Children are looked up once: the look-up costs more than the counting."""

from functools import cache

from prometheus_client import Counter, Histogram

from runtime.metrics import MODEL_BATCH, MODEL_FORWARDS, MODEL_STAGE_SECONDS, MODELS_LOADED

batch_size = MODEL_BATCH
loaded = MODELS_LOADED


@cache
def forwards(outcome: str) -> Counter:
    """Batches by what became of them: done, memory, lost."""
    return MODEL_FORWARDS.labels(outcome)


@cache
def stage_seconds(stage: str) -> Histogram:
    """Seconds in a stage: fetch, read, fit, wait, forward, read_output, polygons, store."""
    return MODEL_STAGE_SECONDS.labels(stage)

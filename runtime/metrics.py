"""The figures of every process, in Prometheus' default registry. Which process counts what: infra/grafana/README.md.

Label values are bounded: queues and states are enumerations, `type` is one of `schema.message_kinds`.
"""

from prometheus_client import Counter, Gauge, Histogram

# From a message that finds nothing to do up to a decoding at its limit, and to work that outlives many heartbeats.
_HANDLING_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
# From at once up to the four days after which a queue forgets.
_AGES_S = (0.05, 0.25, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 345_600)

# Workers: the loop.
MESSAGES = Counter(
    "plumbline_messages_total",
    "Messages by what became of them: received, acked, retried, dead, returned at shutdown",
    ["queue", "type", "outcome"],
)
HANDLER_SECONDS = Histogram(
    "plumbline_handler_seconds", "Time of one handled message", ["queue", "type"], buckets=_HANDLING_S
)
IN_FLIGHT = Gauge("plumbline_messages_in_flight", "Messages whose handler runs now", ["queue"])
HELD = Gauge("plumbline_messages_held", "Messages that this process holds, running or waiting for a slot", ["queue"])
WORKER_SLOTS = Gauge("plumbline_worker_slots", "How many messages this process handles at a time", ["queue"])
MESSAGE_AGE = Histogram(
    "plumbline_message_age_seconds", "Age of a message when it was received", ["queue"], buckets=_AGES_S
)
OLDEST_MESSAGE = Gauge(
    "plumbline_oldest_message_age_seconds",
    "Age of the oldest message of the last receive, 0 if it was empty",
    ["queue"],
)

# Workers: models.
MODEL_FORWARDS = Counter(
    "plumbline_model_batches_total", "Batches by what became of them: done, memory, lost", ["outcome"]
)
MODEL_BATCH = Histogram(
    "plumbline_model_batch_pictures", "Pictures in a batch", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)
MODEL_STAGE_SECONDS = Histogram(
    "plumbline_model_stage_seconds",
    "Time in a stage of pre-labelling; forward and read_output of a batch, all others of a picture",
    ["stage"],
    buckets=_HANDLING_S,
)
MODELS_LOADED = Gauge("plumbline_models_loaded", "Models that this process has loaded, each in a child")

# Relay: the outbox.
RELAYED = Counter("plumbline_outbox_sent_total", "Outbox messages sent", ["queue"])
OUTBOX_LAG_S = Gauge("plumbline_outbox_lag_seconds", "How long the oldest unsent message has been due, 0 without any")

# Relay: the sweeps.
RESENT = Counter("plumbline_resent_total", "Waiting rows announced again", ["state"])
GIVEN_UP = Counter("plumbline_given_up_total", "Waiting rows given up", ["state"])
LEASES_EXPIRED = Counter("plumbline_leases_expired_total", "Leases that ran out")
RECONCILED = Counter("plumbline_reconciled_keys_total", "Keys that a listing showed to differ from our rows")
# `sweep` is state, reconcile, or depths: the reading of queues and waiting rows.
SWEPT = Gauge("plumbline_swept_timestamp_seconds", "When a sweep last ended well, in seconds since 1970", ["sweep"])

# Relay: the boards.
BOARD_LAG_S = Gauge(
    "plumbline_board_lag_seconds", "How long ago the oldest lease ended that no board shows, 0 without any"
)

# Relay: what lies in queues and tables, whether or not a worker runs.
QUEUE_MESSAGES = Gauge("plumbline_queue_messages", "About how many messages a queue holds", ["queue", "state"])
OLDEST_WAITING_S = Gauge("plumbline_oldest_waiting_seconds", "How long some row has waited in a state", ["state"])
BACKLOG_S = Gauge("plumbline_backlog_seconds", "How long one worker slot would be busy with what waits", ["queue"])
DEAD_LETTERS = Gauge("plumbline_dead_letters", "Dead letters that nobody has settled", ["queue", "reason"])

# Every process that asks the database; the API.
CONNECTIONS = Gauge("plumbline_database_connections_in_use", "Connections that a transaction holds now", ["role"])
POOL_SIZE = Gauge("plumbline_database_pool_size", "Connections that this process may hold at most", ["role"])
REQUEST_SECONDS = Histogram("plumbline_http_seconds", "Time of one request", ["operation", "status"])

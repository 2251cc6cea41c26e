"""The metrics of every process, in Prometheus' default registry."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("plumbline_messages_total", "Messages by what became of them", ["topic", "outcome"])
HANDLER_SECONDS = Histogram("plumbline_handler_seconds", "Time of one handled message", ["topic"])
IN_FLIGHT = Gauge("plumbline_messages_in_flight", "Messages being handled", ["topic"])
RELAYED = Counter("plumbline_outbox_sent_total", "Outbox messages sent", ["topic"])
OUTBOX_LAG_S = Gauge("plumbline_outbox_lag_seconds", "Age of the oldest message of the last batch when it was sent")
RESENT = Counter("plumbline_resent_total", "Waiting rows announced again", ["state"])
GIVEN_UP = Counter("plumbline_given_up_total", "Waiting rows given up", ["state"])
LEASES_EXPIRED = Counter("plumbline_leases_expired_total", "Leases that ran out")
RECONCILED = Counter("plumbline_reconciled_keys_total", "Keys that a listing showed to differ from our rows")

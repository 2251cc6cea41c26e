"""SQS consumers, the relay with its sweeps, and the segment service. The only place for torch."""

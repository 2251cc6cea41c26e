"""What any process needs: settings, database, blob store, queues, logs, metrics, clock. Knows nothing of HTTP."""

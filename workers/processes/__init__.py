"""The three kinds of worker process, one module each, so that each loads only what it runs."""

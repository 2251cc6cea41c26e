"""Simulated annotators by the hundred, what they work on, and what their work costs the server."""

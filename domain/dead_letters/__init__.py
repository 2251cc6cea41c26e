"""The desk for messages that were given up: why each died, once more, or out for good."""

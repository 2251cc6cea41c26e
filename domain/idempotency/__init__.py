"""Requests that have no natural key and may be sent twice: the first answer is kept for a day."""

"""A client's buckets: registration, proof of access, and their connection to projects."""

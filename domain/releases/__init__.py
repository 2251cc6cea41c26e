"""Immutable snapshots of accepted work, and the formats they are written in."""

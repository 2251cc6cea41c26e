"""Organisations, people, members, tokens, and the scope that a member's requests run in."""

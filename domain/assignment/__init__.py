"""Handing out seats and taking in answers: claim, draft, heartbeat, submit, undo, expiry."""

"""SQL of sign-in: who an address is, failed attempts, the password."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain.signin.rules import FIRST_LOCK_S, LONGEST_LOCK_S, WINDOW_S, Limit

# Counted before the password is looked at: what runs at the same time meets the lock, not the old count.
_COUNT = text(
    """
INSERT INTO sign_in_attempt AS a (key, failures, since) VALUES (:key, 1, now())
ON CONFLICT (key) DO UPDATE SET (failures, since, locked_until) = (
  SELECT n.failures, CASE WHEN n.failures = 1 THEN now() ELSE a.since END,
         CASE WHEN n.failures >= :limit
              THEN now() + make_interval(secs => least(:first_lock * 2 ^ least(n.failures - :limit, 10), :longest_lock))
         END
  FROM (SELECT CASE WHEN greatest(a.since, a.locked_until) < now() - make_interval(secs => :window) THEN 1
                    ELSE a.failures + 1 END AS failures) n)
WHERE a.locked_until IS NULL OR a.locked_until <= now() RETURNING failures
"""
)


def count_attempt(session: Session, limit: Limit) -> int | None:
    """Count an attempt as failed until it succeeds; return how many there are now, None when the key is locked."""
    values = {
        "key": limit.key,
        "limit": limit.failures,
        "window": WINDOW_S,
        "first_lock": FIRST_LOCK_S,
        "longest_lock": LONGEST_LOCK_S,
    }
    found = session.execute(_COUNT, values).scalar()
    return None if found is None else int(found)


def get_locked_s(session: Session, limit: Limit) -> int:
    """Return for how many more seconds a key is locked, at least one."""
    statement = text(
        "SELECT greatest(1, ceil(extract(epoch FROM locked_until - now()))) FROM sign_in_attempt WHERE key = :key"
    )
    return int(session.execute(statement, {"key": limit.key}).scalar_one())


def forget_failures(session: Session, limit: Limit) -> None:
    """An address whose owner came in starts over."""
    session.execute(
        text("UPDATE sign_in_attempt SET failures = 0, locked_until = NULL WHERE key = :key"), {"key": limit.key}
    )


def take_back_attempt(session: Session, limit: Limit) -> None:
    """A network is only relieved of the attempt that was none."""
    session.execute(
        text(
            "UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0), "
            "locked_until = CASE WHEN failures > :limit THEN locked_until END WHERE key = :key"
        ),
        {"key": limit.key, "limit": limit.failures},
    )


def set_password(session: Session, *, secret: bytes, password_hash: str | None, end_others: bool) -> bool:
    """Set the password of the secret's owner, None: take it away; False when the secret does not allow it."""
    statement = text("SELECT set_password(:secret, :hash, :end_others)")
    values = {"secret": secret, "hash": password_hash, "end_others": end_others}
    return session.execute(statement, values).scalar() is not None


def find_identity_owner(session: Session, *, issuer: str, subject: str) -> str | None:
    """Return the address of the person whom a provider's account belongs to, in any organisation."""
    statement = text("SELECT identity_owner(:issuer, :subject)")
    found: str | None = session.execute(statement, {"issuer": issuer, "subject": subject}).scalar()
    return found


def insert_identity(session: Session, *, issuer: str, subject: str, person_id: int) -> None:
    session.execute(
        text(
            "INSERT INTO person_identity (issuer, subject, person_id) VALUES (:issuer, :subject, :person) "
            "ON CONFLICT DO NOTHING"
        ),
        {"issuer": issuer, "subject": subject, "person": person_id},
    )


def list_subjects(session: Session, *, issuer: str, person_id: int) -> list[str]:
    """List a person's accounts at a provider; there should be one."""
    rows = session.execute(
        text("SELECT subject FROM person_identity WHERE issuer = :issuer AND person_id = :person ORDER BY created_at"),
        {"issuer": issuer, "person": person_id},
    )
    return list(rows.scalars())

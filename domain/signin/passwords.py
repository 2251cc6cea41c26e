"""Passwords: their rules and their hashes (argon2id). Slow on purpose: never inside a transaction."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.signin.errors import PasswordRefused

MIN_LENGTH, MAX_LENGTH = 12, 200
# OWASP's second choice (2024): 19 MiB and two passes; a process of eight threads stays under 200 MB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def check_new_password(password: str, *, email: str) -> None:
    """Raise PasswordRefused for what is too short, too long, or the address itself."""
    if len(password) < MIN_LENGTH:
        raise PasswordRefused(f"a password has at least {MIN_LENGTH} characters", min_length=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise PasswordRefused(f"a password has at most {MAX_LENGTH} characters", max_length=MAX_LENGTH)
    if password.strip().lower() == email.strip().lower():
        raise PasswordRefused("your address is no password")


def hash_password(password: str) -> str:
    """Return the hash with its salt and parameters; takes tens of milliseconds."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str | None) -> bool:
    """Say whether this is the password of the hash; takes as long where there is no hash."""
    try:
        return _HASHER.verify(stored or _hash_of_nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Say whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")

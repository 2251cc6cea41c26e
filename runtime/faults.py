"""Tells a part that is away (database, S3, SQS) from a fault of the work at hand. Only asks; waits for nothing."""

from typing import Final

from botocore.exceptions import ClientError, CredentialRetrievalError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Connection lost, resources used up, shutting or starting up; a lock or a statement that takes too long is none.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY_CLASSES: Final = ("08", "53")
_AWAY_STATES: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25006"})
_THROTTLED: Final = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "RequestTimeout"}
)


def is_outage(error: BaseException | None) -> bool:
    """Tell whether the error, or what it came from, says that something all work needs does not answer."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if _says_away(error):
            return True
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def _says_away(error: BaseException) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError):
        return _database_away(error)
    if isinstance(error, ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status >= 500 or error.response.get("Error", {}).get("Code") in _THROTTLED
    return isinstance(error, (HTTPClientError, NoConnection, CredentialRetrievalError))


def _database_away(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the connection broke before the server could say why
        return isinstance(error, (OperationalError, InterfaceError))
    return state.startswith(_AWAY_CLASSES) or state in _AWAY_STATES

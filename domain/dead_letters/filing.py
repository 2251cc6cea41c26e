"""Filing: a message that was given up becomes a row for each organisation that it is about."""

from sqlalchemy.orm import Session

from domain.dead_letters.queries import filing
from domain.dead_letters.rules import Reading, storable


def file_letter(session: Session, reading: Reading) -> int:
    """File a letter, once however often it is filed; return how many rows are new.

    It is for whom its body names and, being an event of a bucket, for each who has proved access to that key. Without
    any of these it is the operator's. Raises IntegrityError when one of them does not exist.
    """
    concerned = dict.fromkeys(reading.organisations)
    for event in reading.keys:
        for owner in filing.list_bucket_owners(session, storable(event.bucket)):
            if event.key.startswith(owner.prefix):
                concerned[owner.client_org] = None
    return filing.insert_letter(session, reading, list(concerned) or [None])


def file_for_operator(session: Session, reading: Reading) -> int:
    """File a letter for the operator alone: whoever it names is not there."""
    return filing.insert_letter(session, reading, [None])

"""Where derived objects of an image lie in our own bucket."""


def working_key(*, client_org: int, sha256: str) -> str:
    """The upright working copy; addressed by the original's bytes."""
    return f"org/{client_org}/pictures/{sha256}/working"


def thumbnail_key(*, client_org: int, sha256: str) -> str:
    return f"org/{client_org}/pictures/{sha256}/thumbnail"


def release_folder(*, client_org: int, release_id: int) -> str:
    """Where everything of a release lies."""
    return f"org/{client_org}/releases/{release_id}/"


def release_prefix(*, client_org: int, release_id: int, attempt: str) -> str:
    """Where one attempt at a release writes; two at a time must not write over each other's files."""
    return f"{release_folder(client_org=client_org, release_id=release_id)}{attempt}/"

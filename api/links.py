"""Links to pictures and files, for the member who asks. Same origin: no CORS, no address of a bucket."""

from datetime import UTC, datetime

from api.context import Context
from domain.delivery.links import grant, sign
from domain.ingest.keys import thumbnail_key, working_key
from domain.scope import Actor


def object_link(context: Context, actor: Actor, key: str) -> str:
    """Return a path that fetches one object of our bucket for an hour or two."""
    secret = context.settings.secret.get_secret_value().encode()
    return f"/objects/{sign(grant(actor.member_id, key, now=datetime.now(UTC)), secret)}"


def picture_links(
    context: Context, actor: Actor, *, client_org: int, sha256: str | None
) -> tuple[str | None, str | None]:
    """Return the links of an image's working copy and thumbnail; (None, None) while it has none."""
    if sha256 is None:
        return None, None
    return (
        object_link(context, actor, working_key(client_org=client_org, sha256=sha256)),
        object_link(context, actor, thumbnail_key(client_org=client_org, sha256=sha256)),
    )

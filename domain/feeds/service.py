"""Use cases of feeds. Ending one takes nothing away: items that are there stay, and are labelled to their end."""

from sqlalchemy.orm import Session

from domain.audit import service as audit
from domain.errors import NotFound
from domain.feeds import queries
from domain.feeds.queries import FeedDetail
from domain.outbox.queries import insert_message
from domain.projects import service as projects
from domain.scope import Actor
from domain.sources import queries as sources
from domain.sources.queries import SourceRow
from domain.sources.service import get_source
from schema.enums import Role, Topic
from schema.messages import FeedMessage


def connect_feed(session: Session, actor: Actor, *, source_id: int, project_id: int) -> None:
    """Feed a project from a source; images that are ready already get their items too."""
    actor.require(Role.CLIENT, Role.MANAGER)
    source = get_source(session, source_id)
    project = projects.get_project(session, project_id)
    if connect(session, source, project_id=project.id):
        audit.record(session, actor, "feed_connected", f"source:{source.id}", project_id=project.id)


def connect(session: Session, source: SourceRow, *, project_id: int) -> bool:
    """Connect a source that the caller may manage; False when it is connected already."""
    sources.lock_source(session, source.id)
    feed_id = queries.insert_feed(session, source_id=source.id, project_id=project_id, client_org=source.client_org)
    if feed_id is None:
        return False
    insert_message(session, Topic.IMAGES, feed_id, FeedMessage(client_org=source.client_org, feed_id=feed_id))
    return True


def end_feed(session: Session, actor: Actor, *, source_id: int, project_id: int) -> None:
    """Let a source bring nothing more into a project; repeating it changes nothing, raises NotFound without a feed."""
    actor.require(Role.CLIENT, Role.MANAGER)
    source = get_source(session, source_id)
    projects.get_project(session, project_id)
    # An image that becomes ready right now has its item before, or none after.
    sources.lock_source(session, source.id)
    if queries.end_feed(session, source_id=source.id, project_id=project_id):
        audit.record(session, actor, "feed_ended", f"source:{source.id}", project_id=project_id)
    elif all(f.project_id != project_id for f in queries.list_feeds(session, source_id=source.id, project_id=None)):
        raise NotFound(f"source {source_id} does not feed project {project_id}")


def list_source_feeds(session: Session, actor: Actor, source_id: int) -> list[FeedDetail]:
    actor.require(Role.CLIENT, Role.MANAGER)
    get_source(session, source_id)
    return queries.list_feeds(session, source_id=source_id, project_id=None)


def list_project_feeds(session: Session, actor: Actor, project_id: int) -> list[FeedDetail]:
    actor.require(Role.CLIENT, Role.MANAGER)
    projects.get_project(session, project_id)
    return queries.list_feeds(session, source_id=None, project_id=project_id)

"""Who may watch a project's counts. Counting them is dear; asking this is not."""

from sqlalchemy.orm import Session

from domain.progress.service import READERS
from domain.projects.service import get_project
from domain.scope import Actor


def check_watcher(session: Session, actor: Actor, project_id: int) -> None:
    """Raise Forbidden or NotFound where reading the counts would."""
    actor.require(*READERS)
    get_project(session, project_id)

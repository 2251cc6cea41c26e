"""SQL of the order of work. The scope is one organisation's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OrderedProject:
    """A project and its place in the order of work; None for one that nobody put in order."""

    project_id: int
    name: str
    position: int | None


def list_ordered_projects(session: Session) -> list[OrderedProject]:
    """List the active projects that the scope shows, as its organisation's people are served from them."""
    rows = session.execute(
        text(
            "SELECT p.id AS project_id, p.name, o.position FROM project p "
            "LEFT JOIN work_order o ON o.project_id = p.id WHERE p.archived_at IS NULL "
            "ORDER BY coalesce(o.position, 100), p.id LIMIT 10000"
        )
    ).mappings()
    return [OrderedProject(**row) for row in rows]


def replace_work_order(session: Session, *, organisation_id: int, project_ids: Sequence[int]) -> None:
    """Put projects in order, from 1 on; what is not named keeps no place. Two at once wait for one another."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('work_order', :organisation))"),
        {"organisation": organisation_id},
    )
    session.execute(
        text("DELETE FROM work_order WHERE organisation_id = :organisation"), {"organisation": organisation_id}
    )
    session.execute(
        text(
            "INSERT INTO work_order (organisation_id, project_id, position) "
            "SELECT :organisation, o.id, o.position "
            "FROM unnest(CAST(:projects AS bigint[])) WITH ORDINALITY AS o(id, position)"
        ),
        {"organisation": organisation_id, "projects": list(project_ids)},
    )

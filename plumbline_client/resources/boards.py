"""Who works on what now, what people have done, what they skipped, and a month of measured time."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from plumbline_client.connection import Connection, parse
from schema.bodies.boards import BoardBody, BoardLineBody, LiveLeaseBody, SkipLineBody, TimeReportBody
from schema.enums import SkipKind, Stage


class Boards:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(
        self,
        by: str,
        *,
        project_id: int | None = None,
        stage: Stage | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: str | None = None,
    ) -> Iterator[BoardLineBody]:
        """Yield what each member, team, site, project or hour (`by`) did; the last 24 hours by default."""
        after: int | None = None
        while True:
            params = {
                "by": by,
                "project_id": project_id,
                "stage": stage.value if stage else None,
                "since": since.isoformat() if since else None,
                "until": until.isoformat() if until else None,
                "sort": sort,
                "after": after,
            }
            page = parse(BoardBody, self._connection.call("GET", "/v1/board", params=params))
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def leases(
        self,
        project_id: int,
        *,
        stage: Stage | None = None,
        idle_s: float | None = None,
        expired: bool | None = None,
        sort: str | None = None,
    ) -> Iterator[LiveLeaseBody]:
        """Yield who works on what now."""
        return self._connection.pages(
            LiveLeaseBody,
            f"/v1/projects/{project_id}/leases",
            stage=stage.value if stage else None,
            idle_s=idle_s,
            expired=None if expired is None else str(expired).lower(),
            sort=sort,
        )

    def skips(
        self, project_id: int, *, kind: SkipKind | None = None, since: datetime | None = None, sort: str | None = None
    ) -> Iterator[SkipLineBody]:
        """Yield what people skipped, the newest first."""
        return self._connection.pages(
            SkipLineBody,
            f"/v1/projects/{project_id}/skips",
            kind=kind.value if kind else None,
            since=since.isoformat() if since else None,
            sort=sort,
        )

    def time(self, month: str, *, project_id: int | None = None) -> TimeReportBody:
        """Return a month such as 2026-11, by project and pseudonym."""
        return self._connection.get(TimeReportBody, "/v1/time", month=month, project_id=project_id)

    def export_time(self, month: str, path: Path, *, project_id: int | None = None) -> None:
        """Write a month as CSV, in bounded memory."""
        project = "" if project_id is None else f"&project_id={project_id}"
        self._connection.download(f"/v1/time.csv?month={month}{project}", path)

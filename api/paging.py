"""Lists in pages by id: `?after=&limit=`. One row more than asked for tells whether there is a next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from schema.bodies.base import MAX_ID, Page

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

Row = TypeVar("Row")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts and how many rows it has at most."""

    after: int
    limit: int

    @property
    def rows(self) -> int:
        """How many rows to read: one more, to see whether anything follows."""
        return self.limit + 1

    def page(self, rows: Sequence[Row], render: Callable[[Row], Item], *, id_of: Callable[[Row], int]) -> Page[Item]:
        shown = rows[: self.limit]
        following = id_of(shown[-1]) if len(rows) > self.limit else None
        return Page(items=tuple(render(row) for row in shown), next=following)


async def get_cursor(
    after: Annotated[int, Query(ge=0, le=MAX_ID, description="`next` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Cursor:
    return Cursor(after, limit)


async def get_newest_cursor(
    after: Annotated[int, Query(ge=1, le=MAX_ID, description="`next` of the page before")] = MAX_ID,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Cursor:
    """For lists by descending id: a page has the ids below `after`."""
    return Cursor(after, limit)


WithCursor = Annotated[Cursor, Depends(get_cursor)]
WithNewestCursor = Annotated[Cursor, Depends(get_newest_cursor)]

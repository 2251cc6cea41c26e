"""What every body shares: it is frozen, refuses unknown fields, and lists come as pages."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

MAX_ID = 2**63 - 1

Item = TypeVar("Item")
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
TraceId = Annotated[
    str,
    Field(
        description="names what happened to it in logs and traces, from its bucket's event on; 128 bits in hex",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    ),
]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Body, Generic[Item]):
    """A page of a list. `next` is the `after` of the next page, null on the last one."""

    items: tuple[Item, ...]
    next: Annotated[int | None, Field(description="pass this as `after` to get the next page", examples=[1007])]


class OrderedPage(Body, Generic[Item]):
    """A page of a list in an order of its own. `next` is opaque: the `after` of the next page, null on the last one."""

    items: tuple[Item, ...]
    next: Annotated[
        str | None,
        Field(description="pass this as `after`, with the same order, to get the next page", examples=["1007"]),
    ]


class Interval(Body):
    """A figure with its 95 % interval; the bounds are null where fewer than two items were measured."""

    value: float | None
    low: float | None
    high: float | None

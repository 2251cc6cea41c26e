"""What every table shares: naming of constraints, key types, creation time, CHECKs from enumerations."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Reference = Annotated[int, mapped_column(BigInteger)]
Small = Annotated[int, mapped_column(SmallInteger)]
String = Annotated[str, mapped_column(Text)]
Document = Annotated[dict[str, Any], mapped_column(JSONB)]
Documents = Annotated[list[dict[str, Any]], mapped_column(JSONB)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = metadata


class Created:
    """The time of insertion, by the database's clock."""

    created_at: Mapped[Instant] = mapped_column(DateTime(timezone=True), server_default=func.now())


def one_of(column: str, values: type[StrEnum] | type[IntEnum]) -> CheckConstraint:
    """A CHECK that `column` holds a value of the enumeration."""
    listed = ", ".join(f"'{v.value}'" if isinstance(v.value, str) else str(v.value) for v in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


# Foreign keys between two rows of a client name the client too: the check of a key steps over row-level security, so a
# key of an id alone would let a row hang on another client's.


def in_project() -> ForeignKeyConstraint:
    """A foreign key that ties a row's client to its project."""
    return ForeignKeyConstraint(["project_id", "client_org"], ["project.id", "project.client_org"])


def of_task() -> ForeignKeyConstraint:
    """A foreign key that ties a row's project and client to its task."""
    return ForeignKeyConstraint(
        ["task_id", "project_id", "client_org"], ["task.id", "task.project_id", "task.client_org"]
    )


def of_lane(column: str) -> ForeignKeyConstraint:
    """A foreign key that ties a row's project and client to the lane that `column` names."""
    return ForeignKeyConstraint([column, "project_id", "client_org"], ["lane.id", "lane.project_id", "lane.client_org"])


def of_client(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key that ties a row's client to the client of the row that `column` names."""
    return ForeignKeyConstraint([column, "client_org"], [f"{table}.id", f"{table}.client_org"])


def of_member(organisation: str) -> ForeignKeyConstraint:
    """A foreign key that ties a member to the organisation in the column `organisation`."""
    return ForeignKeyConstraint(["member_id", organisation], ["member.id", "member.organisation_id"])

"""Whether this process can work."""

from typing import Literal

from schema.bodies.base import Body


class HealthBody(Body):
    status: Literal["ok"] = "ok"
    database: Literal["ok"] = "ok"

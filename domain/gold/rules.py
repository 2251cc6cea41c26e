"""When a member is served a task whose answer is known. Pure."""

from collections.abc import Mapping
from typing import Any


class GoldDrawn(Exception):
    """A claim met a member's turn for gold. Nothing of it may stay: begin again with `project_id`."""

    def __init__(self, project_id: int) -> None:
        super().__init__(f"gold of project {project_id}")
        self.project_id = project_id


def asks_for_gold(policy: Mapping[str, Any]) -> bool:
    """Tell whether the stored form of a policy serves gold at all."""
    return bool(policy.get("gold_first") or policy.get("gold_share"))


def is_due(*, done: int, first: int, share: float, roll: float) -> bool:
    """Tell whether a member who had `done` gold tasks has their turn: of the first ones always, then by a share.

    `roll` in [0, 1) is drawn for each claim.
    """
    return done < first or roll < share

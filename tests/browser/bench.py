"""The workspace as a person uses it: mouse and keys on the canvas, and what the page says that its document holds."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

SETTLE_S = 15.0
LOOK_S = 0.05


class Bench:
    """One open task. Points are in image pixels."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_role("application")

    def read(self) -> dict[str, Any]:
        """Return the page's own snapshot of its document, viewport, tool and save state."""
        found: dict[str, Any] = self.page.evaluate(
            "() => window.__plumbline ?? {lease_id: null, is_picture_shown: false}"
        )
        return found

    def wait_until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Look until something holds of the snapshot; the page's own rules let no test run code inside it."""
        deadline = time.monotonic() + SETTLE_S
        while not holds(found := self.read()):
            assert time.monotonic() < deadline, f"the page stays at {found}"
            self.page.wait_for_timeout(LOOK_S * 1000)

    def wait_for_task(self, *, other_than: int | None = None) -> int:
        """Wait until a picture is on the table and return its lease."""
        self.wait_until(lambda found: found["is_picture_shown"] and found["lease_id"] != other_than)
        expect(self.canvas).to_be_visible()
        return int(self.read()["lease_id"])

    def screen(self, x: float, y: float) -> tuple[float, float]:
        view, box = self.read()["viewport"], self.canvas.bounding_box()
        assert box is not None
        return box["x"] + x * view["scale"] + view["left"], box["y"] + y * view["scale"] + view["top"]

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.screen(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.screen(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.screen((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), steps=3)
        self.page.mouse.move(*self.screen(*end), steps=3)
        self.page.mouse.up()

    def choose_tool(self, name: str) -> None:
        self.page.get_by_role("toolbar", name="Tools").get_by_role("button", name=name).click()

    def draw_box(self, x0: float, y0: float, x1: float, y1: float) -> None:
        before = len(self.read()["objects"])
        self.choose_tool("Box")
        self.drag((x0, y0), (x1, y1))
        self.wait_for_objects(before + 1)

    def wait_for_objects(self, count: int) -> None:
        self.wait_until(lambda found: len(found["objects"]) == count)

    def submit(self) -> None:
        self.page.get_by_role("button", name="Submit & next").click()

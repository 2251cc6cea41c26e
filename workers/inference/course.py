"""How the work on a chunk of pictures goes, told by its threads to one another."""

import threading


class Course:
    """Once it `is_stopped` no more pictures are begun; `unusable` says why its model cannot be used."""

    def __init__(self) -> None:
        self.is_stopped = False
        self.unusable: str | None = None
        self._has_progressed = threading.Event()

    def stop(self) -> None:
        self.is_stopped = True

    def stop_for_model(self, why: str) -> None:
        self.unusable = self.unusable or why
        self.stop()

    def note_progress(self) -> None:
        self._has_progressed.set()

    def take_progress(self) -> bool:
        """Tell whether there was progress since the last time."""
        has_progressed = self._has_progressed.is_set()
        self._has_progressed.clear()
        return has_progressed

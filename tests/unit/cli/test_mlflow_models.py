"""Versions of MLflow's registry through its own library, from a server that speaks as much of its REST as is asked."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.exits import CommandFailed
from cli.mlflow_models import fetch

pytest.importorskip("mlflow", reason="needs the extra `mlflow`: pip install 'plumbline[mlflow]'")

FILES = {"best.onnx": b"weights", "classes.txt": b"coin\n"}
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
VERSION = {"name": "weeds", "version": "3", "tags": [{"key": "license", "value": "MIT"}], "status": "READY"}


class Registry(BaseHTTPRequestHandler):
    """A registry with version 3 of `weeds`, which is its champion."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        name = parse_qs(url.query).get("name", [""])[0]
        if url.path.startswith(f"{ARTIFACTS}/"):
            self._send(200, FILES[url.path.rsplit("/", 1)[1]])
        elif name not in ("", "weeds"):
            self._tell({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"there is no {name}"}, status=404)
        else:
            self._tell(self._answers().get(url.path, {}))

    def _answers(self) -> dict[str, Any]:
        listed = [{"path": name, "is_dir": False, "file_size": len(body)} for name, body in FILES.items()]
        host, port = self.server.server_address[:2]
        return {
            "/api/2.0/mlflow/model-versions/get": {"model_version": VERSION},
            "/api/2.0/mlflow/registered-models/alias": {"model_version": VERSION},
            "/api/2.0/mlflow/registered-models/get": {"registered_model": {"name": "weeds"}},
            "/api/2.0/mlflow/model-versions/get-download-uri": {
                "artifact_uri": f"mlflow-artifacts://{host!s}:{port}/weeds"
            },
            ARTIFACTS: {"files": listed},
        }

    def _tell(self, answer: dict[str, Any], *, status: int = 200) -> None:
        self._send(status, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("uri", ["models:/weeds/3", "models:/weeds@champion"])
def test_files_of_a_version_are_fetched_with_its_number_and_licence(uri: str, tmp_path: Path) -> None:
    found = fetch(uri, tmp_path)
    assert (found.name, found.version, found.licence) == ("weeds", "3", "MIT")
    stored = {path.name: path.read_bytes() for path in found.folder.iterdir() if path.name in FILES}
    assert stored == FILES


def test_version_that_the_registry_does_not_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="there is no roses"):
        fetch("models:/roses/1", tmp_path)

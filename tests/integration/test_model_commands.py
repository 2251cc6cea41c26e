"""`plumbline model …` and what follows it, against a served API, with a model that really runs."""

import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from skimage import data

from tests.harness import Job
from tests.integration.pictures import png
from tests.integration.test_incoming_commands import Command, command, job
from tests.unit.models import onnx_networks

__all__ = ["command", "job"]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder as somebody has it: a network, its classes, and what belongs to neither."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "best.onnx").write_bytes(onnx_networks.yolo_v8(height=320, width=320))
    (folder / "classes.txt").write_text("coin\nshade\n")
    (folder / "README.md").write_text("trained on Monday")
    return folder


def bring(command: Command, job: Job, path: Path, *more: str) -> dict[str, Any]:
    said = json.loads(command("model", "upload", str(path), "--name", "coins", *more, "--json").stdout)
    job.stack.pump()
    return dict(json.loads(command("model", "show", str(said["id"]), "--json").stdout))


def test_folder_becomes_a_model_that_is_mapped_and_run(command: Command, job: Job, weights: Path) -> None:
    model = bring(command, job, weights, "--licence", "MIT")
    assert (model["state"], model["licence"]) == ("ready", "MIT"), model
    job.client.call("PUT", f"/v1/sources/{job.source_id}/feeds/{job.project_id}")
    job.stack.put(job.bucket, "coffee.png", png(np.asarray(data.coffee())))
    job.stack.pump()
    project, version = str(job.project_id), str(model["id"])
    assert "coin" in command("model", "map", project, version).stdout
    suggested = json.loads(command("model", "map", project, version, "--json").stdout)
    assert [(s["name"], s["class_id"]) for s in suggested] == [("coin", 1), ("shade", None)]
    mapping = json.loads(command("model", "map", project, version, "--suggested", "--json").stdout)
    assert [c["class_id"] for c in mapping["mapping"]["classes"]] == [1]
    started = json.loads(command("run", "start", project, "--mapping", str(mapping["id"]), "--json").stdout)
    job.stack.pump()
    run = json.loads(command("run", "show", project, str(started["id"]), "--json").stdout)
    assert (run["state"], run["done"]) == ("complete", 1)
    assert run["objects"] > 0


def test_refused_model_says_what_to_do(command: Command, job: Job, tmp_path: Path) -> None:
    path = tmp_path / "best.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("best.pt", b"\x80\x04K\x01.")
    model = bring(command, job, path)
    assert model["reason"] == "pickle"
    assert "onnx" in command("model", "show", str(model["id"])).stdout.lower()
    assert "refused" in command("model", "list").stdout


def test_alias_is_set_and_taken_away(command: Command, job: Job, weights: Path) -> None:
    version = str(bring(command, job, weights)["id"])
    command("model", "alias", "coins", "champion", version)
    assert "champion" in command("model", "list").stdout
    command("model", "unalias", "coins", "champion")
    assert "champion" not in command("model", "list").stdout
    command("model", "retire", version)
    command("model", "alias", "coins", "champion", version, expect=1)
    command("model", "restore", version)
    command("model", "alias", "coins", "champion", version)


def test_names_that_are_not_allowed_are_told_before_anything_is_sent(
    command: Command, job: Job, weights: Path, tmp_path: Path
) -> None:
    wrong = command("model", "upload", str(weights), "--name", "my coins", expect=1)
    assert str(wrong.exception).startswith("--name: ")
    names = tmp_path / "names.txt"
    names.write_text("coin\n\nshade\n")
    wrong = command("model", "upload", str(weights), "--name", "coins", "--classes", str(names), expect=1)
    assert str(wrong.exception).startswith("--classes 1: ")
    names.write_bytes("münze\n".encode("utf-16"))
    wrong = command("model", "upload", str(weights), "--name", "coins", "--classes", str(names), expect=1)
    assert "UTF-8" in str(wrong.exception)
    assert job.client.call("GET", "/v1/uploads")["items"] == []


def test_classes_of_a_file_count_more_than_those_beside_the_weights(
    command: Command, job: Job, weights: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_bytes("\ufeffmünze\r\nschatten\r\n".encode())
    model = bring(command, job, weights, "--classes", str(names), "--version", "summer", "--notes", "of July")
    assert [c["name"] for c in model["classes"]] == ["münze", "schatten"]
    assert (model["version"], model["notes"]) == ("summer", "of July")
    nothing = command("model", "map", str(job.project_id), str(model["id"]), "--suggested", expect=1)
    assert "--class" in str(nothing.exception)
    given = ("--class", "1=1", "--threshold", "0.4", "--json")
    mapping = json.loads(command("model", "map", str(job.project_id), str(model["id"]), *given).stdout)
    assert mapping["mapping"]["classes"] == [{"index": 1, "class_id": 1, "threshold": 0.4}]


def test_class_that_is_no_pair_is_wrong_usage(command: Command, job: Job, weights: Path) -> None:
    version = str(bring(command, job, weights)["id"])
    command("model", "map", str(job.project_id), version, "--class", "coin", expect=2)


class Registry:
    """What MLflow's library does with `models:/weeds/3`, as far as it is asked here."""

    def __init__(self, files: Path) -> None:
        self.files = files

    def module(self) -> ModuleType:
        made: Any = ModuleType("mlflow")
        made.MlflowClient = lambda: self
        made.artifacts = SimpleNamespace(download_artifacts=self.download)
        made.exceptions = SimpleNamespace(MlflowException=LookupError)
        return made  # type: ignore[no-any-return]

    def get_model_version(self, name: str, version: str) -> SimpleNamespace:
        if name != "weeds":
            raise LookupError(f"there is no {name}")
        return SimpleNamespace(name=name, version=version, tags={"license": "CC-BY-4.0"})

    def get_model_version_by_alias(self, name: str, alias: str) -> SimpleNamespace:
        return self.get_model_version(name, {"champion": "3"}[alias])

    def download(self, *, artifact_uri: str, dst_path: str) -> str:
        if artifact_uri.endswith("/4"):
            raise ModuleNotFoundError("No module named 'google'")
        for file in self.files.iterdir():
            (Path(dst_path) / file.name).write_bytes(file.read_bytes())
        return dst_path


@pytest.mark.parametrize("uri", ["models:/weeds/3", "models:/weeds@champion"])
def test_version_of_mlflow_comes_in(
    command: Command, job: Job, weights: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    (weights / "MLmodel").write_text("flavors: {}\n")
    (weights / "conda.yaml").write_text("name: mlflow-env\n")
    (weights / "requirements.txt").write_text("onnx\n")
    monkeypatch.setitem(sys.modules, "mlflow", Registry(weights).module())
    said = json.loads(command("model", "from-mlflow", uri, "--json").stdout)
    job.stack.pump()
    model = job.client.call("GET", f"/v1/models/{said['id']}")
    assert (model["name"], model["state"], model["licence"]) == ("weeds", "ready", "CC-BY-4.0"), model
    assert "version 3" in model["notes"]


def fail(command: Command, uri: str) -> str:
    return str(command("model", "from-mlflow", uri, expect=1).exception)


def test_mlflow_that_is_not_there_or_does_not_know_is_told(
    command: Command, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert "plumbline[mlflow]" in fail(command, "models:/weeds/3")
    monkeypatch.setitem(sys.modules, "mlflow", Registry(weights).module())
    assert "there is no roses" in fail(command, "models:/roses/1")
    assert "No module named 'google'" in fail(command, "models:/weeds/4")
    assert "names no version" in fail(command, "runs:/weeds")

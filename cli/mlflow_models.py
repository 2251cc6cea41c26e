"""Versions of MLflow's model registry, through MLflow's own library, which the extra `mlflow` brings."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.exits import CommandFailed

LICENCE_TAGS = ("license", "licence")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A version's files in a folder, and what the registry says of it."""

    name: str
    version: str
    licence: str
    folder: Path


def fetch(uri: str, folder: Path) -> Fetched:
    """Download the files of `models:/name/version` or `models:/name@alias`; raises CommandFailed."""
    name, version, alias = _parse(uri)
    try:
        mlflow: Any = importlib.import_module("mlflow")
    except ImportError as error:
        raise CommandFailed("MLflow is not installed here: pip install 'plumbline[mlflow]'") from error
    try:
        client = mlflow.MlflowClient()
        found = (
            client.get_model_version(name, version) if alias is None else client.get_model_version_by_alias(name, alias)
        )
        # By its number: an alias may move in between.
        exact = f"models:/{found.name}/{found.version}"
        files = mlflow.artifacts.download_artifacts(artifact_uri=exact, dst_path=str(folder))
    # Of its stores of files some need libraries of their own, which it looks for only now.
    except (mlflow.exceptions.MlflowException, ImportError, OSError) as error:
        raise CommandFailed(f"MLflow does not give {uri}: {error}") from error
    tags = dict(found.tags or {})
    licence = next((str(tags[tag]) for tag in LICENCE_TAGS if tag in tags), "")
    return Fetched(name=str(found.name), version=str(found.version), licence=licence, folder=Path(files))


def _parse(uri: str) -> tuple[str, str, str | None]:
    """Return a URI's name, version and alias; of the last two one is there."""
    kind, _, rest = uri.partition(":/")
    name, at, alias = rest.partition("@")
    if kind == "models" and name and at and alias and "/" not in rest:
        return name, "", alias
    name, slash, version = rest.rpartition("/")
    if kind == "models" and slash and name and version:
        return name, version, None
    raise CommandFailed(f"{uri} names no version: give models:/name/version or models:/name@alias")

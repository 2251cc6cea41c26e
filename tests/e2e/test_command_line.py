"""A client's and a vendor's whole story by commands alone: organisations, project, upload, release, download."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO

from cli.connection import Connection
from cli.launcher.state import STATE_DIR_VARIABLE, StateDir
from tests.e2e.test_whole_stack import plumbline, read_stack, state, wait
from tests.harness import ONTOLOGY, POLICY, box
from tests.integration.pictures import disc_box, disc_png

pytestmark = pytest.mark.slow
__all__ = ["state"]


def command(state: StateDir, *arguments: str, token: str = "", expect: int = 0) -> str:
    """Run a command with a member's token and return what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLUMBLINE_", "AWS_"))}
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import run; run()", *arguments],
        env=environment | {STATE_DIR_VARIABLE: str(state.root), "PLUMBLINE_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + (done.stderr if expect else "")


def made(output: str) -> tuple[str, str]:
    """Return the id and the token that `org create` or `org add` printed."""
    token = re.search(r"PLUMBLINE_TOKEN=(\S+)", output)
    number = re.search(r"(?:organisation|member) (\d+)", output)
    assert token is not None
    assert number is not None
    return number.group(1), token.group(1)


def label_everything(api_url: str, token: str) -> None:
    annotator = Connection(api_url=api_url, token=token)
    try:
        while lease := annotator.call("POST", "/v1/leases", json={}):
            path = f"/v1/leases/{lease['lease_id']}/annotation"
            annotator.call("POST", path, json={"objects": [box(*disc_box(0))]})
    finally:
        annotator.close()


def progress(state: StateDir, token: str, project: str) -> Any:
    return json.loads(command(state, "project", "show", project, "--json", token=token))["progress"]["tasks"]


def test_folder_becomes_a_data_set_by_commands_alone(state: StateDir, tmp_path: Path) -> None:
    assert "not running" in command(state, "status", expect=3)
    assert "plumbline up" in command(state, "org", "create", "Nobody", "--kind", "client", expect=3)
    assert plumbline(state, "up", "--detach").returncode == 0
    _, client = made(command(state, "org", "create", "Client", "--kind", "client"))
    vendor_org, vendor = made(command(state, "org", "create", "Vendor", "--kind", "vendor", "--email", "v@example.org"))
    people = [
        made(command(state, "org", "add", vendor_org, f"a{n}@example.org", "--role", "annotator"))[1] for n in range(2)
    ]
    (tmp_path / "classes.json").write_text(json.dumps(ONTOLOGY))
    (tmp_path / "rules.json").write_text(json.dumps(POLICY))
    arguments = ("--ontology", str(tmp_path / "classes.json"), "--policy", str(tmp_path / "rules.json"))
    assert "project 1" in command(state, "project", "create", "Coins", *arguments, token=client)
    command(state, "project", "engage", "1", vendor_org, token=client)
    command(state, "project", "staff", "1", token=vendor)
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        (photos / f"{number}.png").write_bytes(disc_png(number))
    for _ in range(2):  # the second upload meets the first
        assert "3 pictures" in command(
            state, "upload", str(photos), "--project", "1", "--bucket", "coins", token=client
        )
    wait(lambda: progress(state, client, "1")["open"] == 3, "three open tasks")
    api_url = read_stack(state).urls["api"]
    for token in people:
        label_everything(api_url, token)
    wait(lambda: progress(state, client, "1")["accepted"] == 3, "three accepted tasks")
    command(state, "release", "create", "--project", "1", token=client)

    def is_complete() -> bool:
        listed = json.loads(command(state, "release", "list", "--project", "1", "--json", token=client))
        return bool(listed[0]["state"] == "complete")

    wait(is_complete, "a complete release")
    command(state, "release", "download", "1", str(tmp_path / "out"), token=client)
    coco = COCO(str(tmp_path / "out" / "annotations.json"))
    assert len(coco.getImgIds()) == len(coco.getAnnIds()) == 3
    assert "yours is annotator" in command(state, "release", "create", "--project", "1", token=people[0], expect=1)


def test_people_and_tokens_are_managed_by_commands(state: StateDir, tmp_path: Path) -> None:
    assert plumbline(state, "up", "--detach").returncode == 0
    _, manager = made(command(state, "org", "create", "Vendor", "--kind", "vendor", "--email", "m@example.org"))
    (tmp_path / "people.csv").write_text("email,role\nada@example.org,annotator\nbob@example.org,supervisor\n")

    links = command(state, "member", "import", str(tmp_path / "people.csv"), token=manager)
    command(state, "member", "set", "2", "--team", "night", token=manager)
    command(state, "member", "pause", "2", "--reason", "leave", token=manager, expect=0)
    listed = json.loads(command(state, "member", "list", "--json", token=manager))
    _, reader = made("member 1 " + command(state, "token", "create", "export", "--scope", "read", token=manager))

    assert links.count("/invitation/pli_") == 2
    assert [(m["email"], m["team"], m["reason"]) for m in listed][1] == ("ada@example.org", "night", "leave")
    assert "Vendor" in command(state, "org", "show", token=reader)
    assert "scope" in command(state, "org", "rename", "Mine", token=reader, expect=1)

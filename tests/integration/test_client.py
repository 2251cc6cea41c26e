"""The client against a real API: the examples of its page run as they stand there, and uploads survive a break."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.webhooks.rules import sign
from plumbline_client import ChecksumWrong, Client, PlumblineError
from schema.enums import OrganisationKind, Role, RunState
from tests.harness import ONTOLOGY, Person, Stack
from tests.integration.pictures import disc_png
from tests.serving import served
from tests.unit.models import onnx_networks

PAGE = Path(__file__).parents[2] / "docs" / "client.md"


@pytest.fixture
def api_url(stack: Stack) -> Iterator[str]:
    with served(stack) as url:
        yield url


@pytest.fixture
def manager(stack: Stack) -> Person:
    return stack.add_person(stack.add_organisation(OrganisationKind.CLIENT), Role.MANAGER)


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def staff(stack: Stack, manager: Person, project_id: int) -> list[Person]:
    """Engage a vendor with two annotators for a project."""
    organisation = stack.add_organisation(OrganisationKind.VENDOR)
    vendor = stack.add_person(organisation, Role.MANAGER)
    annotators = [stack.add_person(organisation, Role.ANNOTATOR) for _ in range(2)]
    manager.call("PUT", f"/v1/projects/{project_id}/vendors/{organisation}")
    vendor.call("POST", f"/v1/projects/{project_id}/workforce", json={})
    return annotators


def settle(stack: Stack, admin_url: str) -> None:
    """Let every undo window be over, and all messages be handled."""
    stack.pump()
    with psycopg.connect(admin_url) as admin:
        admin.execute("UPDATE outbox SET not_before = now()")
    stack.pump()


def test_examples_of_the_page_run_as_they_stand_there(
    stack: Stack,
    manager: Person,
    api_url: str,
    admin_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(2):
        (tmp_path / "photos" / f"{number}.png").write_bytes(disc_png(number))
    coco = {
        "images": [{"id": 1, "file_name": "0.png", "width": 320, "height": 240}],
        "categories": [{"id": 1, "name": "coin"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(coco))
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "best.onnx").write_bytes(onnx_networks.yolo_v8())
    (tmp_path / "weights" / "classes.txt").write_text("coin\nshade\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLUMBLINE_API_URL", api_url)
    monkeypatch.setenv("PLUMBLINE_TOKEN", manager.token)
    names: dict[str, Any] = {}
    annotators: list[Person] = []
    for example in examples():
        if "ANNOTATOR_TOKEN" in example:
            annotators = staff(stack, manager, names["project"].id)
            monkeypatch.setenv("ANNOTATOR_TOKEN", annotators[0].token)
            exec(example, names)
            monkeypatch.setenv("ANNOTATOR_TOKEN", annotators[1].token)
        exec(example, names)
        settle(stack, admin_url)
    log = names["client"].connection.call("GET", f"/v1/events?project_id={names['project'].id}")["items"]
    try:
        printed = capsys.readouterr().out
        assert "100%" in printed
        assert "1 objects on 1 pictures" in printed
        assert "2 pictures to run it on" in printed
        assert (names["ended"].state, names["ended"].done) == (RunState.COMPLETE, 2)
        assert "not_found" in printed
        assert os.listdir(tmp_path / "data") == ["annotations.json"]
        assert names["whole"].images == 2
        assert names["last_seen"] == log[-1]["id"]
        event = b'{"id":1,"kind":"ping","aggregate":"webhook","aggregate_id":1,"sequence":0,"project_id":null,'
        event += b'"occurred_at":"2026-01-01T00:00:00Z","data":{}}'
        now_s = int(time.time())
        signature = sign(names["secret"], message_id="evt_1", timestamp_s=now_s, body=event)
        headers = {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(now_s), "Webhook-Signature": signature}
        assert names["receive"](headers, event) == 204
        assert names["receive"](headers, event + b" ") == 400
    finally:
        names["client"].close()


def test_upload_that_broke_off_goes_on_with_what_is_missing(
    stack: Stack, manager: Person, api_url: str, tmp_path: Path
) -> None:
    project = manager.call("POST", "/v1/projects", json={"name": "Coins", "ontology": ONTOLOGY})
    file = tmp_path / "one.png"
    file.write_bytes(disc_png(1))
    with Client(api_url, manager.token) as client:
        begun = manager.call(
            "POST",
            "/v1/uploads",
            json={"purpose": "picture", "name": "one.png", "bytes": file.stat().st_size, "project_id": project["id"]},
        )
        told: list[tuple[int, int]] = []
        done = client.uploads.resume(begun["id"], file, on_progress=lambda *sent: told.append(sent))
        again = client.uploads.resume(begun["id"], file, on_progress=lambda *sent: told.append(sent))
    assert done == again
    assert told == [(file.stat().st_size, file.stat().st_size)]


def test_file_with_another_checksum_is_not_kept(stack: Stack, manager: Person, api_url: str, tmp_path: Path) -> None:
    project = manager.call("POST", "/v1/projects", json={"name": "Coins", "ontology": ONTOLOGY})
    with Client(api_url, manager.token) as client:
        release = client.releases.create(project["id"])
        stack.pump()
        whole = client.releases.wait(release.id, timeout_s=1)
        wrong = whole.model_copy(update={"files": (whole.files[0].model_copy(update={"sha256": "0" * 64}),)})
        with pytest.raises(ChecksumWrong):
            client.releases.download(wrong, tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_refusal_tells_its_code_and_the_page_that_explains_it(manager: Person, api_url: str) -> None:
    with Client(api_url, manager.token) as client, pytest.raises(PlumblineError) as refused:
        client.tasks.get(999)
    assert (refused.value.code, refused.value.status) == ("not_found", 404)
    assert refused.value.explained_at == f"{api_url}/docs/errors#not_found"
    assert refused.value.request_id

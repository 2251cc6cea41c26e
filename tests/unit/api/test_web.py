"""The built pages: what is cached, what is guarded, and which paths are never answered with a page."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from api.routes.web import API_ROOTS
from tests.unit.api.application import an_app

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
INDEX = "<!doctype html><title>Plumbline</title>"


@pytest.fixture
def built(tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "docs.html").write_text("<!doctype html><title>Operations</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("export {}")
    (tmp_path / "assets" / "index-1a2b.js.gz").write_bytes(gzip.compress(b"export {}"))
    (tmp_path / "assets" / "inter-9c.woff2").write_bytes(b"wOF2")
    (tmp_path / "secret.txt").write_text("not a page")
    with TestClient(an_app(web=tmp_path), follow_redirects=False) as client:
        yield client


@pytest.fixture
def unbuilt(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(an_app(web=tmp_path), follow_redirects=False) as client:
        yield client


def is_problem(answer: httpx2.Response) -> bool:
    return answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/projects", "/projects/7/work?lease=9", "/sign-in", "/no/such/page"])
def test_every_page_of_the_web_is_the_one_document(built: TestClient, path: str) -> None:
    answer = built.get(path, headers=HTML)

    assert (answer.status_code, answer.text) == (200, INDEX)


def test_the_document_is_asked_for_again_each_time_and_lets_no_foreign_script_run(built: TestClient) -> None:
    headers = built.get("/projects", headers=HTML).headers

    assert headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "kind"), [("index-1a2b.js", "text/javascript; charset=utf-8"), ("inter-9c.woff2", "font/woff2")]
)
def test_an_asset_is_kept_for_ever_under_its_right_type(built: TestClient, name: str, kind: str) -> None:
    answer = built.get(f"/assets/{name}")

    assert answer.headers["content-type"] == kind
    assert "immutable" in answer.headers["cache-control"]


def test_an_asset_travels_packed_to_who_can_unpack_it(built: TestClient) -> None:
    packed = built.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip"})
    plain = built.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == "export {}"


@pytest.mark.parametrize("root", sorted(API_ROOTS))
def test_an_unknown_path_of_the_api_is_never_a_page(built: TestClient, root: str) -> None:
    answer = built.get(f"/{root}/nothing-here", headers=HTML)

    assert answer.headers["content-type"] == "application/problem+json"


def test_a_program_that_asks_for_no_html_gets_a_problem(built: TestClient) -> None:
    assert is_problem(built.get("/projects", headers={"Accept": "application/json"}))


def test_an_unknown_path_stays_unknown_to_other_methods(built: TestClient) -> None:
    assert is_problem(built.post("/projects", headers=HTML))


@pytest.mark.parametrize("name", ["..%2Fsecret.txt", "%2E%2E%2Findex.html", "nothing.js"])
def test_assets_lead_nowhere_else(built: TestClient, name: str) -> None:
    answer = built.get(f"/assets/{name}")

    assert answer.status_code == 404


def test_the_operations_are_shown_from_our_own_files(built: TestClient) -> None:
    answer = built.get("/docs", headers=HTML)

    assert "Operations" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_without_built_pages_the_landing_page_stays(unbuilt: TestClient) -> None:
    answer = unbuilt.get("/", headers=HTML)

    assert "The task service runs here" in answer.text
    assert is_problem(unbuilt.get("/projects", headers=HTML))


def test_without_built_pages_the_operations_are_the_openapi_file(unbuilt: TestClient) -> None:
    assert unbuilt.get("/docs", headers=HTML).headers["location"] == "/openapi.json"

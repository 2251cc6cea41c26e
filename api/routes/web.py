"""The built pages: hashed assets for ever, documents always asked again, and one document for every page of the web.
Paths of the API are never answered with a page; where nothing is built the landing page stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.routes.landing import show_landing

STATIC: Final = Path(__file__).resolve().parents[1] / "static"
API_ROOTS: Final = frozenset({"v1", "objects", "uploads", "docs", "healthz", "metrics", "openapi.json", "assets"})
# Written out: the machine's own table of types differs from one to the next.
_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
# Styles are inline because the component library positions its floating parts with them; scripts never are.
_POLICY: Final = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_GUARDED: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_DOCUMENT: Final = {**_GUARDED, "Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
_FOR_EVER: Final = {**_GUARDED, "Cache-Control": "public, max-age=31536000, immutable"}
_FOR_AN_HOUR: Final = {**_GUARDED, "Cache-Control": "public, max-age=3600"}


class _Page(Route):
    """Matches what a browser asks for as a page: GET, HTML welcome, no path of the API, and pages are built."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return Match.NONE, {}
        path: str = scope["path"]
        if path.split("/", 2)[1] in API_ROOTS or "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        return super().matches(scope)


class Web:
    """The pages in `folder`, looked up at each request: they may be built while the service runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, app: FastAPI) -> None:
        """Add the pages behind every other route of `app`."""
        pages = [
            Route("/", self.show_start, name="show_start"),
            Route("/docs", self.show_operations, name="show_operations"),
            Route("/favicon.svg", self.show_icon, name="show_icon"),
            Route("/assets/{name}", self.show_asset, name="show_asset"),
        ]
        app.router.routes.extend(pages)
        app.router.routes.append(_Page("/{path:path}", self.show_page, name="show_page"))

    async def show_start(self, request: Request) -> Response:
        return self._find_document("index.html") or await show_landing()

    async def show_page(self, request: Request) -> Response:
        return self._get("index.html", request, headers=_DOCUMENT)

    async def show_operations(self, request: Request) -> Response:
        return self._find_document("docs.html") or RedirectResponse("/openapi.json")

    async def show_icon(self, request: Request) -> Response:
        return self._get("favicon.svg", request, headers=_FOR_AN_HOUR)

    async def show_asset(self, request: Request) -> Response:
        return self._get(f"assets/{request.path_params['name']}", request, headers=_FOR_EVER)

    def _find_document(self, name: str) -> Response | None:
        path = self._folder / name
        return FileResponse(path, headers=_DOCUMENT, media_type=_TYPES[".html"]) if path.is_file() else None

    def _get(self, name: str, request: Request, *, headers: Mapping[str, str]) -> Response:
        path = self._folder / name
        if path.suffix not in _TYPES or not path.is_file():
            raise HTTPException(404)
        options: dict[str, Any] = {"media_type": _TYPES[path.suffix]}
        packed = path.with_name(f"{path.name}.gz")
        if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
            packing = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return FileResponse(packed, headers={**headers, **packing}, **options)
        return FileResponse(path, headers=dict(headers), **options)

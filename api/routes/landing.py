"""The pages of the service itself: what runs here, and what each error code means."""

from html import escape
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from api.problems import ERRORS_PATH, PROBLEMS

router = APIRouter(include_in_schema=False)

_PAGES = files("api") / "pages"
_LANDING = (_PAGES / "landing.html").read_text(encoding="utf-8")
_ERRORS = (_PAGES / "errors.html").read_text(encoding="utf-8")


async def show_landing() -> HTMLResponse:
    """Return what stands at the root where no pages are built."""
    return HTMLResponse(_LANDING)


@router.get(ERRORS_PATH)
async def show_errors() -> HTMLResponse:
    rows = "\n".join(
        f'<tr id="{code}"><td><code>{code}</code></td><td>{p.status}</td><td>{escape(p.title)}</td></tr>'
        for code, p in sorted(PROBLEMS.items())
    )
    return HTMLResponse(_ERRORS.replace("<!-- rows -->", rows))

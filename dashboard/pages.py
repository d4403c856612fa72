"""The two pages, the sign-in, and the files that they are made of. What they show comes from the API."""

import gzip
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.security import COOKIE, Door

STATIC, TEMPLATES = Path(__file__).parent / "static", Path(__file__).parent / "templates"
PAGES = ("index.html", "request.html", "login.html")
ECHARTS_CARRIER = ("vizly", "assets/echarts.min.js")
REVALIDATE = {"cache-control": "no-cache"}
KEPT_FOR_A_DAY = {"cache-control": "max-age=86400", "content-encoding": "gzip"}
LONGEST_FORM = 4_096


def add_pages(app: FastAPI, door: Door) -> None:
    """Serve the pages behind the door; their code and style, which hold no data, in front of it."""
    echarts = _echarts()
    html = _html()

    async def page(request: Request, name: str) -> Response:
        try:
            await door.admit(request)
        except HTTPException:
            if not door.asks_for_token:
                raise
            return RedirectResponse("/login", 303)
        return HTMLResponse(html[name], headers=REVALIDATE)

    @app.get("/", include_in_schema=False)
    async def index(request: Request) -> Response:
        return await page(request, "index.html")

    @app.get("/request", include_in_schema=False)
    async def request_page(request: Request) -> Response:
        return await page(request, "request.html")

    @app.get("/login", include_in_schema=False)
    async def login() -> Response:
        return HTMLResponse(html["login.html"], headers=REVALIDATE)

    @app.post("/login", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        token = parse_qs((await _body(request)).decode(errors="replace")).get("token", [""])[0]
        cookie = door.cookie_for(token)
        if cookie is None:
            return HTMLResponse(html["login.html"], 401, headers=REVALIDATE)
        answer = RedirectResponse("/", 303)
        is_secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=is_secure, max_age=7 * 86_400)
        return answer

    @app.get("/vendor/echarts.js", include_in_schema=False)
    async def vendored() -> Response:
        return Response(echarts, media_type="text/javascript", headers=KEPT_FOR_A_DAY)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, "the form is too long")
    return body


def _html() -> dict[str, str]:
    """Every page inside its frame. None holds data, so each is the same text for every visitor."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return {name: templates.get_template(name).render() for name in PAGES}


def _echarts() -> bytes:
    """The chart library out of the locked package that carries it, compressed once for all visitors."""
    package, place = ECHARTS_CARRIER
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed: run `make setup`")
    return gzip.compress((Path(spec.submodule_search_locations[0]) / place).read_bytes(), mtime=0)

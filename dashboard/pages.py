"""Serves the HTML of the two pages and the sign-in form. They contain no data; the data comes from the API."""

from pathlib import Path
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.files import assets
from dashboard.security import COOKIE, AccessControl
from dashboard.signing_in import LASTS_S

TEMPLATES = Path(__file__).parent / "templates"
PAGES = ("index.html", "request.html", "login.html")
REVALIDATE = {"cache-control": "no-cache"}
LONGEST_FORM = 4_096


def add_pages(app: FastAPI, door: AccessControl) -> None:
    """Serve the pages to admitted visitors only, and their scripts and styles, which contain no data, to everybody."""
    folder, files = assets()
    html = _html(folder)

    async def page(request: Request, name: str, **headers: str) -> Response:
        try:
            await door.admit(request)
        except HTTPException as refused:
            if not door.asks_for_token or refused.status_code != 401:
                raise
            return RedirectResponse("/login", 303)
        return HTMLResponse(html[name], headers={**REVALIDATE, **headers})

    @app.get("/", include_in_schema=False)
    async def index(request: Request) -> Response:
        return await page(request, "index.html")

    @app.get("/request", include_in_schema=False)
    async def request_page(request: Request) -> Response:
        # The preload makes the browser request the answer at once, while it still loads the script that draws it.
        return await page(request, "request.html", link=f"<{_question(request)}>; rel=preload; as=fetch; crossorigin")

    @app.get("/login", include_in_schema=False)
    async def login() -> Response:
        return HTMLResponse(html["login.html"], headers=REVALIDATE)

    @app.post("/login", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        token = parse_qs((await _body(request)).decode(errors="replace")).get("token", [""])[0]
        try:
            cookie = door.sign_in(request, token)
        except HTTPException as refused:
            return HTMLResponse(
                html["login.html"], refused.status_code, headers={**REVALIDATE, **(refused.headers or {})}
            )
        answer = RedirectResponse("/", 303)
        is_secure = door.is_encrypted(request)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=is_secure, max_age=LASTS_S)
        return answer

    for path, asset in files.items():
        app.add_api_route(f"{folder}/{path}", asset.answer, include_in_schema=False)


def _question(request: Request) -> str:
    """The URL that request.js will request, which must be identical to the letter, or the preloaded answer is not used."""
    given = {
        name: quote("".join(request.query_params.getlist(name)[:1]), safe="!'()*") for name in ("source", "id", "hour")
    }
    return f"/api/requests/{given['source']}/{given['id']}" + (f"?hour={given['hour']}" if given["hour"] else "")


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, "the form is too long")
    return body


def _html(folder: str) -> dict[str, str]:
    """The rendered pages. They contain no data, so they are rendered once and are the same for every visitor."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return {name: templates.get_template(name).render(files=folder) for name in PAGES}

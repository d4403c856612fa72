"""Serves the HTML of the two pages and the sign-in form. The HTML contains no data, which comes from the API, and is rendered once."""

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


def add_pages(app: FastAPI, access: AccessControl) -> None:
    """Serve the pages to admitted visitors only, and their scripts and styles, which contain no data, to everybody."""
    folder, files = assets()
    templates = _templates(folder)
    html = {name: templates.get_template(name).render() for name in PAGES}

    async def page(request: Request, name: str, **headers: str) -> Response:
        try:
            await access.admit(request)
        except HTTPException as refused:
            if not access.asks_for_token or refused.status_code != 401:
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
            cookie = access.sign_in(request, token)
        except HTTPException as refused:
            form = templates.get_template("login.html").render(message=refused.detail)
            return HTMLResponse(form, refused.status_code, headers={**REVALIDATE, **(refused.headers or {})})
        answer = RedirectResponse("/", 303)
        is_secure = access.is_encrypted(request)
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
            raise HTTPException(413, "the form is too large")
    return body


def _templates(folder: str) -> Environment:
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.globals["files"] = folder
    return templates

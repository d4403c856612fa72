"""Access control of the page, and its security headers.

A visitor is admitted with a token, or by a header that a trusted reverse proxy sets. On loopback, if neither is configured,
everybody is admitted. Sessions and the delays after wrong tokens are in signing_in.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.signing_in import SignIns
from makegood.errors import MakegoodError
from makegood.publication.asking import has_control
from makegood.settings import Settings

COOKIE = "makegood"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Visitor:
    """An admitted visitor. `account` is the only account that they may see; None means all accounts."""

    account: str | None


class AccessControl:
    """Admits visitors according to the settings."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Check the settings and refuse those that would give everybody access.

        Raises:
            MakegoodError: the page would be served beyond loopback without a token or a trusted proxy, or a setting is invalid.
        """
        self._sign_ins = SignIns(settings.page_token.get_secret_value(), clock) if settings.page_token else None
        self._user_header = settings.page_user_header
        self._account_header = settings.page_account_header
        self._account = settings.page_account
        self._proxies = set(settings.page_proxies)
        if self._account_header and not self._user_header:
            raise MakegoodError("MAKEGOOD_PAGE_ACCOUNT_HEADER is trusted only together with MAKEGOOD_PAGE_USER_HEADER")
        if self._account is not None and has_control(self._account):
            raise MakegoodError("MAKEGOOD_PAGE_ACCOUNT contains a control character, which is not allowed")
        if not is_loopback(settings.page_host) and not self._sign_ins and not self._user_header:
            raise MakegoodError(
                f"the page is not served on {settings.page_host} without access control: set MAKEGOOD_PAGE_TOKEN,"
                " or MAKEGOOD_PAGE_USER_HEADER to the header that your reverse proxy sets"
            )

    @property
    def asks_for_token(self) -> bool:
        """Whether visitors can sign in with a token."""
        return self._sign_ins is not None

    async def admit(self, request: Request) -> Visitor:
        """Authenticate the request and return its visitor.

        Raises:
            HTTPException: 401, the visitor is not signed in; 403, the proxy does not say which account they may see; 429, they sent
                too many wrong tokens and have to wait.
        """
        if self._user_header and self._comes_from_proxy(request) and _only(request, self._user_header):
            return Visitor(self._account_of(request))
        if self._sign_ins and (self._sign_ins.holds(request.cookies.get(COOKIE, "")) or self._shows_token(request)):
            return Visitor(self._account)
        if self._user_header or self._sign_ins:
            raise HTTPException(401, "not signed in: sign in, or send the token as a bearer token")
        return Visitor(self._account)

    def sign_in(self, request: Request, token: str) -> str:
        """Check the token and return the session cookie's value.

        Raises:
            HTTPException: 401, the token is wrong; 429, too many wrong tokens were sent.
        """
        if self._sign_ins and self._is_right(request, token):
            return self._sign_ins.begin()
        raise HTTPException(401, "the token is wrong")

    def is_encrypted(self, request: Request) -> bool:
        """Whether the visitor's browser uses HTTPS, with the page itself or with the proxy in front of it."""
        forwarded = _only(request, "x-forwarded-proto") if self._comes_from_proxy(request) else None
        return "https" in (request.url.scheme, forwarded)

    def _is_right(self, request: Request, token: str) -> bool:
        assert self._sign_ins is not None
        client = self._client(request)
        wait_s = self._sign_ins.wait_s(client)
        if wait_s:
            raise HTTPException(429, f"too many wrong tokens: try again in {wait_s} s", {"retry-after": str(wait_s)})
        return self._sign_ins.is_right(client, token)

    def _account_of(self, request: Request) -> str | None:
        if self._account_header is None:
            return self._account
        named = _only(request, self._account_header)
        if not named or (self._account is not None and named != self._account):
            raise HTTPException(403, "the proxy does not say which account this visitor may see")
        return named

    def _client(self, request: Request) -> str:
        """The client's address. The trusted proxy adds the last entry of x-forwarded-for; the visitor may have forged earlier ones."""
        peer = request.client.host if request.client else ""
        forwarded = _only(request, "x-forwarded-for") if self._comes_from_proxy(request) else None
        return forwarded.rpartition(",")[2].strip() if forwarded else peer

    def _comes_from_proxy(self, request: Request) -> bool:
        return request.client is not None and request.client.host in self._proxies

    def _shows_token(self, request: Request) -> bool:
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and self._is_right(request, shown.strip())


def _only(request: Request, header: str) -> str | None:
    """The header's value if it was sent exactly once: of two, one may have been added by the visitor."""
    values = request.headers.getlist(header)
    return values[0] if len(values) == 1 else None


def is_loopback(host: str) -> bool:
    """Whether the address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class SafeHeaders:
    """Middleware that adds HEADERS to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers to the response."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, send_safely)

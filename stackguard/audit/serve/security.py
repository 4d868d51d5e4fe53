"""What every request has to pass, and what every response has: around the application, so that errors have it, too.

A page of another site cannot ask: the name of the host must be ours (a name that another site lets point to this machine
is refused), and the cookie is sent from our own pages only. There is no header of CORS.
"""

from __future__ import annotations

import html
import secrets
import sys
from collections.abc import Collection, Iterable
from http.cookies import CookieError, SimpleCookie
from traceback import format_tb
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
PARAMETER = "token"


class Keys:
    """The secrets that open the pages; they end with the process."""

    def __init__(self, port: int) -> None:
        self.cookie = f"stackguard-audit-{port}"
        """Its name: cookies of one host are shared by all ports."""
        self.token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._once = ""

    def once(self) -> str:
        """A token for one request: the command line of a browser can be read by other users."""
        self._once = secrets.token_urlsafe(32)
        return self._once

    def opens(self, token: str) -> bool:
        """Whether a token in a URL is right."""
        if _equal(token, self.token):
            return True
        fits = bool(self._once) and _equal(token, self._once)
        if fits:
            self._once = ""
        return fits

    def knows(self, cookies: Iterable[str]) -> bool:
        """Whether one of the headers with cookies has ours."""
        for header in cookies:
            try:
                morsel = SimpleCookie(header).get(self.cookie)
            except CookieError:
                continue
            if morsel is not None and _equal(morsel.value, self._session):
                return True
        return False

    @property
    def set_cookie(self) -> str:
        """The header that sets the cookie."""
        return f"{self.cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"


class Guard:
    """An application that only who has the token reaches."""

    def __init__(self, app: ASGIApp, keys: Keys, port: int, changing: Collection[str] = ()) -> None:
        """Begin.

        Args:
            app: what is guarded.
            keys: that open it.
            port: of the server.
            changing: the paths that take a POST of our own pages.
        """
        self._app, self._keys, self._changing = app, keys, changing
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                ours = {name for name, _ in HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in ours]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        try:
            await (self._refusal(scope) or self._app)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 (its message can contain what a query read)
            print("".join(format_tb(error.__traceback__, -3)), type(error).__name__, file=sys.stderr)  # noqa: T201
            if not begun:
                await _page(500, f"stackguard itself failed ({type(error).__name__}); report it")(
                    scope, receive, sending
                )

    def _refusal(self, scope: Scope) -> Response | None:
        """The response to a request that does not reach the application."""
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts = [value.lower() for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _page(421, "this server answers at 127.0.0.1 only; open the URL that the terminal shows")
        method, path = scope["method"], scope["path"]
        if method not in READING and not (method == "POST" and path in self._changing):
            return _page(405, "these pages only read", {"Allow": ", ".join(READING)})
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in query if name == PARAMETER]
        if method in READING and tokens:
            here = _here(path, [pair for pair in query if pair[0] != PARAMETER])
            return self._entry(here) if self._keys.opens(tokens[-1]) else _locked(here)
        if not self._keys.knows(value for name, value in headers if name == b"cookie"):
            return _locked(_here(path, query))
        origins = [value for name, value in headers if name == b"origin"]
        if method == "POST" and origins not in [[f"http://{host}"] for host in hosts]:
            return _page(403, "this can be changed from these pages only")
        return None

    def _entry(self, here: str) -> Response:
        """A page that sets the cookie and goes on: after a redirect, a browser that came from elsewhere would not send it."""
        address = html.escape(here)
        body = f'<p><a href="{address}">Open the audit</a></p>'
        response = _html(200, "Opening", body, f'<meta http-equiv="refresh" content="0; url={address}">')
        response.headers["Set-Cookie"] = self._keys.set_cookie
        return response


def _equal(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(errors="replace"), other.encode())


def _here(path: str, query: Iterable[tuple[str, str]]) -> str:
    """The address of a request on this server, never another's: `//host` would be one."""
    asked = urlencode([*query])
    return "/" + quote(path.lstrip("/\\")) + (f"?{asked}" if asked else "")


def _locked(here: str) -> Response:
    body = (
        "<p>Open the URL with the token that the terminal shows; each start of the command has a new one.</p>"
        f'<p>If you have opened it before and come from a link: <a href="{html.escape(here)}">open this page</a>.</p>'
    )
    return _html(401, "A token is needed", body)


def _page(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    response = _html(status, "This does not work", f"<p>{html.escape(message)}</p>")
    response.headers.update(headers or {})
    return response


def _html(status: int, title: str, body: str, head: str = "") -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}<link rel="icon" href="/static/icon.svg"><title>{title} - Stackguard</title>'
        f"</head><body><main><h1>{title}</h1>{body}</main></body></html>",
        status,
    )

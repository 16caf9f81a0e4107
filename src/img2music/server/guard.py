"""What stands before every route: host names, logins, forged requests, sizes, and headers."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import nullcontext

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from img2music.app.films import MOST_PART
from img2music.server.problems import ProblemType, TypedProblem, problem
from img2music.server.settings import Settings
from img2music.server.uploads import MOST_BYTES, MOST_PROJECT, MOST_SONG, MOST_TABLE

COOKIE = "img2music"
CSRF = "x-img2music"
"""A header that no form and no other site can send."""
LASTS = 30 * 24 * 3600.0  # seconds that a login lasts
MOST_SESSIONS = 1000
MOST_BODY = 1 << 20  # bytes of a request, but for uploads
PARTS = "/api/films/uploads/"
UPLOADS = {
    "/api/pictures": MOST_BYTES,
    "/api/songs": MOST_SONG,
    "/api/jobs/import": MOST_TABLE,
    "/api/projects/import": MOST_PROJECT,
}
MOST_AT_ONCE = 8  # uploads that come, each of which may fill the disk as far as it is let; others wait
SLOW = 1.0  # seconds that a wrong password or token costs; tries wait for each other
MOST_TRIES = 10  # that wait
BODY_TIME = 600.0  # seconds in which a request must be there
IDLE_TIME = 30.0  # seconds in which something more of it must come

HEADERS = {
    "content-security-policy": "default-src 'self'; media-src 'self' blob:; img-src 'self' blob: data:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
LOGIN = "/api/session"
LOGIN_BY_PROVIDER = f"{LOGIN}/oidc"
OPEN = {
    ("GET", LOGIN),
    ("POST", LOGIN),
    ("GET", LOGIN_BY_PROVIDER),
    ("GET", f"{LOGIN_BY_PROVIDER}/callback"),
}
"""What needs no login, beside the page itself."""


class Tries:
    """Tries of a secret: they wait for each other, and a wrong one costs time."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._waiting = 0

    async def make(self, holds: Callable[[], bool]) -> bool:
        """Try one."""
        if self._waiting >= MOST_TRIES:
            raise HTTPException(429, "Too many tries to log in: wait a little.", {"retry-after": str(MOST_TRIES)})
        self._waiting += 1
        try:
            async with self._one:
                found = await asyncio.to_thread(holds)
                if not found:
                    await asyncio.sleep(SLOW)
                return found
        finally:
            self._waiting -= 1


class Sessions:
    """Who is logged in, until the server ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._until: dict[str, float] = {}
        self._passwords = Tries()

    async def login(self, password: str) -> str | None:
        """Make a session for whoever knows the password."""
        if not await self._passwords.make(lambda: self._settings.has_password(password)):
            return None
        return self.begin()

    def begin(self) -> str:
        """Make a session for whoever may enter, under a new name each time."""
        while len(self._until) >= MOST_SESSIONS:
            del self._until[next(iter(self._until))]
        name = secrets.token_urlsafe(32)
        self._until[name] = time.monotonic() + LASTS
        return name

    def logout(self, name: str) -> None:
        """End a session."""
        self._until.pop(name, None)

    def admits(self, request: Request) -> bool:
        """Whether a request comes from who is logged in, or with the token, or no login is needed."""
        if not self._settings.guarded:
            return True
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._settings.has_token(token.strip()):
            return True
        return self._until.get(request.cookies.get(COOKIE, ""), 0.0) > time.monotonic()


class Guard:
    """Lets through what may pass."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions
        self._uploading, self._tokens = asyncio.Semaphore(MOST_AT_ONCE), Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A proxy may have taken the path below which it shows the server off, or not.
        scope["root_path"] = self._settings.root_path
        path = scope["path"].removeprefix(self._settings.root_path)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if path.startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        request = Request(scope)
        refused = self._refusal(request, path)
        if refused is not None:
            if refused[0] == 401 and "authorization" in request.headers:
                try:
                    await self._tokens.make(lambda: False)
                except HTTPException as error:
                    refused = error.status_code, error.detail
            headers = {"www-authenticate": "Bearer"} if refused[0] == 401 else None
            await problem(*refused, headers)(scope, receive, send_guarded)
        else:
            most = MOST_BODY + (MOST_PART if path.startswith(PARTS) else UPLOADS.get(path, 0))
            async with self._uploading if path in UPLOADS else nullcontext():
                await self._app(scope, _limited(receive, most), send_guarded)

    def _refusal(self, request: Request, path: str) -> tuple[int, str] | None:
        if not self._settings.knows(request.headers.get("host", "")):
            return 421, "This server is not called so: name it with `name` when you start it."
        if not path.startswith("/api/"):
            return None
        if request.method not in {"GET", "HEAD"} and request.headers.get(CSRF) != "1":
            return 403, "Requests that change something need the header X-Img2music: 1."
        if (request.method, path) not in OPEN and not self._sessions.admits(request):
            return 401, "Log in first, or send the token as a bearer."
        return None


def _limited(receive: Receive, most: int) -> Receive:
    """Receive a request of no more than so many bytes, and not at a trickle."""
    taken, whole = 0, False
    until = time.monotonic() + BODY_TIME

    async def limited() -> Message:
        nonlocal taken, whole
        if whole:  # what comes now is that the client is gone
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), min(IDLE_TIME, until - time.monotonic()))
        except TimeoutError:
            raise HTTPException(408, "The request took too long to come.") from None
        taken += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if taken > most:
            raise TypedProblem(413, ProblemType.TOO_LARGE, f"The request is longer than {most >> 20} MB.")
        return message

    return limited

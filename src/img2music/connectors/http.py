"""The one way in which img2music asks web services: patient, bounded in time and size, and silent about keys.

httpx asks, tenacity asks again. Ours is what neither has: an end of the whole answer's time and size, and plain words.
"""

import asyncio
import contextlib
import functools
import json
import logging
import os
import re
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from importlib.metadata import version
from typing import Any, BinaryIO, NoReturn, TypeVar
from urllib.parse import quote, quote_plus, urlsplit
from urllib.request import getproxies, proxy_bypass

from img2music.errors import SourceError, printable, require_extra
from img2music.remarks import remark

with require_extra("Asking web services", "web"):
    import httpx
    import tenacity

PAGE = "https://pypi.org/project/img2music/"
HEADERS = {
    "User-Agent": f"img2music/{version('img2music')} ({PAGE})",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that another try may mend."""
REFUSALS = frozenset({401, 402, 407})
"""HTTP statuses that mean every other request: the key or the quota."""
_LONGEST_NUMBER = 40  # digits
_LONGEST_COMPLAINT = 200  # characters of a service's own words that are passed on
_DOCUMENTS = ("text/html", "text/xml", "application/xml", "application/json", "text/plain")
"""Kinds of answers that are words about a file, not the file."""

_PACKED = ("", "identity", "gzip", "x-gzip", "deflate")
"""Codings of answers that are read."""
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")  # RFC 9110, section 14.4

AWAY, SLOW, REFUSED, FAILS = "server-away", "server-slow", "server-refuses", "server-fails"
"""Codes of what is wrong with a service."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a session is."""

    connect: float = 10.0  # seconds for a connection
    read: float = 20.0  # seconds between two bytes of an answer
    total: float = 30.0  # seconds for one whole answer, however it drips
    # Seconds for all tries of one request and the pauses between them. A service that asks to wait longer is given up.
    patience: float = 90.0
    tries: int = 5  # of one request
    backoff: float = 0.5  # seconds of the first pause between tries; each is about twice as long as the one before
    body: int = 8 << 20  # bytes of an answer
    redirects: int = 3  # that are followed
    rate: float = 10.0  # requests a second, at most


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no JSON."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Session(contextlib.AbstractContextManager["Session"]):
    """A session with one service; ``status`` tells the HTTP status from the JSON of a service that writes it there.

    With ``pinned``, an origin such as ``https://music.home:4533``, no request goes anywhere else, wherever the service
    points: for keys in queries and in headers of a service's own, which httpx would take along.
    """

    def __init__(
        self,
        service: str,
        limits: Limits | None = None,
        *,
        secrets: tuple[str, ...] = (),
        status: Callable[[Any], int] | None = None,
        pinned: str | None = None,
    ) -> None:
        self.service = service
        self.limits = limits = limits or Limits()
        self._status = status
        self._secrets: set[str] = set()
        self.hide(*secrets)
        try:
            self._origin = None if pinned is None else _origin(httpx.URL(pinned))
        except (ValueError, httpx.InvalidURL):
            raise self.error("its address can't be used; check it.", final=True) from None
        self._next = 0.0
        self._growing = tenacity.wait_exponential(limits.backoff) + tenacity.wait_random(0, limits.backoff)
        self._tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_PassingError),
            wait=self._pause,
            stop=tenacity.stop_after_attempt(limits.tries) | tenacity.stop_before_delay(limits.patience),
            retry_error_callback=self._give_up,
        )
        try:
            self._client = httpx.AsyncClient(
                headers=HEADERS, timeout=httpx.Timeout(limits.read, connect=limits.connect), verify=_certificates()
            )
        except OSError:
            raise self.error("its certificates can't be checked; check REQUESTS_CA_BUNDLE.", final=True) from None
        except (ImportError, ValueError, httpx.InvalidURL):
            raise self.error(_BAD_PROXY, final=True) from None
        weakref.finalize(self, _end, self._client).atexit = False

    def __exit__(self, *_: object) -> None:
        self.close()

    def hide(self, *secrets: str) -> None:
        """Keep these out of messages and logs, such as a token that a service has told meanwhile."""
        self._secrets |= {form for secret in secrets if secret for form in _forms(secret)}
        with _OPENING:
            _OPEN.add(self)

    def close(self) -> None:
        """End the connections."""
        _wait_for(self._client.aclose())
        with _OPENING:
            _OPEN.discard(self)

    def ask(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        method: str = "GET",
        *,
        again: bool = True,
        **content: Any,
    ) -> Any:
        """Ask for a JSON document, and again where that may help; ``content`` is as httpx takes it.

        Without ``again`` it is asked once, for what must not be done twice.
        """
        tries = self._tries if again else self._tries.copy(stop=tenacity.stop_after_attempt(1))
        return tries(self._document, method, url, params=params, **content)

    def read(self, url: str, params: Mapping[str, Any] | None = None, **content: Any) -> Answer:
        """Ask for what is no JSON, as `ask` does."""
        return self._tries(self._bytes, "GET", url, params=params, **content)

    def copy(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        to: BinaryIO,
        start: int,
        end: int,
        size: int | None = None,
        seconds: float | None = None,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> int:
        """Copy a part of a file, and tell how many bytes; fewer only where it ends, or, with its ``size``, none fewer.

        Where an answer is cut, it goes on there, as long as something comes within ``seconds`` for all of it. A service
        that reads no parts of files sends the whole, of which what was not asked for is dropped.
        """
        seconds = self.limits.total if seconds is None else seconds
        until = time.monotonic() + seconds
        stop = tenacity.stop_after_attempt(self.limits.tries) | tenacity.stop_before_delay(
            min(seconds, self.limits.patience)
        )
        tries = self._tries.copy(stop=stop)
        content |= {"params": params, "headers": {"Accept": "*/*", **(headers or {})}}
        at, whole = start, False
        while at < end and not whole:
            at, whole = tries(self._portion, method, url, at, end, to=to, size=size, until=until, **content)
        if size is not None and at < min(end, size):
            raise self.error("a file is shorter than it says; it was changed, or is being changed.")
        return at - start

    def error(
        self, reason: str, *, status: int | None = None, final: bool = False, fault: str | None = None
    ) -> SourceError:
        """Make an error of this service, without its keys."""
        what = fault or (REFUSED if status in (401, 403) else FAILS)
        said = _without(self._secrets, f"{self.service}: {reason}")
        return SourceError(said, status=status, final=final, remark=remark(what, printable(self.service)))

    def _document(self, method: str, url: str, **content: Any) -> Any:
        return self._checked(*self._once(method, url, **content))

    def _bytes(self, method: str, url: str, **content: Any) -> Answer:
        response, body = self._once(method, url, **content)
        if response.status_code >= 300:
            self._checked(response, body)
        return Answer(response.status_code, response.headers, body)

    def _once(self, method: str, url: str, **content: Any) -> tuple[httpx.Response, bytes]:
        return self._asked(method, url, self._body, time.monotonic() + self.limits.total, **content)

    def _portion(
        self,
        method: str,
        url: str,
        at: int,
        end: int,
        *,
        to: BinaryIO,
        size: int | None,
        until: float,
        headers: Mapping[str, str],
        **content: Any,
    ) -> tuple[int, bool]:
        """Copy a part of a file as far as it comes; tell how far that is, and whether the file ends there."""
        took, whole = at, False

        async def take(response: httpx.Response) -> bytes:
            nonlocal took, whole
            said = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if response.status_code not in (200, 206) or said in _DOCUMENTS:
                return await self._body(response)
            ahead = at - self._first(response, at, size)  # bytes that come before what is wanted
            async for chunk in response.aiter_bytes():
                wanted = chunk[ahead:][: end - took]
                ahead = max(0, ahead - len(chunk))
                to.write(wanted)
                took += len(wanted)
                if took >= end:
                    return b""
            whole = True
            return b""

        headers = {**headers, "Range": f"bytes={at}-{end - 1}"}
        try:
            response, body = self._asked(method, url, take, until, headers=headers, **content)
        except _PassingError:
            if took == at or time.monotonic() > until:
                raise
            return took, False
        if took == at and response.status_code == 416:
            return at, True
        if took == at and not whole:
            self._checked(response, body)
            raise self.error("its answer is no file but a document; check its address.")
        return took, whole

    def _first(self, response: httpx.Response, at: int, size: int | None) -> int:
        """Which byte of its file an answer begins with."""
        first, total = 0, response.headers.get("Content-Length", "")
        if response.status_code == 206:
            told = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if told is None or int(told[1]) != at:
                raise self.error("it sends another part of a file than was asked for.")
            first, total = at, told[2]
        if size is not None and total.isdecimal() and int(total) != size:
            raise self.error(f"a file of {size} bytes has {printable(total[:20])} by now; it was changed.")
        return first

    def _asked(
        self,
        method: str,
        url: str,
        take: Callable[[httpx.Response], Awaitable[bytes]],
        until: float,
        **content: Any,
    ) -> tuple[httpx.Response, bytes]:
        now = time.monotonic()
        turn = max(now, self._next)
        self._next = turn + 1 / self.limits.rate
        time.sleep(turn - now)
        try:
            return _wait_for(self._follow(self._client.build_request(method, url, **content), take, until - turn))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # whose words may hold a key
            raise self._fault(error, url) from None
        except UnicodeEncodeError:  # halves of surrogate pairs, such as it may have told itself
            raise self.error("what is not text can't be told to it.", status=404) from None

    async def _follow(
        self, request: httpx.Request, take: Callable[[httpx.Response], Awaitable[bytes]], seconds: float
    ) -> tuple[httpx.Response, bytes]:
        """Go where the service points: keys go to no other host (httpx sees to it), nothing from TLS to plain text."""
        async with asyncio.timeout(seconds):
            for _ in range(self.limits.redirects + 1):
                response = await self._client.send(request, stream=True)
                try:
                    if response.next_request is None:
                        self._require_plain(response)
                        return response, await take(response)
                finally:
                    await response.aclose()
                old, request = request, response.next_request
                if self._origin not in (None, _origin(request.url)):
                    raise self.error(f"it sends us to {request.url.host}; check its address.", final=True)
                if old.method != "GET" or request.url.scheme not in ("https", old.url.scheme):
                    raise self.error("it sends us to an address that can't be trusted; check its address.", final=True)
        raise self.error(f"more than {self.limits.redirects} redirects; check its address.", final=True)

    def _require_plain(self, response: httpx.Response) -> None:
        """Refuse what is packed in no usual way: packed twice, two kilobytes fill the memory."""
        packed = response.headers.get("Content-Encoding", "").strip().lower()
        if packed not in _PACKED:
            raise self.error(f"its answer is packed ({printable(packed[:40])}), as nobody asked for; check its proxy.")

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self.limits.body:
                raise self.error(f"its answer is larger than {self.limits.body >> 20} MiB; check its address.")
        return bytes(body)

    def _fault(self, error: Exception, url: str) -> Exception:
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return _PassingError("no whole answer in time", fault=SLOW)
        cause = error.__context__ and error.__context__.__context__  # the system's error, in httpcore's, in httpx's
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return self.error(f"no trustworthy connection ({_tls_reason(cause)}).", final=True)
        refused = isinstance(error, httpx.ConnectError) and isinstance(cause, OSError)
        if isinstance(error, httpx.ProxyError) or (refused and _through_proxy(url)):
            return self.error(_BAD_PROXY, final=True)
        if isinstance(error, httpx.InvalidURL) or (refused and isinstance(cause, socket.gaierror)):
            return self.error("its address is not found; check the connection to the internet.", final=True, fault=AWAY)
        if refused:
            return self.error("it takes no connection; check its address, or try again later.", final=True, fault=AWAY)
        cut = "complete message" in str(error)
        return _PassingError("its answer ends too early" if cut else "the connection broke", fault=AWAY)

    def _checked(self, response: httpx.Response, body: bytes) -> Any:
        """The JSON of an answer."""
        status, value, fault = response.status_code, None, ""
        if status < 300 and not body and response.request.method != "GET":  # done, and nothing to tell
            return None
        try:
            # What one value is damaged by is no reason to do without all others: to those who read them it is no text,
            # and no number.
            found = body.decode("utf-8-sig", "surrogateescape")
            value = json.loads(found, parse_constant=lambda _: None, parse_int=_whole)
        except (ValueError, RecursionError):
            said = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            fault = "its answer is not JSON" + (f" but {printable(said[:40])}" if said and "json" not in said else "")
        else:
            if status < 400 and self._status is not None:
                status = self._status(value)
        if status in PASSING:
            raise _PassingError(f"it answers with {status}", status, _asked_pause(response))
        if status >= 400:
            raise self.error(
                f"it answers with {status}{_complaint(value, self._secrets)}.", status=status, final=status in REFUSALS
            )
        if fault:
            raise _PassingError(fault)
        if status >= 300:
            raise self.error(f"it answers with {status}; check its address.", status=status, final=True)
        return value

    def _pause(self, state: tenacity.RetryCallState) -> float:
        asked = _fault_of(state).pause
        return self._growing(state) if asked is None else asked

    def _give_up(self, state: tenacity.RetryCallState) -> NoReturn:
        fault, pause = _fault_of(state), state.upcoming_sleep
        final = state.attempt_number < self.limits.tries and pause > self.limits.patience
        if final:
            often = f" (it asks to wait {pause:.0f} seconds)"
        else:
            often = f", {state.attempt_number} times" if state.attempt_number > 1 else ""
        said = f"{fault}{often}; try again later."
        raise self.error(said, status=fault.status, final=final, fault=fault.fault) from None


class _PassingError(Exception):
    """A fault that another try may mend, after the pause in seconds that the service asks for."""

    def __init__(
        self, reason: str, status: int | None = None, pause: float | None = None, fault: str | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.fault = fault
        self.pause = pause


def _fault_of(state: tenacity.RetryCallState) -> _PassingError:
    fault = state.outcome and state.outcome.exception()
    assert isinstance(fault, _PassingError)
    return fault


_STARTING = threading.Lock()


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="img2music.http", daemon=True).start()
    return loop


def _wait_for(work: Coroutine[Any, Any, Value]) -> Value:
    """Do work in an event loop, since only there a request can be ended that drips; a notebook's own is busy."""
    with _STARTING:
        loop = _loop()
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    finally:
        future.cancel()


def _end(client: httpx.AsyncClient) -> None:
    asyncio.run_coroutine_threadsafe(client.aclose(), _loop())


_OPEN: "weakref.WeakSet[Session]" = weakref.WeakSet()
"""Sessions whose keys are kept out of logs: once they have ended, nothing tells of these, and a server may try many."""
_OPENING = threading.Lock()


def _forms(secret: str) -> tuple[str, ...]:
    """What a key looks like in addresses, forms and logs."""
    shown = ascii(secret)[1:-1], repr(secret.encode())[2:-1]
    return secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *shown


def _redact(record: logging.LogRecord) -> bool:
    """Keep keys out of what httpx logs of addresses."""
    record.msg, record.args = without_secrets(record.getMessage()), None
    return True


for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_redact)


def without_secrets(text: str, *secrets: str) -> str:
    """A text without these keys, and all that open sessions know."""
    forms = {form for secret in secrets for form in _forms(secret)}
    with _OPENING:  # others begin and end meanwhile
        sessions = list(_OPEN)
    return _without(forms.union(*(session._secrets for session in sessions)), text)


def _without(secrets: set[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _asked_pause(response: httpx.Response) -> float | None:
    """Seconds that a service asks to wait (RFC 9110, section 10.2.3), however many."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    date = parsedate_tz(asked)
    with contextlib.suppress(ValueError, OverflowError):
        return None if date is None else max(0.0, mktime_tz(date) - time.time())
    return None


def _complaint(value: Any, secrets: set[str]) -> str:
    """What a service says of an error, in the places where it is usual to say it."""
    if isinstance(value, dict) and len(value) == 1:  # an envelope
        (inner,) = value.values()
        value = inner if isinstance(inner, dict) else value
    for name in ("error_description", "message", "error"):
        if isinstance(value, dict) and name in value:
            value = value[name]
            if isinstance(value, dict):
                value = value.get("message", value.get("error"))
            break
    if not isinstance(value, str) or not value.strip():
        return ""
    told = _without(secrets, printable(" ".join(value.split())))  # before it is cut, which would leave parts of them
    return f": {told[:_LONGEST_COMPLAINT].rstrip('.')}"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port  # of which httpx knows the usual one as None


_BAD_PROXY = "the proxy can't be used; check HTTPS_PROXY and HTTP_PROXY."


def _through_proxy(url: str) -> bool:
    parts = urlsplit(url)
    return not getproxies().keys().isdisjoint((parts.scheme, "all")) and not proxy_bypass(parts.hostname or "")


def _certificates() -> ssl.SSLContext | bool:
    """Who may vouch for a service: as httpx has it (also SSL_CERT_FILE), or where requests and curl look."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not bundle:
        return True
    folder = os.path.isdir(bundle)  # noqa: PTH112 - as they take it
    return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)


def _tls_reason(error: ssl.SSLError) -> str:
    # https://docs.openssl.org/master/man1/openssl-verification-options/
    own = "is self-signed"
    known = {10: "has expired", 18: own, 19: own, 20: "is vouched for by nobody known", 62: "is another host's"}
    reason = known.get(getattr(error, "verify_code", 0))
    return f"its certificate {reason}" if reason else "TLS failed"


def _whole(digits: str) -> int | None:
    """A number, if it is one that anything counts or is known by."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None

"""The one way in which img2music asks web services: patient, bounded in time and size, and silent about keys."""

import contextlib
import json
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from img2music.errors import MissingExtraError, SourceError, printable

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
except ModuleNotFoundError:
    raise MissingExtraError("Asking web services", "web") from None

PAGE = "https://pypi.org/project/img2music/"
USER_AGENT = f"img2music/{version('img2music')} ({PAGE})"

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that another try may mend."""
REFUSALS = frozenset({401, 402, 407})
"""HTTP statuses that mean every other request: the key or the quota."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_COMPLAINT = 200  # characters of a service's own words that are passed on


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a session is."""

    connect: float = 10.0  # seconds for a connection, and between two bytes of an answer
    read: float = 20.0  # seconds for a connection, and between two bytes of an answer
    total: float = 30.0  # seconds for one whole answer, however it drips
    # Seconds for all tries of one request and the pauses between them. A service that asks to wait for longer is given
    # up
    patience: float = 90.0
    tries: int = 5  # of one request
    # Seconds of the first pause between tries; each is twice as long as the one before, give or take a half
    backoff: float = 0.5
    body: int = 8 << 20  # bytes of an answer
    redirects: int = 3  # that are followed
    rate: float = 10.0  # requests a second to one host, at most


class Session(requests.Session):
    """A session with one service. Every request goes through `request`, which answers with sound JSON or raises."""

    def __init__(
        self,
        service: str,
        limits: Limits | None = None,
        *,
        secrets: tuple[str, ...] = (),
        status: Callable[[Any], int] | None = None,
    ) -> None:
        super().__init__()
        self.service = service
        self.limits = limits or Limits()
        self._status = status
        self._secrets = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._next: dict[str, float] = {}
        _REDACTOR.secrets |= self._secrets
        self.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"})
        adapter = _Adapter()
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """Ask for a JSON document."""
        return self.request("GET", url, params=params).json()

    def request(  # type: ignore[override]  # what requests offers beyond this is not wanted
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> requests.Response:
        """Ask, and ask again where that may help."""
        until = time.monotonic() + self.limits.patience
        for number in range(self.limits.tries):
            pause = self.limits.backoff * 2**number * random.uniform(0.5, 1.5)  # noqa: S311 - spreads tries, hides nothing
            try:
                response = self._follow(method, url, params, data, dict(headers or {}))
                return self._checked(response)
            except _PassingError as fault:
                reason = str(fault)
                status = fault.status
                if fault.pause is not None:
                    pause = fault.pause
                elif status == 429:
                    pause = max(pause, self.limits.backoff)
            if number + 1 < self.limits.tries:
                if time.monotonic() + pause > until:
                    when = f" (it asks to wait {pause:.0f} seconds)" if pause > self.limits.patience else ""
                    raise self._error(f"{reason}{when}; try again later.", status=status, final=bool(when))
                time.sleep(pause)
        raise self._error(f"{reason}, {self.limits.tries} times; try again later.", status=status)

    def _follow(
        self, method: str, url: str, params: Mapping[str, Any] | None, data: Any, headers: dict[str, str]
    ) -> requests.Response:
        """Ask once, and go where the service points; keys go nowhere else, and nothing from TLS to plain text."""
        for _ in range(self.limits.redirects + 1):
            response = self._once(method, url, params, data, headers)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return response
            old, new = urlsplit(url), urlsplit(urljoin(url, target))
            sound = new.scheme == "https" or (new.scheme == "http" and old.scheme == "http")
            if not sound or not new.hostname or method != "GET":
                raise self._error("it sends us to an address that can't be trusted; check its address.", final=True)
            if (new.scheme, new.netloc) != (old.scheme, old.netloc):
                headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
            url, params = new.geturl(), None  # the address holds the query, where the service wants it there
        raise self._error(f"more than {self.limits.redirects} redirects; check its address.", final=True)

    def _once(
        self, method: str, url: str, params: Mapping[str, Any] | None, data: Any, headers: Mapping[str, str]
    ) -> requests.Response:
        self._wait_for_turn(urlsplit(url).netloc)
        with _deadline(self.limits.total) as watch:
            try:
                with super().request(
                    method,
                    url,
                    params=params,
                    data=data,
                    headers=dict(headers),
                    timeout=(self.limits.connect, self.limits.read),
                    auth=_leave_alone,
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    body = self._body(response)
            except (requests.exceptions.RequestException, HTTPError, OSError) as error:
                raise self._fault(error, watch) from None
        if watch.over:
            raise _PassingError("no whole answer in time")
        response._content = body
        return response

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(1 << 16):
            body += chunk
            if len(body) > self.limits.body:
                raise self._error(f"its answer is larger than {self.limits.body >> 20} MiB; check its address.")
        return bytes(body)

    def _fault(self, error: Exception, watch: "_Watch") -> Exception:
        """What went wrong with a request, in plain words; what requests says of it may hold a key."""
        if watch.over or isinstance(error, requests.exceptions.Timeout):
            return _PassingError("no whole answer in time")
        refusal = _refusal(error)
        if refusal:
            return self._error(refusal, final=True)
        cut = isinstance(error, requests.exceptions.ChunkedEncodingError)
        return _PassingError("its answer ends too early" if cut else "the connection broke")

    def _checked(self, response: requests.Response) -> requests.Response:
        status = response.status_code
        value = None
        try:
            value = json.loads(response.content.decode("utf-8-sig"), parse_constant=_refuse_constant)
        except UnicodeDecodeError:
            fault = "its answer is not in UTF-8"
        except (ValueError, RecursionError):
            said = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            fault = "its answer is not JSON" + (f" but {printable(said[:40])}" if said and "json" not in said else "")
        else:
            fault = ""
            if status < 400 and self._status is not None:
                status = self._status(value)
        if status in PASSING:
            raise _PassingError(f"it answers with {status}", status, self._asked_pause(response))
        if status >= 400:
            complaint = "" if fault else self._complaint(value)
            raise self._error(f"it answers with {status}{complaint}.", status=status, final=status in REFUSALS)
        if fault:
            raise _PassingError(fault)
        if status >= 300:
            raise self._error(f"it answers with {status}; check its address.", status=status, final=True)
        return response

    @staticmethod
    def _asked_pause(response: requests.Response) -> float | None:
        """Seconds that a service asks to wait (RFC 9110, section 10.2.3), however many."""
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isdecimal():
            return float(asked)
        date = parsedate_tz(asked)
        with contextlib.suppress(ValueError, OverflowError):
            return None if date is None else max(0.0, mktime_tz(date) - time.time())
        return None

    @staticmethod
    def _complaint(value: Any) -> str:
        """What a service says of an error, in the places where it is usual to say it."""
        for name in ("error_description", "message", "error"):
            if isinstance(value, dict) and name in value:
                value = value[name]
                if isinstance(value, dict):
                    value = value.get("message", value.get("error"))
                break
        if not isinstance(value, str) or not value.strip():
            return ""
        return f": {' '.join(value.split())[:_LONGEST_COMPLAINT].rstrip('.')}"

    def _wait_for_turn(self, host: str) -> None:
        now = time.monotonic()
        turn = max(now, self._next.get(host, now))
        self._next[host] = turn + 1 / self.limits.rate
        if turn > now:
            time.sleep(turn - now)

    def _error(self, reason: str, *, status: int | None = None, final: bool = False) -> SourceError:
        return SourceError(_without(self._secrets, f"{self.service}: {reason}"), status=status, final=final)


class _PassingError(Exception):
    """A fault that another try may mend."""

    def __init__(self, reason: str, status: int | None = None, pause: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.pause = pause


class _Watch:
    """Shuts the socket of a request when its time is over, which ends any reading from it."""

    def __init__(self) -> None:
        self.over = False
        self.connection: HTTPConnection | None = None
        self.socket: socket.socket | None = None

    def end(self) -> None:
        self.over = True
        opened = self.socket or (self.connection.sock if self.connection is not None else None)
        if opened is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(opened, socket.SHUT_RDWR)  # not the TLS socket's own, which waits for the peer


_WATCH: ContextVar[_Watch | None] = ContextVar("_WATCH", default=None)


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[_Watch]:
    watch = _Watch()
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    token = _WATCH.set(watch)
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        _WATCH.reset(token)


class _Watched(HTTPConnection):
    """A connection that shows its socket to the watch of the request that is under way."""

    def connect(self) -> None:
        watch = _WATCH.get()
        if watch is not None:
            watch.connection = self
        super().connect()

    def request(self, *arguments: Any, **options: Any) -> None:
        super().request(*arguments, **options)
        watch = _WATCH.get()
        if watch is not None:
            watch.socket = self.sock
            if watch.over:  # while it was connecting
                raise TimeoutError


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class _Adapter(HTTPAdapter):
    """Makes connections that a watch can end, with a proxy and without."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        if not arguments[0].lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
        return manager


class _Redactor(logging.Filter):
    """Keeps keys out of what urllib3 logs of addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _without(self.secrets, record.getMessage()), None
        return True


_REDACTOR = _Redactor()
logging.getLogger("urllib3.connectionpool").addFilter(_REDACTOR)


def _without(secrets: set[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that adds nothing, lest requests take some from the user's .netrc."""
    return request


def _refusal(error: Exception) -> str | None:
    """Why no connection was made, and none will be; None if another try may do."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy can't be used; check HTTPS_PROXY and HTTP_PROXY."
    if isinstance(error, requests.exceptions.SSLError) and "EOF" not in str(error):
        return f"no trustworthy connection ({_tls_reason(error)})."
    if isinstance(reason, NameResolutionError):
        return "its address is not found; check the connection to the internet."
    if isinstance(reason, NewConnectionError):
        return "it takes no connection; check its address, or try again later."
    return None


def _tls_reason(error: Exception) -> str:
    text = str(error)
    for sign, reason in (
        ("self-signed", "its certificate is self-signed"),
        ("self signed", "its certificate is self-signed"),
        ("expired", "its certificate has expired"),
        ("doesn't match", "its certificate is another host's"),
        ("mismatch", "its certificate is another host's"),
        ("unable to get local issuer", "nobody known vouches for its certificate"),
    ):
        if sign in text:
            return reason
    return "TLS failed"


def _refuse_constant(name: str) -> None:
    raise ValueError(name)

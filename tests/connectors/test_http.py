"""The session with web services: every way in which a service can fail."""

import asyncio
import dataclasses
import io
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from img2music.connectors.http import PAGE, Limits, Session
from img2music.errors import SourceError
from tests.support.servers import (
    QUICK,
    Answer,
    Gigantic,
    Reset,
    Server,
    Silence,
    SlowBody,
    SlowHead,
    Truncated,
    Unending,
    http_date,
)

pytestmark = pytest.mark.slow

SECRET = "s3cret/key+%"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def session(**limits: float) -> Session:
    return Session("Songs", dataclasses.replace(QUICK, **limits), secrets=(SECRET,))  # type: ignore[arg-type]


def refused(server: Server, **limits: float) -> SourceError:
    with session(**limits) as asking, pytest.raises(SourceError) as caught:
        asking.ask(f"{server.url}/x", {"apikey": SECRET})
    message = str(caught.value)
    assert message.startswith("Songs: ")
    assert "\n" not in message
    assert SECRET not in message
    return caught.value


def test_who_asks_is_told(server: Server) -> None:
    with session() as asking:
        assert asking.ask(f"{server.url}/a", {"q": "ü &"}) == {"path": "/a"}
    (asked,) = server.asked
    assert asked.query == {"q": "ü &"}
    assert asked.headers["User-Agent"].startswith("img2music/")
    assert PAGE in asked.headers["User-Agent"]


def test_what_is_done_may_be_told_by_nothing(server: Server) -> None:
    with session() as asking:
        for status in (200, 201, 204):
            server.faults.append(Answer(raw=b"", status=status))
            assert asking.ask(f"{server.url}/a", method="PUT") is None
        server.faults.append(Answer(raw=b""))
        assert asking.ask(f"{server.url}/a") == {"path": "/a"}  # what was asked is not told: it is asked again


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=500),
        Answer(status=503, raw=b"<html>busy"),
        Answer({}, 429, {"Retry-After": "0"}),
        Answer({}, 429, {"Retry-After": http_date(-5)}),
        Answer({}, 429, {"Retry-After": "soon"}),
        Truncated([1] * 100),
        Unending([1] * 100),
        Reset(),
        Answer(raw=b"<html>", headers={"Content-Type": "text/html"}),
        Answer(raw="ü".encode("latin-1"), headers={"Content-Type": "application/json; charset=latin-1"}),
        Silence(),
        SlowBody(),
        SlowHead(),
    ],
    ids=lambda fault: f"{type(fault).__name__} {fault.status}",
)
def test_a_passing_fault_passes(server: Server, fault: Answer) -> None:
    server.faults.append(fault)
    with session() as asking:
        assert asking.ask(f"{server.url}/a") == {"path": "/a"}
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Answer(status=500), "it answers with 500, 3 times"),
        (Answer({}, 429), "it answers with 429, 3 times"),
        (Truncated([1] * 100), "its answer ends too early"),
        (Unending([1] * 100), "its answer is not JSON"),
        (Reset(), "the connection broke"),
        (Answer(raw=b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), "is not JSON but text/html"),
        (Answer(raw=b""), "its answer is not JSON"),
        (Answer(raw=b"[" * 60_000), "its answer is not JSON"),
        (Answer(raw=b"\xff\xfe{\x00"), "its answer is not JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_lasting_fault_is_one_line(server: Server, fault: Answer, words: str) -> None:
    server.faults.extend([fault] * 3)
    error = refused(server)
    assert words in str(error)
    assert not error.final
    assert error.remark is not None
    lost = isinstance(fault, Truncated | Reset)
    assert error.remark.code == ("server-away" if lost else "server-fails")
    assert len(server.asked) == 3


def test_a_value_that_is_none_costs_no_other(server: Server) -> None:
    whole = b'{"a": NaN, "b": [-Infinity, "Gr\xf6\xdfe", ' + b"9" * 5000 + b'], "c": 12345678901234567890, "d": 1e999}'
    server.faults.append(Answer(raw=whole))
    with session() as asking:
        found = asking.ask(server.url)
    assert found == {"a": None, "b": [None, "Gr\udcf6\udcdfe", None], "c": 12345678901234567890, "d": float("inf")}


@pytest.mark.parametrize("fault", [SlowBody(), SlowHead(), Silence()], ids=lambda fault: type(fault).__name__)
def test_no_answer_takes_longer_than_its_time(server: Server, fault: Answer) -> None:
    server.faults.extend([fault] * 3)
    started = time.monotonic()
    error = refused(server, total=0.3)
    assert "in time" in str(error)
    assert error.remark is not None
    assert error.remark.code == "server-slow"
    assert time.monotonic() - started < 10  # a guard against hanging: it takes one second


def test_what_asks_to_wait_is_waited_for(server: Server) -> None:
    server.faults.append(Answer({}, 429, {"Retry-After": "1"}))
    started = time.monotonic()
    with session() as asking:
        asking.ask(server.url)
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("asked", ["3600", http_date(3600), "9" * 400], ids=["seconds", "date", "digits"])
def test_nobody_waits_for_an_hour(server: Server, asked: str) -> None:
    server.faults.append(Answer({}, 429, {"Retry-After": asked}))
    error = refused(server)
    assert "it asks to wait" in str(error)
    assert error.final
    assert error.status == 429
    assert len(server.asked) == 1


@pytest.mark.parametrize(("asked", "seconds"), [("86400", 86400), (" 7200 ", 7200), (None, 172_800)])
def test_how_long_it_asks_to_wait_is_told_as_it_is(server: Server, asked: str | None, seconds: int) -> None:
    server.faults.append(Answer({}, 429, {"Retry-After": asked or http_date(seconds)}))
    told = re.search(r"it asks to wait (\d+) seconds", str(refused(server)))
    assert int(told[1]) == pytest.approx(seconds, abs=600)


@pytest.mark.parametrize(("status", "final"), [(400, False), (401, True), (403, False), (404, False), (418, False)])
def test_a_refusal_is_not_repeated(server: Server, status: int, final: bool) -> None:
    server.faults.append(Answer({"error": {"status": status, "message": f"no,\n {SECRET}."}}, status))
    error = refused(server)
    assert (error.status, error.final) == (status, final)
    assert str(error) == f"Songs: it answers with {status}: no, ***."
    assert len(server.asked) == 1


def test_a_body_has_an_end(server: Server) -> None:
    server.faults.append(Gigantic())
    assert "larger than" in str(refused(server))
    assert len(server.asked) == 1


def test_redirects_are_followed_but_not_in_circles(server: Server) -> None:
    server.faults.append(Answer(status=302, headers={"Location": "/b"}))
    with session() as asking:
        assert asking.ask(f"{server.url}/a") == {"path": "/b"}
    server.faults.extend([Answer(status=301, headers={"Location": "/b"})] * 9)
    assert "redirects" in str(refused(server))
    assert len(server.asked) == 2 + 4


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/", "file:///etc/passwd"])
def test_redirects_lead_to_the_web_only(server: Server, target: str) -> None:
    server.faults.append(Answer(status=302, headers={"Location": target}))
    assert "can't be trusted" in str(refused(server))


def test_a_token_is_for_one_host(server: Server) -> None:
    with Server() as other, session() as asking:
        server.faults.extend([Answer(status=307, headers={"Location": f"{other.url}/b"})])
        asking.ask(server.url, headers={"Authorization": "Bearer x"})
        assert server.asked[0].headers["Authorization"] == "Bearer x"
        assert "Authorization" not in other.asked[0].headers
        server.faults.append(Answer(status=307, headers={"Location": "/b"}))
        with pytest.raises(SourceError, match="can't be trusted"):
            asking.ask(server.url, method="POST", data={"a": "b"})


def test_no_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        with session() as asking, pytest.raises(SourceError, match="takes no connection") as caught:
            asking.ask(f"http://127.0.0.1:{taken.getsockname()[1]}/", {"apikey": SECRET})
    assert caught.value.final
    with session() as asking, pytest.raises(SourceError, match="address is not found"):
        asking.ask("http://songs.invalid/")


def test_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as gone:
        monkeypatch.setenv("HTTP_PROXY", gone.url)
    with session() as asking, pytest.raises(SourceError, match="the proxy can't be used") as caught:
        asking.ask("http://songs.invalid/", {"apikey": SECRET})
    assert caught.value.final


def test_through_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.faults.append(SlowBody())
    with session() as asking:
        assert asking.ask("http://songs.invalid/a") == {"path": "/a"}


def test_no_tls(server: Server) -> None:
    with session() as asking, pytest.raises(SourceError, match="no trustworthy connection") as caught:
        asking.ask(server.url.replace("http:", "https:"), {"apikey": SECRET})
    assert caught.value.final


CERTIFICATE = Path(__file__).with_name("self_signed.pem")


@pytest.fixture
def secure(server: Server) -> Server:
    """The server behind TLS, with a certificate that nobody else has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    server.url = server.url.replace("http:", "https:")
    return server


def test_a_certificate_that_nobody_knows(secure: Server) -> None:
    with session() as asking, pytest.raises(SourceError, match=r"its certificate is self-signed") as caught:
        asking.ask(secure.url)
    assert caught.value.final
    assert secure.asked == []


@pytest.mark.parametrize("fault", [SlowBody(), SlowHead(), Truncated([1] * 100)], ids=lambda each: type(each).__name__)
def test_faults_behind_tls(secure: Server, monkeypatch: pytest.MonkeyPatch, fault: Answer) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    secure.faults.append(fault)
    with session() as asking:
        assert asking.ask(f"{secure.url}/a") == {"path": "/a"}
    assert len(secure.asked) == 2


def test_nothing_leads_from_tls_to_plain_text(secure: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    secure.faults.append(Answer(status=302, headers={"Location": "http://127.0.0.1/"}))
    assert "can't be trusted" in str(refused(secure))


def test_requests_keep_their_distance(server: Server) -> None:
    started = time.monotonic()
    with session(rate=20) as asking:
        for _ in range(5):
            asking.ask(server.url)
    assert time.monotonic() - started >= 4 / 20


def test_no_key_in_any_log(server: Server) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        server.faults.append(Answer(status=500))
        with session() as asking:
            asking.ask(server.url, {"apikey": SECRET})
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    logged = stream.getvalue()
    assert "apikey=***" in logged
    assert SECRET not in logged
    assert "s3cret" not in logged


def test_the_status_may_be_inside(server: Server) -> None:
    server.faults.extend([Answer({"status": 503}), Answer({"status": 200}), Answer({"status": 402})])
    with Session("Songs", QUICK, status=lambda answer: answer["status"]) as asking:
        assert asking.ask(server.url) == {"status": 200}
        with pytest.raises(SourceError) as caught:
            asking.ask(server.url)
    assert (caught.value.status, caught.value.final) == (402, True)


def test_the_usual_limits_end() -> None:
    limits = Limits()
    assert limits.total <= limits.patience
    assert limits.backoff * 1.5 * (2 ** (limits.tries - 1) - 1) <= limits.patience


def test_where_an_event_loop_is_running_already(server: Server) -> None:
    async def in_a_notebook() -> object:
        with session() as asking:
            return asking.ask(f"{server.url}/a")

    assert asyncio.run(in_a_notebook()) == {"path": "/a"}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REQUESTS_CA_BUNDLE", "/none.pem", "check REQUESTS_CA_BUNDLE"),
        ("HTTP_PROXY", "gopher://127.0.0.1", "the proxy can't be used"),
        ("ALL_PROXY", "socks5://127.0.0.1:1", "the proxy can't be used"),
    ],
)
def test_settings_that_can_not_be_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SourceError, match=words) as caught:
        session()
    assert caught.value.final

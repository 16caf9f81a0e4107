"""The server behind a real nginx with TLS, below a path, as docs/serve.md sets it up: in Chromium and over HTTP."""

import io
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import trustme
from PIL import Image
from playwright.sync_api import expect

from img2music import Library
from tests.e2e.browser import lacking
from tests.e2e.command import ROOT
from tests.e2e.test_serve import served
from tests.support.openid import OpenIdProvider
from tests.support.songs import put, record
from tests.support.sounds import chords, encode

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of the provider

NGINX = """daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
{0}}}
"""
TOKEN = {"Authorization": "Bearer open sesame"}


def nginx_block(**replaced: str) -> str:
    """What docs/serve.md says, for other ports and files."""
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/serve.md").read_text(encoding="utf-8"), re.DOTALL)
    for old, new in replaced.items():
        assert block.count(old) == 1, old
        block = block.replace(old, new)
    return str(block)


@contextmanager
def nginx(folder: Path, port: int, said: str) -> Iterator[None]:
    """Nginx with a block of its configuration, in a folder, as soon as it listens at a port."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        lacking("needs nginx: apt install nginx-light")
    (folder / "nginx.conf").write_text(NGINX.format(said))
    command = [found, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, running.stderr and running.stderr.read()
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.communicate(timeout=30)


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        running = OpenIdProvider()
        yield running
        running.end()


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A folder with a certificate of localhost, and what trusts it."""
    folder, authority = tmp_path_factory.mktemp("nginx"), trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return folder, trusting


@pytest.fixture(scope="module")
def address(
    trusted: tuple[Path, ssl.SSLContext], provider: OpenIdProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    home, folder = tmp_path_factory.mktemp("home"), trusted[0]
    (home / "tmp").mkdir()
    tune = encode(home / "tune.flac", chords([(60, 64, 67), (57, 60, 64)], 8.0), "flac", 16_000)
    with Library.open(home / "library.db") as library:
        put(library._store, [record(str(tune), 0.4, 0.5, duration=16.0)])
    variables = {"ISSUER": provider.issuer, "CLIENT_ID": "img2music", "CLIENT_SECRET": "s", "PEOPLE": "ann@example.org"}
    more = {f"IMG2MUSIC_OIDC_{name}": value for name, value in variables.items()}
    more |= {"IMG2MUSIC_TOKEN": "open sesame", "TMPDIR": str(home / "tmp")}
    options = ("--library", str(home / "library.db"), "--root-path", "/music", "--proxy", "127.0.0.1")
    with served(home, *options, end=signal.SIGTERM, **more) as behind, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        replaced = {
            "listen 443": f"listen 127.0.0.1:{port}",
            "server_name example.org": "server_name localhost",
            "/etc/ssl/example.org.pem": f"{folder}/cert.pem",
            "/etc/ssl/example.org.key": f"{folder}/key.pem",
            "http://127.0.0.1:8750": behind.removesuffix("/music/"),
        }
        with nginx(folder, port, nginx_block(**replaced)):
            yield f"https://localhost:{port}/music/"


def photo(side: int) -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(content, "JPEG", quality=95)
    return content.getvalue()


@pytest.fixture
def ask(trusted: tuple[Path, ssl.SSLContext], address: str):
    """Ask with the token; status, headers and content of the answer."""

    def asked(path: str, body: bytes | None = None, **headers: str):
        named = TOKEN | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address + path, body, named), context=trusted[1]
            ) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    return asked


def test_sound_comes_by_ranges(ask):
    _, _, whole = ask("api/tracks/1/audio")
    status, headers, part = ask("api/tracks/1/audio", Range="bytes=100-199")
    assert (status, part) == (206, whole[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert ask("api/tracks/1/audio", Range=f"bytes={len(whole)}-")[0] == 416
    assert ask("api/tracks/1/audio", Range="bytes=0-9", If_Range='"other"')[2] == whole
    assert ask("api/tracks/1/audio", If_None_Match=headers["ETag"])[0] == 304


def test_large_pictures_pass_and_endless_ones_do_not(ask):
    def sent(content: bytes) -> tuple[int, bytes]:
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        form = {"Content_Type": "multipart/form-data; boundary=x", "X_Img2music": "1"}
        status, _, told = ask("api/pictures", start + content + b"\r\n--x--\r\n", **form)
        return status, told

    large = photo(1400)
    assert len(large) > 2_000_000  # nginx takes one megabyte unless it is told
    status, told = sent(large)
    assert status == 201
    assert json.loads(told)["width"] == 1400
    assert sent(bytes(102 << 20))[0] == 413


def test_events_of_jobs_come_at_once_and_go_on(ask, address, trusted):
    def watch(**headers: str):
        asked = urllib.request.Request(f"{address}api/jobs/events", headers=TOKEN | headers)
        return urllib.request.urlopen(asked, context=trusted[1], timeout=60)

    def told(stream, state: str) -> list[int]:
        """The numbers of events until a job is in a state."""
        numbers = []
        for line in stream:
            name, _, value = line.decode().strip().partition(": ")
            if name == "id":
                numbers.append(int(value))
            if name == "data" and json.loads(value)["state"] == state:
                return numbers
        raise AssertionError(numbers)

    def begin() -> None:
        body = {"kind": "export", "format": "jsonl"}
        sent = ask("api/jobs", json.dumps(body).encode(), Content_Type="application/json", X_Img2music="1")
        assert sent[0] == 202, sent

    with watch() as stream:  # which does not end: what is read was not waiting for its end
        begin()
        first = told(stream, "done")
    begin()
    with watch(**{"Last-Event-ID": str(first[-1])}) as stream:
        assert min(told(stream, "done")) > first[-1]


def test_nothing_but_the_path_is_there(ask, address, trusted):
    assert ask("api/health")[0] == 200
    assert ask("../api/health")[0] == 404
    for path in ("..%2f..%2fetc/passwd", "api/tracks/..%2f..%2fx/audio", "music/api/health"):
        assert ask(path)[0] in {400, 404, 422}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{address}api/health", context=trusted[1])


def test_the_page_below_a_path(context, address, tmp_path):
    (tmp_path / "large.jpg").write_bytes(photo(1400))
    page = context(ignore_https_errors=True)
    page.goto(address)
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Sign in").click()
    page.set_input_files("input[type=file]", tmp_path / "large.jpg")
    page.locator(".song-row .play").first.click()
    page.wait_for_function("() => +document.querySelector('.seek input')?.value > 0.3")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["path"], cookie["sameSite"]) == ("img2music", "/music/", "Strict")
    assert cookie["secure"]
    assert cookie["httpOnly"]


def test_people_sign_in_with_their_account(context, address, provider):
    page = context(ignore_https_errors=True)
    page.goto(address)
    for person in ("joe", "ann"):
        page.get_by_role("link", name="Sign in with your account").click()
        page.wait_for_url(f"{provider.issuer}/**")
        page.get_by_role("button", name=person, exact=True).click()
        page.wait_for_url(f"{address}**")
        if person == "joe":
            expect(page.get_by_role("alert").filter(has_text="You may not enter here")).to_be_visible()
            assert page.url.rstrip("#") == address
    expect(page.locator(".drop")).to_be_visible()
    (cookie,) = page.context.cookies(address)
    assert (cookie["name"], cookie["secure"]) == ("img2music", True)

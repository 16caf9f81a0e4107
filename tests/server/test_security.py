"""What is thrown at the server: nobody gets in, nothing is served that is not the library's, and nothing breaks."""

import asyncio
import re
import resource
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import img2music
from img2music.server import guard, problems, uploads
from img2music.server.app import create_app
from img2music.server.settings import Settings
from tests.server.test_server import CHANGES, HERE, client, library, photo, problem, send  # noqa: F401 - fixtures
from tests.support.songs import put, record

SCRIPT = "<script>alert(1)</script>"
NAMES = (
    *(
        "../../../etc/passwd",
        "..\\..\\windows\\system.ini",
        "/etc/passwd",
        "C:\\x.jpg",
        "..",
        ".",
        "a/..",
        "\u202egpj.exe",
    ),
    *(".bashrc", "nul", "~root", "$(id)", "a" * 3000, SCRIPT, "e\u0301\U0001f3b5.jpg", "a\tb", "%2e%2e%2f", "-rf"),
)


def every_route(client: TestClient) -> Iterator[tuple[str, str, dict[str, Any]]]:  # noqa: F811
    """Method, path and description of what the API says that it has."""
    for path, methods in client.get("/api/openapi.json").json()["paths"].items():
        for method, described in methods.items():
            yield method.upper(), path, described


@pytest.mark.parametrize(
    "id", ["..%2f..%2f..%2fetc%2fpasswd", "%2e%2e", "..%5c..", "%00", "1%00.jpg", "/etc/passwd", "1%2f..%2f2", "%ff"]
)
def test_no_id_is_a_path(id: str, client: TestClient) -> None:  # noqa: A002, F811
    named = [(method, path) for method, path, _ in every_route(client) if "{" in path]
    assert len(named) >= 8
    for method, path in named:
        answer = client.request(method, re.sub(r"{\w+}", lambda _: id, path))
        assert answer.status_code in {404, 405, 422}, (method, path)
        assert "root:" not in answer.text


def test_no_name_is_a_path(
    library: img2music.Library,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(sent))

    def others() -> set[Path]:
        return {path for path in tmp_path.rglob("*") if not path.is_relative_to(sent)}

    with TestClient(create_app(library, cache=tmp_path), base_url=HERE, headers=CHANGES) as client:  # noqa: F811
        before = others()
        shown = [client.post("/api/pictures", files={"file": (name, photo(8))}).json()["name"] for name in NAMES]
        assert not [name for name in shown if "/" in name or len(name) > uploads.LONGEST_NAME]
        files = [path for path in sent.rglob("*") if path.is_file() and path.name != uploads.LOCK]
        assert len(files) == len(NAMES)
        assert not [path for path in files if not re.fullmatch(r"[\w -][\w. -]{0,79}", path.name, re.ASCII)]
        assert others() == before
    assert not [*sent.iterdir()]


def test_pixels_that_would_fill_the_memory(client: TestClient) -> None:  # noqa: F811
    """A picture of 50 kilobytes that is 400 million pixels."""
    side, row = 20_000, zlib.compressobj()
    pixels = b"".join(row.compress(bytes(1 + side // 8)) for _ in range(side)) + row.flush()
    content = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    for name, data in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    assert len(content) < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    problem(client.post("/api/pictures", files={"file": ("black.png", content)}), 422)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_a_hundred_thousand_files_at_once(client: TestClient) -> None:  # noqa: F811
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    problem(client.post("/api/pictures", content=part * 100_000 + b"--x--\r\n", headers=form), 400)


def test_files_without_end_take_no_more_than_their_share(
    client: TestClient,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = photo(8)
    monkeypatch.setattr(uploads, "MOST_KEPT", 3 * len(one))
    ids = [send(client, one) for _ in range(8)]
    found = [client.get(f"/api/pictures/{each}/thumbnail").status_code for each in ids]
    assert found == [404] * 5 + [200] * 3


def test_few_are_received_at_once(
    library: img2music.Library,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_AT_ONCE", 2)
    app, receiving = create_app(library, cache=tmp_path), 0

    async def send_none() -> None:
        async def never() -> dict[str, Any]:
            nonlocal receiving
            receiving += 1
            await asyncio.sleep(60)
            return {}

        async def ignored(_: Any) -> None:
            pass

        kind = (b"content-type", b"multipart/form-data; boundary=x")
        headers = [(b"host", b"localhost"), (b"x-img2music", b"1"), kind]
        scope = {"type": "http", "method": "POST", "path": "/api/pictures", "query_string": b"", "headers": headers}
        await app(scope | {"scheme": "http", "server": ("localhost", 80), "http_version": "1.1"}, never, ignored)

    async def run() -> None:
        tasks = [asyncio.create_task(send_none()) for _ in range(6)]
        for _ in range(20):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())
    assert receiving == 2


def test_bodies_of_the_wrong_kind_are_told(client: TestClient) -> None:  # noqa: F811
    bodies = [b"", b"null", b"[]", b"[" * 500_000, b'{"a":' * 100_000, b"1" * 10_000, b"\xff\xfe", b'{"query": NaN}']
    taking = [(method, path) for method, path, described in every_route(client) if "requestBody" in described]
    assert len(taking) >= 5
    for method, path in taking:
        for kind in ("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "x"):
            for body in bodies:
                answer = client.request(method, path, content=body, headers={"Content-Type": kind})
                assert answer.status_code in {400, 413, 415, 422}, (method, path, kind, body[:9], answer.text)
                problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "form",
    [
        "--x\r\nContent-Disposition: form-data; name=file; filename=" + "a" * 5000 + "\r\n\r\na\r\n--x--\r\n",
        "abc",
        "--x\r\nno header\r\n\r\na\r\n--x--\r\n",
    ],
)
def test_a_form_that_can_not_be_read_is_told_to_its_sender_alone(
    form: str,
    client: TestClient,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    words = problem(client.post("/api/pictures", content=form.encode(), headers=headers), 400)
    assert words == "The form is damaged, or the name of a file in it is longer than 4,000 characters."
    assert "multipart" not in caplog.text


def test_halves_of_surrogate_pairs_are_told(client: TestClient, library: img2music.Library) -> None:  # noqa: F811
    assert problems.problem(503, "/\udcff.db: it is damaged").body.isascii()
    put(library._store, [record("/\udcff\n.mp3", 0.5, 0.5)])
    (track,) = (each.id for each in library if each.path == "/\udcff\n.mp3")
    assert client.get(f"/api/tracks/{track}").json()["path"] == "/\udcff\n.mp3"
    for content in (
        rb'{"query": {"emotion": "calm"}, "\udcff": 1}',
        rb'{"query": {"emotion": "\udcff"}}',
        rb'{"query": {"emotion": "calm"}, "person": "\udcff"}',
        rb'{"query": {"emotion": "calm"}, "filters": {"genre": "\udcff"}}',
        rb'{"query": {"emotion": "calm"}, "filters": {"year": "\udcff"}}',
    ):
        problem(client.post("/api/recommend", content=content, headers={"Content-Type": "application/json"}), 422)
    for method, path, sent in (
        ("POST", "playlists", rb'{"name": "\udcff", "tracks": []}'),
        ("POST", "feedback", rb'{"person": "\udcff", "track": 1, "says": {"like": true}}'),
        ("POST", "jobs", rb'{"kind": "\udcff"}'),
    ):
        answer = client.request(method, f"/api/{path}", content=sent, headers={"Content-Type": "application/json"})
        problem(answer, 422)


def test_files_of_the_wrong_kind_are_told(client: TestClient, library: img2music.Library) -> None:  # noqa: F811
    gzipped = zlib.compress(bytes(50 << 20), 9, 31)
    song = Path(str(library[1].path)).read_bytes()
    for content in (song, gzipped, b"%PDF-1.7", b"MZ\0\0", SCRIPT.encode(), b"\0" * 1000, b"GIF89a", b"#!/bin/sh\n"):
        detail = problem(client.post("/api/pictures", files={"file": (f"{SCRIPT}.jpg", content, "image/jpeg")}), 422)
        assert "/" not in detail.replace(SCRIPT, "").replace("</script>", "")
    packed = client.post("/api/recommend", content=gzipped, headers={"Content-Encoding": "gzip"})
    problem(packed, 422)  # is not unpacked


def test_other_sites_read_nothing(client: TestClient) -> None:  # noqa: F811
    """Without CORS, browsers show answers to no other site, and let it send no header of ours."""
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method, template, described in every_route(client):
        path, endless = re.sub(r"{\w+}", "1", template), "text/event-stream" in str(described["responses"])
        for asked in ("OPTIONS", *(() if endless else (method,))):
            answer = client.request(asked, path, headers=origin | {"Access-Control-Request-Headers": "x-img2music"})
            assert not [name for name in answer.headers if name.startswith("access-control")], (asked, path)
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_path_that_is_written_otherwise_needs_a_login_too(
    library: img2music.Library,  # noqa: F811
    tmp_path: Path,
) -> None:
    for root in ("", "/music", "/api"):
        app = create_app(library, Settings(token="secret", root_path=root), cache=tmp_path)
        with TestClient(app, base_url=HERE, headers=CHANGES) as client:  # noqa: F811
            for start in ("", root, root * 2, "/", "//", "/.", "/x/..", f"{root}/", f"{root}/x/.."):
                for path in (
                    "/api/tracks/1",
                    "/api/health",
                    "/API/health",
                    "/api//health",
                    "/api/./health",
                    "/api/health/",
                ):
                    answer = client.get(f"{HERE}{start}{path}", follow_redirects=False)
                    assert answer.status_code in {307, 401, 404, 405}, (start, path, answer.text)


def test_a_session_is_nobody_elses_to_choose(library: img2music.Library, tmp_path: Path) -> None:  # noqa: F811
    app = create_app(library, Settings(token="secret"), cache=tmp_path)
    with TestClient(app, base_url=HERE, headers=CHANGES) as client:  # noqa: F811

        def log_in(given: str) -> str:
            cookie = {"Cookie": f"img2music={given}"}
            answer = client.post("/api/session", json={"password": "secret"}, headers=cookie)
            client.cookies.clear()
            return str(answer.headers["set-cookie"].split("=", 1)[1].split(";")[0])

        def admitted(name: str) -> bool:
            return client.get("/api/health", headers={"Cookie": f"img2music={name}"}).status_code == 200

        first = log_in("chosen-by-somebody-else")
        second = log_in(first)
        assert len({first, second, "chosen-by-somebody-else"}) == 3
        assert [admitted(name) for name in (first, second, "chosen-by-somebody-else", "")] == [True, True, False, False]

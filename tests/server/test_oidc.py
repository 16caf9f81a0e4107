"""Logging in by a real OpenID provider, over real HTTP."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

import img2music
from img2music.errors import UsageError
from img2music.server import settings
from img2music.server.app import create_app
from img2music.server.settings import Provider, Settings
from tests.conftest import Locations
from tests.support.openid import OpenIdProvider

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of the provider

HERE = "http://localhost/music"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # of the provider
    running = OpenIdProvider()
    yield running
    running.end()


@pytest.fixture
def library(tmp_path: Path, at: Locations) -> Iterator[img2music.Library]:
    with img2music.Library.open(at(tmp_path / "library.db")) as opened:
        yield opened


def browser(library: img2music.Library, issuer: str, tmp_path: Path) -> TestClient:
    asked = Provider(issuer, "img2music", "secret", frozenset({"Ann@Example.org", "bob"}))
    made = create_app(library, Settings(root_path="/music", provider=asked), cache=tmp_path / "cache")
    return TestClient(made, base_url=HERE, headers={"X-Img2music": "1"}, follow_redirects=False)


def consent(url: str, person: str) -> str:
    """Say yes to the provider; where it sends the browser then."""
    return str(httpx.post(url, data={"sub": person}).headers["location"])


def log_in(client: TestClient, person: str) -> str:
    begun = client.get("/api/session/oidc")
    assert begun.status_code == 303
    back = consent(begun.headers["location"], person)
    assert back.startswith(f"{HERE}/api/session/oidc/callback?")
    ended = client.get(back)
    assert ended.status_code == 303
    return str(ended.headers["location"])


def admitted(client: TestClient) -> bool:
    """Whether the API is open, as it says and as it is."""
    told = client.get("/api/session").json()
    assert told == {"admitted": told["admitted"], "password": False, "oidc": True}
    assert client.get("/api/health").status_code == (200 if told["admitted"] else 401)
    return bool(told["admitted"])


@pytest.mark.parametrize(
    ("person", "enters"),
    [
        ("ann", True),
        ("bob", True),
        ("zoe", True),
        ("Bob", False),
        ("eve", False),
        ("joe", False),
        ("ann@example.org", False),
    ],
)
def test_people_who_are_named_enter(
    person: str, enters: bool, library: img2music.Library, provider: OpenIdProvider, tmp_path: Path
) -> None:
    with browser(library, provider.issuer, tmp_path) as client:
        assert not admitted(client)
        assert log_in(client, person) == ("/music/" if enters else "/music/?login=person")
        assert admitted(client) is enters
        if enters:
            assert list(client.cookies) == ["img2music"]
            client.delete("/api/session")
            assert not admitted(client)


def test_the_code_is_worth_nothing_without_its_verifier(
    library: img2music.Library, provider: OpenIdProvider, tmp_path: Path
) -> None:
    with browser(library, provider.issuer, tmp_path) as client:
        begun = client.get("/api/session/oidc")
        asked = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["nonce"]) >= 20
        cookie = begun.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/music/api/session/oidc;" in cookie
        client.get(consent(begun.headers["location"], "ann"))
        (token,) = [each for each in provider.asked if "code_verifier" in each]
        digest = hashlib.sha256(token["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]


def test_who_began_elsewhere_does_not_enter(
    library: img2music.Library, provider: OpenIdProvider, tmp_path: Path
) -> None:
    with browser(library, provider.issuer, tmp_path) as client, browser(library, provider.issuer, tmp_path) as victim:
        stolen = consent(client.get("/api/session/oidc").headers["location"], "ann")
        assert victim.get(stolen).headers["location"] == "/music/?login=state"  # nothing begun, or too long ago
        victim.get("/api/session/oidc")
        for wrong in (stolen, f"{HERE}/api/session/oidc/callback", f"{HERE}/api/session/oidc/callback?state=&code=1"):
            assert victim.get(wrong).headers["location"] == "/music/?login=state"
        for cookie in ("e30=", "W10=", "bnVsbA==", "MQ==", "%", "4pmA"):
            victim.cookies.clear()
            answer = victim.get(stolen, headers={"Cookie": f"img2music-login={cookie}"})
            assert answer.headers["location"] == "/music/?login=state"
        assert not admitted(victim)
        assert client.get(stolen).headers["location"] == "/music/"
        client.cookies.delete("img2music")
        assert client.get(stolen).headers["location"] == "/music/?login=state"  # once is all


def test_a_code_of_another_login_is_refused(
    library: img2music.Library, provider: OpenIdProvider, tmp_path: Path
) -> None:
    with browser(library, provider.issuer, tmp_path) as client, browser(library, provider.issuer, tmp_path) as other:
        stolen = dict(parse_qsl(urlsplit(consent(client.get("/api/session/oidc").headers["location"], "ann")).query))
        own = consent(other.get("/api/session/oidc").headers["location"], "joe")
        state = dict(parse_qsl(urlsplit(own).query))["state"]
        answer = other.get("/api/session/oidc/callback", params={"state": state, "code": stolen["code"]})
        assert answer.headers["location"] == "/music/?login=refused"  # the nonce is not its own
        assert not admitted(other)


def test_a_token_that_has_expired_is_refused(
    library: img2music.Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    late = OpenIdProvider(timedelta(hours=-1))
    with browser(library, late.issuer, tmp_path) as client:
        assert log_in(client, "ann") == "/music/?login=refused"
        assert not admitted(client)
    late.end()


def test_a_token_of_another_issuer_is_refused(
    library: img2music.Library, provider: OpenIdProvider, tmp_path: Path
) -> None:
    with browser(library, provider.issuer, tmp_path) as client:
        provider.signs_as = "elsewhere.example"
        assert log_in(client, "ann") == "/music/?login=refused"
        assert not admitted(client)


def test_a_provider_that_is_down_is_told(library: img2music.Library, provider: OpenIdProvider, tmp_path: Path) -> None:
    with browser(library, provider.issuer, tmp_path) as client:
        back = consent(client.get("/api/session/oidc").headers["location"], "ann")
        refused = client.get(f"{HERE}/api/session/oidc/callback?error=access_denied")
        assert refused.headers["location"] == "/music/?login=refused"
        provider.end()
        assert client.get(back).headers["location"] == "/music/?login=provider"
        assert not admitted(client)
    with browser(library, provider.issuer, tmp_path) as client:
        assert client.get("/api/session/oidc").headers["location"] == "/music/?login=provider"


def test_the_provider_is_set_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "password_file", lambda: tmp_path / "password")
    monkeypatch.delenv(settings.TOKEN, raising=False)

    def read(**variables: str) -> Settings:
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "PEOPLE"):
            monkeypatch.setenv(settings.OIDC + name, variables.get(name, ""))
        return Settings.read("0.0.0.0", 8750, "", ())

    whole = {"ISSUER": "https://id.example.org", "CLIENT_ID": "music", "PEOPLE": "Ann@example.org, bob"}
    found = read(CLIENT_SECRET="hidden words", **whole)
    assert found.guarded
    assert not found.by_password
    assert found.provider is not None
    assert found.provider.people == {"Ann@example.org", "bob"}
    assert "hidden words" not in repr(found)
    for lacking in ("CLIENT_ID", "PEOPLE"):
        with pytest.raises(UsageError, match="IMG2MUSIC_OIDC_PEOPLE"):
            read(**whole | {lacking: ""})
    with pytest.raises(UsageError, match="https"):
        read(**whole | {"ISSUER": "http://id.example.org"})
    with pytest.raises(UsageError, match="set a password"):
        read()

"""Music servers on loopback: supysonic, a real one, and one that behaves as OpenSubsonic is documented, or does not."""

import contextlib
import hashlib
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from img2music.connectors.connections import Connection
from tests.support.servers import Answer, Asked, Server
from tests.support.sounds import encode, tone
from tests.support.supysonic_server import PASSWORD, USER

ROOT = Path(__file__).parents[2]


def make_music(folder: Path, count: int) -> Path:
    """Write so many short songs, each unlike the others, in albums of ten: MP3, FLAC and Ogg in turn."""
    rate = 16_000
    for number in range(count):
        album = folder / f"Artist {number // 20}" / f"Album {number // 10}"
        album.mkdir(parents=True, exist_ok=True)
        kind = ("mp3", "flac", "ogg")[number % 3]
        sound = tone(150 + 7 * number, 2 + number % 5 * 0.2, rate, 0.3)
        sound[0] *= 1 - 0.9 * (np.arange(sound.shape[1]) * (1 + number % 7) // (rate // 2) % 2)
        tags = {"title": f"Song {number}", "artist": f"Artist {number // 20}", "album": f"Album {number // 10}"}
        more = {"date": str(1950 + number % 70), "genre": ("Jazz", "Rock", "")[number % 3]}
        encode(album / f"{number % 10:02d} Song {number}.{kind}", sound, kind, rate, **tags, **more)
    return folder


@dataclass(frozen=True)
class Supysonic:
    """supysonic, as it runs."""

    url: str
    user: str = USER
    password: str = PASSWORD

    def connection(self, name: str = "home") -> Connection:
        """A connection of its only user; it knows no tokens."""
        return Connection(name=name, kind="subsonic", url=self.url, user=self.user, settings={"login": "password"})


@contextlib.contextmanager
def supysonic(music: Path, home: Path) -> Iterator[Supysonic]:
    """Have supysonic read a folder of music and serve it; what it keeps is in its home, and stays there."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.support.supysonic_server", str(music), str(home)]
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        port = process.stdout.readline().decode().strip()
        assert port, (home / "log").read_text()
        yield Supysonic(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class SubsonicServer(Server):
    """https://opensubsonic.netlify.app/docs: what of it is used, and what servers do otherwise, by attributes."""

    USER, PASSWORD, KEY = "alice", "pass/word+ü", "aB3-key/0123456789"

    def __init__(self, songs: list[dict[str, Any]], files: Mapping[str, bytes] | None = None) -> None:
        super().__init__()
        self.songs = songs
        self.files = dict(files or {})
        self.extensions: list[str] | None = ["formPost", "apiKeyAuthentication", "songLyrics"]
        """None: a server before OpenSubsonic."""
        self.tokens = True
        self.searches = True
        """Whether an empty search finds all songs."""
        self.most = 500
        """Songs of a page."""
        self.ranges = True
        self.form = 100_000
        """Fields of a form that it reads, as Jetty and Tomcat bound them."""
        self.refuses = True
        """Whether it refuses a form of more, and does not leave out the rest."""
        self.tells_id = True
        """Whether `createPlaylist` tells what it has made, as since 1.14.0."""
        self.root = "server://home"
        """Its songs, as a location."""
        self.lists: dict[str, dict[str, Any]] = {}
        self.seen: list[list[str]] = []
        """What was in the playlist that was changed, after each change."""
        self.starred: set[str] = set()
        self._numbers = itertools.count(800_000_075)

    @property
    def calls(self) -> list[str]:
        """What was asked for, by its name."""
        return [asked.path.rpartition("/")[2] for asked in self.asked]

    def connection(self, name: str = "home", user: str | None = USER) -> Connection:
        return Connection(name=name, kind="subsonic", url=self.url, user=user)

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        self.query = urlsplit(handler.path).query
        super().handle(handler)

    def answer(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/rest/")
        form = asked.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        if form and self.extensions is not None and "formPost" not in self.extensions and self.tokens:
            return failed(10, "Required parameter is missing.")
        values = parse_qs(asked.body if form else self.query, keep_blank_values=True)
        if form and asked.body.count("&") >= self.form:
            if self.refuses:
                return Answer(raw=b"<html>Form with too many keys", status=500, headers={"Content-Type": "text/html"})
            values = parse_qs("&".join(asked.body.split("&")[: self.form]), keep_blank_values=True)
        if name == "getOpenSubsonicExtensions":
            if self.extensions is None:
                return Answer(raw=b"<html>not found", status=404, headers={"Content-Type": "text/html"})
            return told(openSubsonicExtensions=[{"name": each, "versions": [1]} for each in self.extensions])
        fault = self._login(values, asked)
        if fault is not None:
            return fault
        method = getattr(self, f"_{name}", None)
        return failed(0, "Unknown method", 404) if method is None else method(values, asked)

    def _login(self, values: dict[str, list[str]], asked: Asked) -> Answer | None:
        given = {name: found[0] for name, found in values.items()}
        assert (given["v"], given["c"], given["f"]) == ("1.16.1", "img2music", "json")
        if "apiKey" in given:
            if "u" in given:
                return failed(43, "Multiple conflicting authentication mechanisms provided")
            return None if given["apiKey"] == self.KEY else failed(44, "Invalid API key")
        if "t" in given:
            if not self.tokens:
                return failed(41, "Token authentication not supported for LDAP users.")
            right = hashlib.md5(f"{self.PASSWORD}{given['s']}".encode()).hexdigest()
            return None if (given["u"], given["t"]) == (self.USER, right) else failed(40, "Wrong username or password")
        if "p" in given:
            assert asked.method == "POST", "a password in an address"
            hidden = given["p"].removeprefix("enc:")
            right = bytes.fromhex(hidden).decode() if re.fullmatch("([0-9a-f]{2})*", hidden) else hidden
            return None if (given["u"], right) == (self.USER, self.PASSWORD) else failed(40, "Wrong")
        return failed(10, "Required parameter is missing.")

    def _ping(self, *_: Any) -> Answer:
        return told()

    def _tokenInfo(self, *_: Any) -> Answer:  # noqa: N802
        return told(tokenInfo={"username": "alice"})

    def _search3(self, values: dict[str, list[str]], _: Asked) -> Answer:
        assert (values["query"], values["artistCount"], values["albumCount"]) == ([""], ["0"], ["0"])
        first, count = int(values["songOffset"][0]), min(int(values["songCount"][0]), self.most)
        if not self.searches:
            return told(searchResult3={})
        return told(searchResult3={"song": self.songs[first : first + count]})

    def _getAlbumList2(self, values: dict[str, list[str]], _: Asked) -> Answer:  # noqa: N802
        albums: dict[str, int] = {}
        for song in self.songs:
            albums[str(song.get("albumId", "none"))] = albums.get(str(song.get("albumId", "none")), 0) + 1
        first, size = int(values["offset"][0]), int(values["size"][0])
        page = [{"id": id_, "name": id_, "songCount": count} for id_, count in albums.items()][first : first + size]
        return told(albumList2={"album": page} if page else {})

    def _getAlbum(self, values: dict[str, list[str]], _: Asked) -> Answer:  # noqa: N802
        found = [song for song in self.songs if str(song.get("albumId", "none")) == values["id"][0]]
        return told(album={"id": values["id"][0], "song": found if len(found) > 1 else found[0]})

    def _getSong(self, values: dict[str, list[str]], _: Asked) -> Answer:  # noqa: N802
        found = [song for song in self.songs if str(song.get("id")) == values["id"][0]]
        return told(song=found[0]) if found else failed(70, "The requested data was not found.")

    def _download(self, values: dict[str, list[str]], asked: Asked) -> Answer:
        content = self.files.get(values["id"][0])
        if content is None:
            return failed(70, "The requested data was not found.")
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("Range", ""))
        kind = {"Content-Type": "audio/mpeg"}
        if part is None or not self.ranges:
            return Answer(raw=content, headers=kind)
        first, last = int(part[1]), min(int(part[2]), len(content) - 1)
        if first >= len(content):
            return Answer(raw=b"", status=416, headers={"Content-Range": f"bytes */{len(content)}"})
        span = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return Answer(raw=content[first : last + 1], status=206, headers=kind | span)

    def _getPlaylists(self, *_: Any) -> Answer:  # noqa: N802
        found = [self._shown(id_) for id_ in self.lists]
        return told(playlists={"playlist": found[0] if len(found) == 1 else found} if found else {})

    def _getPlaylist(self, values: dict[str, list[str]], _: Asked) -> Answer:  # noqa: N802
        id_ = values["id"][0]
        if id_ not in self.lists:
            return failed(70, "The requested data was not found.")
        return told(playlist={**self._shown(id_), "entry": [{"id": song} for song in self.lists[id_]["songs"]]})

    def _createPlaylist(self, values: dict[str, list[str]], asked: Asked) -> Answer:  # noqa: N802
        self._require_short(values, asked)
        id_ = values.get("playlistId", [str(next(self._numbers))])[0]
        list_ = self.lists.setdefault(id_, {"name": "", "songs": []})
        list_["name"] = values.get("name", [list_["name"]])[0]
        list_["songs"] = values.get("songId", [])
        self.seen.append(list_["songs"])
        return told(playlist=self._shown(id_)) if self.tells_id else told()

    def _updatePlaylist(self, values: dict[str, list[str]], asked: Asked) -> Answer:  # noqa: N802
        self._require_short(values, asked)
        id_ = values["playlistId"][0]
        if id_ not in self.lists:
            return failed(70, "The requested data was not found.")
        for name in ("name", "comment"):
            self.lists[id_].update({name: values[name][0]} if name in values else {})
        gone = {int(index) for index in values.get("songIndexToRemove", [])}
        left = [song for index, song in enumerate(self.lists[id_]["songs"]) if index not in gone]
        if gone or "songIdToAdd" in values:
            self.lists[id_]["songs"] = left + values.get("songIdToAdd", [])
            self.seen.append(self.lists[id_]["songs"])
        return told()

    def _deletePlaylist(self, values: dict[str, list[str]], _: Asked) -> Answer:  # noqa: N802
        return told() if self.lists.pop(values["id"][0], None) else failed(70, "The requested data was not found.")

    def _getStarred2(self, *_: Any) -> Answer:  # noqa: N802
        return told(starred2={"song": [{"id": id_} for id_ in sorted(self.starred)]} if self.starred else {})

    def _star(self, values: dict[str, list[str]], asked: Asked) -> Answer:
        self._require_short(values, asked)
        if self.starred & set(values["id"]):
            return failed(0, "already starred")
        self.starred |= set(values["id"])
        return told()

    def _unstar(self, values: dict[str, list[str]], asked: Asked) -> Answer:
        self._require_short(values, asked)
        self.starred -= set(values["id"])
        return told()

    def _shown(self, id_: str) -> dict[str, Any]:
        found = self.lists[id_]
        shown = {"id": id_, "name": found["name"], "songCount": len(found["songs"]), "owner": self.USER}
        return shown | ({"comment": found["comment"]} if found.get("comment") else {})

    def _require_short(self, values: dict[str, list[str]], asked: Asked) -> None:
        assert len(self.query) < 8000


def told(**more: Any) -> Answer:
    """What an OpenSubsonic server answers."""
    head = {"status": "ok", "version": "1.16.1", "type": "pretend", "serverVersion": "1.2", "openSubsonic": True}
    return Answer({"subsonic-response": head | more})


def failed(code: int, message: str, status: int = 200) -> Answer:
    """The same of a fault."""
    error = {"code": code, "message": message}
    return Answer({"subsonic-response": {"status": "failed", "version": "1.16.1", "error": error}}, status)


def entry(number: int, **more: Any) -> dict[str, Any]:
    """A song as a server tells of it."""
    return {
        "id": f"{number:032x}",
        "parent": f"al-{number // 12}",
        "isDir": False,
        "title": f"Song {number}",
        "album": f"Album {number // 12}",
        "artist": f"Artist {number // 60}",
        "track": number % 12 + 1,
        "year": 1950 + number % 70,
        "genre": "Jazz",
        "size": 1000 + number,
        "contentType": "audio/flac",
        "suffix": "flac",
        "duration": 180 + number % 100,
        "path": f"Artist {number // 60}/Album {number // 12}/{number % 12 + 1:02d} Song {number}.flac",
        "created": "2023-03-14T17:51:22.112827504Z",
        "albumId": f"al-{number // 12}",
        "artistId": f"ar-{number // 60}",
        "type": "music",
        "isVideo": False,
    } | more

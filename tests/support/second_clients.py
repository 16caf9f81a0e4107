"""Music servers as another client sees them: what it finds there, and what a person does there with it."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx

from img2music.connectors.connections import Connection
from tests.support.media_servers import JellyfinServer, PlexServer, jellyfin_song, plex_song
from tests.support.mpd_servers import MpdHome, mpd
from tests.support.music_servers import Supysonic, supysonic

List = tuple[str, list[str]]
"""A playlist: its name, and the ids of its songs."""


class SecondClient(Protocol):
    """What tests ask of a server, whatever its kind."""

    names_are_ids: bool

    def connection(self) -> Connection: ...
    @property
    def secret(self) -> str: ...
    def lists(self) -> list[List]: ...
    def rename(self, old: str, new: str) -> None: ...
    def change(self, name: str, songs: Sequence[str]) -> None: ...
    def add(self, name: str, songs: Sequence[str]) -> None: ...
    def delete(self, name: str) -> None: ...
    def like(self, song: str) -> None: ...
    def liked(self) -> set[str]: ...


class SubsonicClient:
    """Asks supysonic."""

    names_are_ids = False

    def __init__(self, server: Supysonic) -> None:
        self._server = server
        self._client = httpx.Client(timeout=60)
        self.secret = server.password

    def connection(self) -> Connection:
        return self._server.connection()

    def _ask(self, what: str, **params: Any) -> dict[str, Any]:
        login = {"u": self._server.user, "p": self._server.password, "v": "1.12.0", "c": "other", "f": "json"}
        told = self._client.get(f"{self._server.url}/rest/{what}", params={**login, **params}).json()
        assert told["subsonic-response"]["status"] == "ok", told
        return dict(told["subsonic-response"])

    def _ids(self) -> dict[str, str]:
        return {each["name"]: each["id"] for each in self._ask("getPlaylists")["playlists"].get("playlist", ())}

    def lists(self) -> list[List]:
        found = self._ask("getPlaylists")["playlists"].get("playlist", ())
        return [(each["name"], self._songs(each["id"])) for each in found]

    def _songs(self, id_: str) -> list[str]:
        return [entry["id"] for entry in self._ask("getPlaylist", id=id_)["playlist"].get("entry", ())]

    def rename(self, old: str, new: str) -> None:
        self._ask("updatePlaylist", playlistId=self._ids()[old], name=new)

    def change(self, name: str, songs: Sequence[str]) -> None:
        self._ask("createPlaylist", playlistId=self._ids()[name], songId=list(songs))

    def add(self, name: str, songs: Sequence[str]) -> None:
        self._ask("createPlaylist", name=name, songId=list(songs))

    def delete(self, name: str) -> None:
        self._ask("deletePlaylist", id=self._ids()[name])

    def like(self, song: str) -> None:
        self._ask("star", id=song)

    def liked(self) -> set[str]:
        return {entry["id"] for entry in self._ask("getStarred2")["starred2"].get("song", ())}


class MpdClient:
    """Asks MPD by `mpc`, which renames a playlist by loading it and saving it anew, and so changes it."""

    names_are_ids = True
    secret = ""

    def __init__(self, server: MpdHome) -> None:
        self._server = server

    def connection(self) -> Connection:
        return self._server.connection()

    def lists(self) -> list[List]:
        names = self._server.mpc("lsplaylists")
        return [(name, self._server.mpc("--format", "%file%", "playlist", name)) for name in names]

    def rename(self, old: str, new: str) -> None:
        self.add(new, dict(self.lists())[old])
        self.delete(old)

    def change(self, name: str, songs: Sequence[str]) -> None:
        self.delete(name)
        self.add(name, songs)

    def add(self, name: str, songs: Sequence[str]) -> None:
        self._server.mpc("clear")
        self._server.mpc("add", *songs)
        self._server.mpc("save", name)

    def delete(self, name: str) -> None:
        self._server.mpc("rm", name)

    def like(self, song: str) -> None:
        self._server.mpc("sticker", song, "set", "like", "2")

    def liked(self) -> set[str]:
        found = self._server.mpc("sticker", "", "find", "like")
        return {line.rpartition(": like=")[0] for line in found if line.endswith("like=2")}


class _Lists:
    """What a server of ours keeps, changed as its own page would."""

    names_are_ids = False
    _name: str

    def __init__(self, server: Any) -> None:
        self._server = server

    def _id(self, name: str) -> str:
        (found,) = [id_ for id_, each in self._server.lists.items() if each[self._name] == name]
        return str(found)

    def lists(self) -> list[List]:
        return [(each[self._name], list(each["songs"])) for each in self._server.lists.values()]

    def rename(self, old: str, new: str) -> None:
        self._server.lists[self._id(old)][self._name] = new

    def change(self, name: str, songs: Sequence[str]) -> None:
        self._server.lists[self._id(name)]["songs"] = list(songs)

    def delete(self, name: str) -> None:
        del self._server.lists[self._id(name)]


class JellyfinClient(_Lists):
    """Looks into our own Jellyfin."""

    _name = "Name"
    secret = JellyfinServer.PASSWORD

    def connection(self) -> Connection:
        found: Connection = self._server.connection()
        return found

    def add(self, name: str, songs: Sequence[str]) -> None:
        self._server.lists[name.encode().hex().rjust(32, "0")] = {
            "Name": name,
            "songs": list(songs),
            "MediaType": "Audio",
        }

    def like(self, song: str) -> None:
        self._server.liked.add(song)

    def liked(self) -> set[str]:
        return set(self._server.liked)


class PlexClient(_Lists):
    """Looks into our own Plex."""

    _name = "title"
    secret = PlexServer.TOKEN

    def connection(self) -> Connection:
        found: Connection = self._server.connection()
        return found

    def add(self, name: str, songs: Sequence[str]) -> None:
        self._server.lists[str(len(self._server.lists))] = {
            "title": name,
            "summary": "",
            "songs": list(songs),
            "smart": "0",
        }

    def like(self, song: str) -> None:
        self._song(song)["userRating"] = 10.0

    def liked(self) -> set[str]:
        return {each["ratingKey"] for each in self._server.songs if each.get("userRating") == 10.0}

    def _song(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self._server.songs if each["ratingKey"] == id_)
        return found


@contextlib.contextmanager
def second_client(kind: str, music: Path, home: Path, count: int) -> Iterator[SecondClient]:
    """Start a server of a kind on a folder of so many songs, and give another client of it."""
    if kind == "subsonic":
        with supysonic(music, home) as real:
            yield SubsonicClient(real)
    elif kind == "mpd":
        with mpd(music, home) as player:
            yield MpdClient(player)
    elif kind == "jellyfin":
        with JellyfinServer([jellyfin_song(number) for number in range(count)]) as jellyfin:
            yield JellyfinClient(jellyfin)
    else:
        with PlexServer([plex_song(number, Guid=[]) for number in range(count)]) as plex:
            yield PlexClient(plex)

"""Jellyfin and Plex on loopback, as their documentation says that they behave, failures included."""

import itertools
import json
import re
from typing import Any
from urllib.parse import unquote

from img2music.connectors.connections import Connection
from tests.support.servers import Answer, Asked, Server

SOUND = {"Content-Type": "audio/flac"}


def part_of(content: bytes | None, asked: Asked) -> Answer:
    """A file, or a part of it (RFC 9110, section 14)."""
    if content is None:
        return Answer(raw=b"", status=404, headers={"Content-Type": "text/plain"})
    part = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("Range", ""))
    if part is None:
        return Answer(raw=content, headers=SOUND)
    first, last = int(part[1]), min(int(part[2]), len(content) - 1)
    if first >= len(content):
        return Answer(raw=b"", status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    span = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return Answer(raw=content[first : last + 1], status=206, headers=SOUND | span)


NOTHING = Answer(raw=b"", status=204)
REFUSED = Answer(raw=b"", status=403)
MISSING = Answer({"title": "Not Found", "status": 404}, 404)


class JellyfinServer(Server):
    """https://api.jellyfin.org, of version 10.11; what a user may do is as in Jellyfin's controllers."""

    USER, PASSWORD, USER_ID = "Alice", "pass/word ü", "a" * 32
    KEY = "0123456789abcdef" * 2

    def __init__(self, songs: list[dict[str, Any]], files: dict[str, bytes] | None = None) -> None:
        super().__init__()
        self.songs = songs
        self.files = dict(files or {})
        self.admin = True
        self.version = "10.11.3"
        self.users = [{"Name": self.USER, "Id": self.USER_ID}]
        self.tokens: list[str] = []
        self.lists: dict[str, dict[str, Any]] = {}
        self.liked: set[str] = set()
        self._numbers = itertools.count(1)

    def connection(self, name: str = "home", user: str | None = USER) -> Connection:
        return Connection(name=name, kind="jellyfin", url=self.url, user=user)

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/System/Info/Public":
            return Answer({"ProductName": "Jellyfin Server", "Version": self.version, "Id": "f" * 32})
        given = self._login(asked)
        if asked.path == "/Users/AuthenticateByName":
            return self._authenticate(asked, given)
        token = given.get("Token")
        if token != self.KEY and token not in self.tokens:
            return Answer(raw=b"", status=401)
        by_key = token == self.KEY
        for pattern, method in (
            (r"/Users", self._users),
            (r"/Users/(\w+)", self._user),
            (r"/Items/Counts", self._counts),
            (r"/Items", self._items),
            (r"/Items/(\w+)", self._item),
            (r"/Playlists", self._create),
            (r"/Playlists/(\w+)", self._playlist),
            (r"/Playlists/(\w+)/Items", self._playlist_items),
            (r"/UserFavoriteItems/(\w+)", self._favourite),
            (r"/Audio/(\w+)/stream", self._stream),
        ):
            found = re.fullmatch(pattern, asked.path)
            if found:
                return method(asked, by_key, *found.groups())
        return MISSING

    def _login(self, asked: Asked) -> dict[str, str]:
        header = asked.headers.get("Authorization", "")
        assert header.startswith("MediaBrowser "), header
        assert "X-Emby-Token" not in asked.headers
        assert "ApiKey" not in asked.query
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        assert {"Client", "Device", "DeviceId", "Version"} <= given.keys()
        return given

    def _authenticate(self, asked: Asked, given: dict[str, str]) -> Answer:
        form = json.loads(asked.body)
        if (form["Username"].casefold(), form["Pw"]) != (self.USER.casefold(), self.PASSWORD):
            return Answer(raw=b"Error processing request.", status=401, headers={"Content-Type": "text/plain"})
        self.tokens.append(f"{len(self.tokens):032x}")
        assert given["DeviceId"]
        return Answer({"User": self.users[0], "AccessToken": self.tokens[-1], "ServerId": "f" * 32})

    def _users(self, *_: Any) -> Answer:
        return Answer(self.users)

    def _user(self, _: Asked, by_key: bool, user: str) -> Answer:
        return next((Answer(each) for each in self.users if each["Id"] == user), MISSING)

    def _counts(self, *_: Any) -> Answer:
        return Answer({"SongCount": len(self.songs), "AlbumCount": 3, "MovieCount": 12})

    def _items(self, asked: Asked, by_key: bool) -> Answer:
        query = asked.query
        assert query["userId"] == self.USER_ID
        assert query["recursive"] == "true"
        assert int(query["limit"]) <= 500
        found = self.songs if query["includeItemTypes"] == "Audio" else [self._shown(id_) for id_ in self.lists]
        start, limit = int(query["startIndex"]), int(query["limit"])
        optional = {
            "Path",
            "MediaSources",
            "ProviderIds",
            "DateCreated",
            "Genres",
            "Overview",
            "ChildCount",
            "CanDelete",
        }
        hidden = optional - set(query["fields"].split(","))
        page = [
            {**entry, "UserData": {"IsFavorite": str(entry.get("Id")) in self.liked}}
            for entry in found[start : start + limit]
        ]
        shown = [{name: value for name, value in entry.items() if name not in hidden} for entry in page]
        return Answer({"Items": shown, "TotalRecordCount": len(found), "StartIndex": start})

    def _item(self, asked: Asked, by_key: bool, id_: str) -> Answer:
        found = next((song for song in self.songs if song["Id"] == id_), None) or (
            self._shown(id_) if id_ in self.lists else None
        )
        if found is None:
            return MISSING
        if asked.method == "DELETE":
            return NOTHING if self.lists.pop(id_, None) else Answer(raw=b"", status=401)
        if asked.method == "POST":
            if not (self.admin or by_key):
                return REFUSED
            sent = json.loads(asked.body)
            if not all(isinstance(sent.get(name), kind) for name, kind in (("Tags", list), ("ProviderIds", dict))):
                return Answer(raw=b"Error processing request.", status=400, headers={"Content-Type": "text/plain"})
            self.lists[id_] |= {"Name": sent["Name"], "Overview": sent.get("Overview"), "kept": sent.get("Tags")}
            return NOTHING
        return Answer(found)

    def _create(self, asked: Asked, by_key: bool) -> Answer:
        sent = json.loads(asked.body)
        assert asked.method == "POST"
        assert sent["UserId"] == self.USER_ID
        id_ = f"{next(self._numbers):032x}"
        self.lists[id_] = {"Name": sent["Name"], "songs": self._known(sent["Ids"]), "MediaType": sent["MediaType"]}
        return Answer({"Id": id_})

    def _playlist(self, asked: Asked, by_key: bool, id_: str) -> Answer:
        assert asked.method == "POST"
        if by_key:  # https://github.com/jellyfin/jellyfin/issues/12999
            return Answer(raw=b"Error processing request.", status=400, headers={"Content-Type": "text/plain"})
        if id_ not in self.lists:
            return MISSING
        sent = json.loads(asked.body)
        self.lists[id_] |= {"Name": sent["Name"], "songs": self._known(sent["Ids"])}
        return NOTHING

    def _playlist_items(self, asked: Asked, by_key: bool, id_: str) -> Answer:
        assert asked.method == "GET"
        if id_ not in self.lists:
            return MISSING
        found = [{"Id": song, "PlaylistItemId": song, "Type": "Audio"} for song in self.lists[id_]["songs"]]
        start, limit = int(asked.query["startIndex"]), int(asked.query["limit"])
        return Answer({"Items": found[start : start + limit], "TotalRecordCount": len(found), "StartIndex": start})

    def _favourite(self, asked: Asked, by_key: bool, id_: str) -> Answer:
        assert asked.query["userId"] == self.USER_ID
        if not any(song["Id"] == id_ for song in self.songs):
            return MISSING
        (self.liked.add if asked.method == "POST" else self.liked.discard)(id_)
        return Answer({"IsFavorite": id_ in self.liked})

    def _stream(self, asked: Asked, by_key: bool, id_: str) -> Answer:
        assert asked.query["static"] == "true"
        return part_of(self.files.get(id_), asked)

    def _known(self, ids: list[str]) -> list[str]:
        """What of songs gets into a playlist: those that there are, each once."""
        known = {song["Id"] for song in self.songs}
        return [id_ for id_ in dict.fromkeys(ids) if id_ in known]

    def _shown(self, id_: str) -> dict[str, Any]:
        found = self.lists[id_]
        shown = {"Id": id_, "Name": found["Name"], "Type": "Playlist", "MediaType": found["MediaType"]}
        more = {"ChildCount": len(found["songs"]), "CanDelete": True, "Tags": found.get("kept", ["a tag of theirs"])}
        return shown | more | ({"Overview": found["Overview"]} if found.get("Overview") else {})


def jellyfin_song(number: int, **more: Any) -> dict[str, Any]:
    """A song as Jellyfin tells of it."""
    path = f"/media/music/Artist {number // 60}/Album {number // 12}/{number % 12 + 1:02d} Song {number}.flac"
    return {
        "Id": f"{number + 1000:032x}",
        "Name": f"Song {number}",
        "Type": "Audio",
        "MediaType": "Audio",
        "Artists": [f"Artist {number // 60}"],
        "AlbumArtist": f"Artist {number // 60}",
        "Album": f"Album {number // 12}",
        "Genres": ["Jazz"],
        "ProductionYear": 1950 + number % 70,
        "IndexNumber": number % 12 + 1,
        "RunTimeTicks": (180 + number % 100) * 10_000_000,
        "DateCreated": "2023-03-14T17:51:22.1128275Z",
        "Path": path,
        "MediaSources": [{"Path": path, "Size": 1000 + number, "Container": "flac", "Protocol": "File"}],
        "ProviderIds": {},
    } | more


class PlexServer(Server):
    """https://developer.plex.tv/pms."""

    TOKEN, MACHINE = "pLeX-token_0123456789", "m" * 40

    def __init__(self, songs: list[dict[str, Any]], files: dict[str, bytes] | None = None) -> None:
        super().__init__()
        self.songs = songs
        self.files = dict(files or {})  # by the key of a part
        self.totals = True
        """Whether an answer says of how many entries it is a page."""
        self.lists: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(9_000_000)

    def connection(self, name: str = "home") -> Connection:
        return Connection(name=name, kind="plex", url=self.url)

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/identity":
            return container(machineIdentifier=self.MACHINE, version="1.41.0.8992")
        assert "X-Plex-Token" not in asked.query
        assert asked.headers["Accept"] in ("application/json", "*/*")
        if asked.headers.get("X-Plex-Token") != self.TOKEN:
            page = b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
            return Answer(raw=page, status=401, headers={"Content-Type": "text/html"})
        for pattern, method in (
            (r"/", self._root),
            (r"/library/sections", self._sections),
            (r"/library/sections/1/all", self._all),
            (r"/library/metadata/(\w+)", self._metadata),
            (r"(/library/parts/.+)", self._file),
            (r"/playlists", self._playlists),
            (r"/playlists/(\w+)", self._playlist),
            (r"/playlists/(\w+)/items", self._playlist_items),
            (r"/:/rate", self._rate),
        ):
            found = re.fullmatch(pattern, asked.path)
            if found:
                return method(asked, *found.groups())
        return MISSING

    def _root(self, *_: Any) -> Answer:
        return container(friendlyName="Home", version="1.41.0.8992", myPlexUsername="alice")

    def _sections(self, *_: Any) -> Answer:
        kinds = [("1", "artist"), ("2", "movie")]
        return container(Directory=[{"key": key, "type": kind, "title": kind} for key, kind in kinds])

    def _page(self, asked: Asked, entries: list[dict[str, Any]]) -> Answer:
        start, size = (int(asked.headers[f"X-Plex-Container-{name}"]) for name in ("Start", "Size"))
        assert size <= 500
        page = entries[start : start + size]
        total = {"totalSize": len(entries), "offset": start} if self.totals else {}
        return container(size=len(page), **total, **({"Metadata": page} if page else {}))

    def _all(self, asked: Asked) -> Answer:
        assert asked.query["type"] == "10"
        return self._page(asked, self.songs)

    def _metadata(self, asked: Asked, id_: str) -> Answer:
        found = [song for song in self.songs if song["ratingKey"] == id_]
        return container(size=1, Metadata=found) if found else MISSING

    def _file(self, asked: Asked, key: str) -> Answer:
        return part_of(self.files.get(unquote(key)), asked)

    def _playlists(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            assert asked.query["playlistType"] == "audio"
            return self._page(asked, [self._shown(id_) for id_ in self.lists])
        id_ = str(next(self._numbers))
        songs = self._ids(asked.query.get("uri", ""))
        self.lists[id_] = {"title": asked.query["title"], "summary": "", "songs": songs, "smart": asked.query["smart"]}
        return container(size=1, Metadata=[self._shown(id_)])

    def _playlist(self, asked: Asked, id_: str) -> Answer:
        if id_ not in self.lists:
            return MISSING
        if asked.method == "DELETE":
            del self.lists[id_]
            return NOTHING
        assert asked.method == "PUT"
        self.lists[id_] |= {"title": asked.query["title"], "summary": asked.query.get("summary", "")}
        return Answer(raw=b"")

    def _playlist_items(self, asked: Asked, id_: str) -> Answer:
        if id_ not in self.lists:
            return MISSING
        if asked.method == "GET":
            return self._page(asked, [{"ratingKey": song, "type": "track"} for song in self.lists[id_]["songs"]])
        if asked.method == "DELETE":
            self.lists[id_]["songs"] = []
        else:
            self.lists[id_]["songs"] += self._ids(asked.query["uri"])
        return container(size=1, Metadata=[self._shown(id_)])

    def _rate(self, asked: Asked) -> Answer:
        assert (asked.method, asked.query["identifier"]) == ("PUT", "com.plexapp.plugins.library")
        for song in self.songs:
            if song["ratingKey"] == asked.query["key"]:
                song["userRating"] = float(asked.query["rating"])
                if song["userRating"] < 0:
                    del song["userRating"]
        return Answer(raw=b"", headers={"Content-Type": "text/html"})

    def _ids(self, uri: str) -> list[str]:
        if not uri:
            return []
        root = f"server://{self.MACHINE}/com.plexapp.plugins.library/library/metadata/"
        assert uri.startswith(root)
        known = {song["ratingKey"] for song in self.songs}
        return [id_ for id_ in uri.removeprefix(root).split(",") if id_ in known]

    def _shown(self, id_: str) -> dict[str, Any]:
        found = self.lists[id_]
        more = {"leafCount": len(found["songs"]), "smart": found["smart"] == "1", "playlistType": "audio"}
        return {"ratingKey": id_, "title": found["title"], "summary": found["summary"], "type": "playlist", **more}


def container(**told: Any) -> Answer:
    """What a Plex Media Server answers."""
    return Answer({"MediaContainer": told})


def plex_song(number: int, **more: Any) -> dict[str, Any]:
    """A song as Plex tells of it."""
    file = f"/data/Music/Artist {number // 60}/Album {number // 12}/{number % 12 + 1:02d} Song {number}.flac"
    part = {"id": number, "key": f"/library/parts/{number}/1678816282/file.flac", "file": file, "size": 1000 + number}
    return {
        "ratingKey": str(number + 1000),
        "type": "track",
        "title": f"Song {number}",
        "grandparentTitle": f"Artist {number // 60}",
        "parentTitle": f"Album {number // 12}",
        "parentYear": 1950 + number % 70,
        "index": number % 12 + 1,
        "duration": (180 + number % 100) * 1000,
        "addedAt": 1678816282,
        "updatedAt": 1678816300,
        "Genre": [{"tag": "Jazz"}],
        "Guid": [{"id": "mbid://189002e7-3285-4e2e-92a3-7f6c30d407a2"}],
        "Media": [{"id": number, "container": "flac", "Part": [part | {"container": "flac"}]}],
    } | more

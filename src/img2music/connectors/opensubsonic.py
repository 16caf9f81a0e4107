"""Navidrome, Gonic, Airsonic, LMS, supysonic and all else that speaks OpenSubsonic, or Subsonic before it.

https://opensubsonic.netlify.app/docs: what is asked. Servers differ in what they answer: ids are text or numbers, a
list of one may be its item, fields are missing, faults come with HTTP's 200. What is not there is done without.

An own client: py-opensonic has all of the protocol, but a transport of its own. Ours is `http.Session`, which is
patient, bounded in time and size, and takes keys nowhere else.
"""

import base64
import functools
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from mimetypes import guess_extension
from posixpath import splitext
from typing import Any

from img2music.connectors import told
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.connectors.music_server import GivesFiles, Seen, ServerPlaylist, ServerSong, ignored
from img2music.connectors.tags import one_line
from img2music.errors import SourceError, UsageError

VERSION = "1.16.1"
"""Of the protocol, the last one."""
PAGE = 500
"""Songs or albums of a request; the documentation allows no more."""
IN_FORM, IN_QUERY = 500, 100
"""Ids of songs in a request that any server takes: forms are bound by their fields (1,000 of Jetty's and of Tomcat's),
addresses by their bytes."""
LIMITS = Limits(rate=50, body=64 << 20)  # a server of one's own, whose longest playlists are told in one answer

_STATUSES = {10: 400, 20: 426, 30: 501, 40: 401, 41: 401, 42: 401, 43: 401, 44: 401, 50: 403, 60: 402, 70: 404}
"""What Subsonic's codes of faults are in HTTP; all others are 400."""
_NO_TOKENS = frozenset({10, 41, 42})
"""Codes by which servers say that they take no token: a parameter is missing, not for LDAP, no such mechanism."""
_NOT_THERE = frozenset({400, 404, 501})
"""Statuses of what a server does not know."""
_NOBODY = re.compile(
    r"[\[(<]unknown[\])>]|[\[(<]?unknown (artist|album|genre)[\])>]?|\[non-album tracks\]", re.IGNORECASE
)
"""What servers write where tags say nothing."""


class OpenSubsonic(GivesFiles):
    """A login at a server of this kind: by user and password, or by an API key where there is no user.

    ``settings["login"]`` may be "password" for a server that knows no tokens, as `prepare` finds out: it gets the
    password itself, in the body of a request, never in an address.
    """

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        if not secret:
            raise UsageError(f"There is no password or key of the connection {connection.name}; connect it again.")
        self._url = f"{connection.url}/rest/"
        self._by_password = connection.settings.get("login") == "password"
        self._user = connection.user
        salt = secrets.token_hex(8)  # one a login, so that its token can be kept out of logs
        token = hashlib.md5(f"{secret}{salt}".encode(), usedforsecurity=False).hexdigest()
        hidden = f"enc:{secret.encode().hex()}"
        self._client = {"v": VERSION, "c": "img2music", "f": "json"}
        if self._user is None:
            self._login = {"apiKey": secret}
        elif self._by_password:
            self._login = {"u": self._user, "p": hidden}
        else:
            self._login = {"u": self._user, "t": token, "s": salt}
        # Servers without tokens read no parts of files that a form asks for; those of old take this for them.
        pair = base64.b64encode(f"{self._user}:{secret}".encode()).decode()
        self._basic = f"Basic {pair}" if self._user is not None and self._by_password else None
        self._code: int | None = None
        self._session = Session(
            connection.name,
            limits,
            secrets=(secret, hidden.removeprefix("enc:"), token, salt, pair),
            status=self._status,
            pinned=connection.url,
        )

    @classmethod
    def prepare(cls, connection: Connection, secret: str | None) -> tuple[Connection, str | None]:
        """Find out whether a server takes tokens; the password itself goes to one alone that has no better way."""
        server = cls(connection, secret)
        try:
            server._ask("ping")
        except SourceError as error:
            if server._code not in _NO_TOKENS:
                raise
            if connection.user is None:
                raise server._session.error("it takes no keys: give the `user` and a password.", final=True) from error
            if "apiKeyAuthentication" in server._extensions:
                why = "it takes no password of this user: give a key that it has made, and no `user`."
                raise server._session.error(why, final=True) from error
            settings = {**connection.settings, "login": "password"}
            return replace(connection, settings=settings), secret
        finally:
            server.close()
        return connection, secret

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def look(self) -> Seen:
        """Test the login, and tell what it shows: songs are counted by albums, some hundreds a request."""
        answer = self._ask("ping")
        product = [one_line(str(answer[name])) for name in ("type", "serverVersion") if answer.get(name)]
        user = self._user
        if user is None and "apiKeyAuthentication" in self._extensions:
            user = told.text(told.within(self._ask("tokenInfo"), "tokenInfo").get("username"))
        counts: dict[str, int] = {}
        try:
            albums = [told.number(album.get("songCount")) or 0 for album in self._albums()]
            counts |= {"songs": sum(albums), "albums": len(albums)}
            counts["playlists"] = len(self.playlists())
        except SourceError as error:
            if error.status not in _NOT_THERE:
                raise
        return Seen(
            product=" ".join(product) or f"Subsonic {one_line(str(answer.get('version')))}", user=user, counts=counts
        )

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        """Walk all songs, each once: by an empty search or, where a server finds nothing by it, by albums."""
        return told.songs(self._entries(), self._song, "title", self._session.error, left_out)

    def song(self, song: str) -> ServerSong:
        """Tell of one song."""
        entry = told.within(self._ask("getSong", id=song), "song")
        return told.one_song(entry, self._song, self._session.error)

    def playlists(self) -> list[ServerPlaylist]:
        """List the playlists."""
        found = told.items(told.within(self._ask("getPlaylists"), "playlists"), "playlist")
        return [
            ServerPlaylist(
                id=_id(entry),
                name=told.text(entry.get("name")) or "",
                songs=told.number(entry.get("songCount")),
                comment=told.text(entry.get("comment")),
                own=self._is_own(entry),
            )
            for entry in found
            if _id(entry)
        ]

    def playlist_songs(self, playlist: str) -> list[str]:
        """Read the ids of the songs of a playlist, in order."""
        return [
            _id(entry) for entry in told.items(told.within(self._ask("getPlaylist", id=playlist), "playlist"), "entry")
        ]

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        """Make a playlist.

        Until it is whole it has a name of our own making, of its name and comment: one that was begun before is found
        by that, whatever was lost, and there are never two. That name is also how it is found where a server, as before
        1.14.0, does not tell its id.
        """
        begun = told.begun_name(name, comment)
        id_ = self._named(begun)
        if id_ is None:
            try:
                answer = self._ask("createPlaylist", again=False, name=begun)
                id_ = _id(told.within(answer, "playlist")) or self._named(begun)
            except SourceError:
                id_ = self._named(begun)  # it may have been made all the same
                if id_ is None:
                    raise
        if id_ is None:
            raise self._session.error("it has made no playlist, and does not say why.")
        self._fill(id_, begun, songs)
        self._ask("updatePlaylist", playlistId=id_, name=name, comment=comment)
        return id_

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        """Give a playlist another name, mark and songs."""
        self._ask("updatePlaylist", playlistId=playlist, name=name, comment=comment)
        self._fill(playlist, name, songs)
        return playlist

    def delete_playlist(self, playlist: str) -> None:
        """Delete a playlist."""
        self._ask("deletePlaylist", id=playlist)

    def like(self, songs: Sequence[str], liked: bool) -> None:
        """Mark songs as liked, or not."""
        known = {_id(each) for each in told.items(told.within(self._ask("getStarred2"), "starred2"), "song")}
        for portion in self._portions([song for song in songs if (song in known) != liked]):  # twice is a fault to some
            self._ask("star" if liked else "unstar", id=portion)

    def _fill(self, playlist: str, name: str, songs: Sequence[str]) -> None:
        """Give a playlist these songs and no others, at once.

        Where a request does not hold that many, they come in portions behind the old ones, which go then: who looks
        meanwhile sees no half of either, and what was stopped is gone on with.
        """
        whole = len(songs) <= self._portion
        if whole or self._in_forms:
            try:
                self._ask("createPlaylist", again=whole, playlistId=playlist, name=name, songId=list(songs))
            except SourceError as error:
                if whole or error.final or error.status == 404:
                    raise
        if whole:
            return
        there = self.playlist_songs(playlist)
        kept = _overlap(there, songs)
        for portion in self._portions(songs[kept:]):
            self._ask("updatePlaylist", again=False, playlistId=playlist, songIdToAdd=portion)
        for portion in self._portions(there[: len(there) - kept]):  # whose places the next ones take then
            places = list(range(len(portion)))
            self._ask("updatePlaylist", again=False, playlistId=playlist, songIndexToRemove=places)

    def _portions(self, songs: Sequence[str]) -> list[list[str]]:
        return [list(songs[first : first + self._portion]) for first in range(0, len(songs), self._portion)]

    @property
    def _portion(self) -> int:
        return IN_FORM if self._in_forms else IN_QUERY

    def _named(self, name: str) -> str | None:
        return next((each.id for each in self.playlists() if each.name == name and each.own), None)

    def _is_own(self, entry: dict[str, Any]) -> bool:
        owner = entry.get("owner")
        return owner is None or self._user is None or str(owner).casefold() == self._user.casefold()

    def _entries(self) -> Iterator[dict[str, Any]]:
        """All that is told of songs, each once."""
        only: dict[str, Any] = {"artistCount": 0, "albumCount": 0, "songCount": PAGE}
        ends: list[bool] = []  # whether there was nothing more, page by page

        def page(at: int) -> tuple[list[dict[str, Any]], None]:
            answer = self._ask("search3", query="", songOffset=at, **only)
            found = told.entries(told.within(answer, "searchResult3"), "song")
            ends.append(not found)
            return found, None

        seen: set[object] = set()
        try:
            yield from told.each_once(page, "id", seen)
        except SourceError as error:
            if seen or error.final or error.status not in _NOT_THERE:
                raise
        if seen and ends[-1]:  # else it ignores where a page begins
            return
        for album in self._albums():
            answer = told.within(self._ask("getAlbum", id=_id(album)), "album")
            new = {told.known_by(entry, "id"): entry for entry in told.entries(answer, "song")}
            yield from (entry for id_, entry in new.items() if id_ not in seen)
            seen.update(new)

    def _albums(self) -> Iterator[dict[str, Any]]:
        """All albums, each once."""

        def page(at: int) -> tuple[list[dict[str, Any]], None]:
            answer = self._ask("getAlbumList2", type="alphabeticalByName", size=PAGE, offset=at)
            return told.entries(told.within(answer, "albumList2"), "album"), None

        return (album for album in told.each_once(page, "id") if _id(album))

    def _song(self, entry: dict[str, Any]) -> ServerSong | None:
        """A song as it is told; None for what is none: folders, films, broadcasts."""
        if entry.get("isDir") is True or entry.get("isVideo") is True or entry.get("type") not in (None, "music"):
            return None
        path = told.path(entry.get("path"))
        return ServerSong(
            id=told.song_id(entry.get("id")),
            title=told.text(entry.get("title")),
            artist=_named(entry.get("displayArtist")) or _named(entry.get("artist")),
            album=_named(entry.get("album")),
            album_artist=_named(entry.get("displayAlbumArtist")),
            genre=_named(entry.get("genre")),
            year=told.year(entry.get("year")),
            number=told.ordinal(entry.get("track")),
            disc=told.ordinal(entry.get("discNumber")),
            duration=told.seconds(entry.get("duration")),
            path=path,
            suffix=_suffix(entry, path),
            size=told.number(entry.get("size")) or None,
            changed=told.nanoseconds(entry.get("created")),
            recording=told.mbid(entry.get("musicBrainzId")),
            liked=bool(entry.get("starred")),
            album_id=told.usable_id(entry.get("albumId")),
            cover=told.usable_id(entry.get("coverArt")),
        )

    def _copy(self, song: str, **part: Any) -> None:
        """Copy a part of a file as it is there: the documentation has `download` never transcode."""
        wanted = {**self._client, "id": song}
        url = f"{self._url}download"
        if self._basic is not None:
            try:
                self._session.copy(url, wanted, headers={"Authorization": self._basic}, **part)
            except SourceError as error:
                if error.status not in (400, 401):
                    raise
                self._basic = None  # it takes the password in a form alone
            else:
                return
        if self._by_password:
            self._session.copy(url, method="POST", data={**self._login, **wanted}, **part)
        else:
            self._session.copy(url, {**self._login, **wanted}, **part)

    @functools.cached_property
    def _extensions(self) -> frozenset[str]:
        """The extensions that a server has; it should tell anybody, and one that has none knows no such question."""
        for login in ({}, self._login):
            try:
                answer = self._sent("getOpenSubsonicExtensions", {**login, **self._client}, in_form=self._by_password)
            except SourceError as error:
                if error.status is None and error.final:  # nothing else will be answered either
                    raise
            else:
                entries = told.items(answer, "openSubsonicExtensions")
                return frozenset(name for entry in entries if isinstance(name := entry.get("name"), str))
        return frozenset()

    @property
    def _in_forms(self) -> bool:
        return self._by_password or "formPost" in self._extensions

    def _ask(self, what: str, *, again: bool = True, **params: Any) -> dict[str, Any]:
        return self._sent(what, {**self._login, **self._client, **params}, in_form=self._in_forms, again=again)

    def _sent(self, what: str, params: dict[str, Any], *, in_form: bool, again: bool = True) -> dict[str, Any]:
        how: dict[str, Any] = {"method": "POST", "data": params} if in_form else {"params": params}
        self._code = None
        answer = self._session.ask(f"{self._url}{what}", again=again, **how)
        found = answer.get("subsonic-response") if isinstance(answer, dict) else None
        if not isinstance(found, dict):
            raise self._session.error("it is no server of Subsonic's kind; check its address.", final=True)
        return found

    def _status(self, answer: Any) -> int:
        """Tell a fault, which comes with HTTP's 200, and by some with a status of "ok"."""
        found = answer.get("subsonic-response") if isinstance(answer, dict) else None
        if not isinstance(found, dict) or (found.get("status") != "failed" and "error" not in found):
            return 200
        error = found.get("error")
        self._code = told.number(error.get("code")) if isinstance(error, dict) else None
        return _STATUSES.get(self._code or 0, 400)


def _id(entry: dict[str, Any]) -> str:
    return told.usable_id(entry.get("id")) or ""


def _named(found: Any) -> str | None:
    text = told.text(found)
    return None if text is None or _NOBODY.fullmatch(text) else text


def _overlap(there: Sequence[str], songs: Sequence[str]) -> int:
    """How many of the first songs are the last ones there."""
    most = min(len(there), len(songs))
    return next(count for count in range(most, -1, -1) if list(there[len(there) - count :]) == list(songs[:count]))


def _suffix(entry: dict[str, Any], path: str | None) -> str | None:
    kind = entry.get("contentType")
    endings = (entry.get("suffix"), path and splitext(path)[1], isinstance(kind, str) and guess_extension(kind))
    suffixes = [each.lower().lstrip(".") for each in endings if each and isinstance(each, str)]
    return next((each for each in suffixes if each.isalnum() and each.isascii() and len(each) <= 8), None)

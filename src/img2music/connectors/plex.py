"""Plex Media Server: https://developer.plex.tv/pms.

An own client: plexapi has all of the API, but its transport reads whole answers of any size, has no end of time for
them, does not ask again, follows wherever a server points with the token in a header of Plex's own, and deletes the
songs of a playlist one by one.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from img2music.connectors import told
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.connectors.music_server import GivesFiles, Seen, ServerPlaylist, ServerSong, ignored
from img2music.errors import SourceError, UsageError

PAGE = 500
"""Songs of a request."""
IN_ADDRESS = 200
"""Songs that are added by a request, all of which are in its address."""
LIMITS = Limits(rate=50, total=60)  # a server of one's own, which may be asked to sort 50,000 songs
TRACK = 10
"""The type of songs: https://developer.plex.tv/pms, "Media Types"."""
LIKED = 10.0
"""The rating of what is liked, five stars; nothing else is one of ours to take away."""
LIBRARY = "com.plexapp.plugins.library"


class Plex(GivesFiles):
    """A login at a server of this kind, by its token."""

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        if not secret or not secret.isascii():
            raise UsageError(f"There is no token of the connection {connection.name}; connect it again.")
        self._url = connection.url
        self._session = Session(connection.name, limits, secrets=(secret,), pinned=connection.url)
        self._keys: dict[str, str] = {}  # of the file of the song that was read last
        self._headers = {
            "X-Plex-Token": secret,
            "X-Plex-Client-Identifier": "img2music",
            "X-Plex-Product": "img2music",
        }

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def look(self) -> Seen:
        """Test the login, and tell what it shows."""
        root = self._ask("/")
        number = told.text(root.get("version"))
        if number is None:
            raise self._session.error("it is no Plex Media Server; check its address.", final=True)
        songs = sum(self._page(where, asked, 0, 0)[1] or 0 for where, asked in self._music())
        counts = {"songs": songs, "playlists": len(self.playlists())}
        return Seen(product=f"Plex {number}", user=told.text(root.get("myPlexUsername")), counts=counts)

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        """Walk all songs of all libraries of music, each once."""
        entries = (entry for where, asked in self._music() for entry in self._entries(where, asked))
        return told.songs(entries, self._song, "title", self._session.error, left_out)

    def song(self, song: str) -> ServerSong:
        """Tell of one song."""
        return told.one_song(self._metadata(song), self._song, self._session.error)

    def playlists(self) -> list[ServerPlaylist]:
        """List the playlists of music."""
        return [
            ServerPlaylist(
                id=id_,
                name=told.text(entry.get("title")) or "",
                songs=told.number(entry.get("leafCount")),
                comment=told.text(entry.get("summary")),
                own=not (_is_true(entry.get("smart")) or _is_true(entry.get("readOnly"))),
            )
            for entry in self._entries("/playlists", {"playlistType": "audio"})
            if (id_ := told.usable_id(entry.get("ratingKey")))
        ]

    def playlist_songs(self, playlist: str) -> list[str]:
        """Read the ids of the songs of a playlist, in order."""
        where = f"/playlists/{_quoted(playlist)}/items"
        return told.listed_ids(lambda at: self._page(where, {}, at), "ratingKey")

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        """Make a playlist, under a name by which one that was begun before is found."""
        begun = told.begun_name(name, comment)
        id_ = self._named(begun)
        if id_ is None:
            asked = {"type": "audio", "title": begun, "smart": 0, "uri": self._uri(songs[:1]) if songs else ""}
            try:
                made = told.items(self._ask("/playlists", asked, method="POST", again=False), "Metadata")
                id_ = told.usable_id(made[0].get("ratingKey")) if made else self._named(begun)
            except SourceError:
                id_ = self._named(begun)  # it may have been made all the same
                if id_ is None:
                    raise
        if not id_:
            raise self._session.error("it has made no playlist, and does not say why.")
        self._fill(id_, songs)
        self._describe(id_, name, comment)
        return id_

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        """Give a playlist another name, mark and songs, the songs in portions."""
        self._describe(playlist, name, comment)
        self._fill(playlist, songs)
        return playlist

    def delete_playlist(self, playlist: str) -> None:
        """Delete a playlist."""
        self._ask(f"/playlists/{_quoted(playlist)}", method="DELETE")

    def like(self, songs: Sequence[str], liked: bool) -> None:
        """Give songs five stars; or, if they have five, none."""
        for song in songs:
            if liked or _is_liked(self._metadata(song)):
                asked = {"identifier": LIBRARY, "key": song, "rating": int(LIKED) if liked else -1}
                self._ask("/:/rate", asked, method="PUT")

    def _fill(self, playlist: str, songs: Sequence[str]) -> None:
        where = f"/playlists/{_quoted(playlist)}/items"
        self._ask(where, method="DELETE")
        for first in range(0, len(songs), IN_ADDRESS):
            self._ask(where, {"uri": self._uri(songs[first : first + IN_ADDRESS])}, method="PUT", again=False)

    def _describe(self, playlist: str, name: str, comment: str) -> None:
        self._ask(f"/playlists/{_quoted(playlist)}", {"title": name, "summary": comment}, method="PUT")

    def _named(self, name: str) -> str | None:
        return next((each.id for each in self.playlists() if each.name == name and each.own), None)

    @functools.cached_property
    def _machine(self) -> str:
        found = told.identifier(self._ask("/identity").get("machineIdentifier"))
        if not found.isalnum():
            raise self._session.error("it is no Plex Media Server; check its address.", final=True)
        return found

    def _uri(self, songs: Sequence[str]) -> str:
        """How playlists are told which songs: https://developer.plex.tv/pms, "Playlists"."""
        if not all(song.isalnum() for song in songs):
            raise self._session.error("there is no such song.", status=404)
        return f"server://{self._machine}/{LIBRARY}/library/metadata/{','.join(songs)}"

    def _music(self) -> list[tuple[str, dict[str, Any]]]:
        """Where the songs of each library of music are."""
        sections = told.items(self._ask("/library/sections"), "Directory")
        keys = [told.usable_id(section.get("key")) for section in sections if section.get("type") == "artist"]
        # The newest last, so that what is added meanwhile moves nothing.
        asked = {"type": TRACK, "sort": "addedAt:asc"}
        return [(f"/library/sections/{_quoted(key)}/all", asked) for key in keys if key]

    def _entries(self, where: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return told.each_once(lambda at: self._page(where, asked, at), "ratingKey")

    def _page(
        self, where: str, asked: dict[str, Any], at: int, size: int = PAGE
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Entries from some entry on, and how many there are."""
        container = {"X-Plex-Container-Start": str(at), "X-Plex-Container-Size": str(size)}
        found = self._ask(where, asked, headers=container)
        total = told.number(found.get("totalSize"))  # which is not there where all came at once
        return told.entries(found, "Metadata"), total if total is not None else told.number(found.get("size"))

    def _metadata(self, song: str) -> dict[str, Any]:
        found = told.items(self._ask(f"/library/metadata/{_quoted(song)}"), "Metadata")
        return found[0] if found else {}

    def _song(self, entry: dict[str, Any]) -> ServerSong | None:
        """A song as it is told; the id of MusicBrainz's in its `Guid` is that of a track of a release."""
        if entry.get("type") not in (None, "track"):
            return None
        part = _part(entry)
        file = told.path(part.get("file"))
        album_artist = told.text(entry.get("grandparentTitle"))
        return ServerSong(
            id=told.song_id(entry.get("ratingKey")),
            title=told.text(entry.get("title")),
            artist=told.text(entry.get("originalTitle")) or album_artist,
            album=told.text(entry.get("parentTitle")),
            album_artist=album_artist,
            genre=told.texts([genre.get("tag") for genre in told.items(entry, "Genre")]),
            year=told.year(entry.get("parentYear")) or told.year(entry.get("year")),
            number=told.ordinal(entry.get("index")),
            disc=told.ordinal(entry.get("parentIndex")),
            duration=told.seconds(entry.get("duration"), 1000),
            path=file,
            suffix=told.suffix(file, part.get("container")),
            size=told.number(part.get("size")) or None,
            changed=told.nanoseconds(entry.get("addedAt")),
            liked=_is_liked(entry),
        )

    def _copy(self, song: str, **part: Any) -> None:
        key = self._keys.get(song)
        if key is None:
            key = told.path(_part(self._metadata(song)).get("key"))
            if key is None or not key.startswith("/library/parts/"):
                raise self._session.error("there is no file of this song.", status=404)
            self._keys.clear()  # whoever reads a song goes on with it
            self._keys[song] = key
        self._session.copy(f"{self._url}{quote(key)}", headers=self._headers, **part)

    def _ask(
        self, where: str, params: dict[str, Any] | None = None, *, headers: dict[str, str] | None = None, **how: Any
    ) -> dict[str, Any]:
        found = self._session.ask(f"{self._url}{where}", params, headers={**self._headers, **(headers or {})}, **how)
        if found is None:
            return {}
        if not isinstance(found, dict) or not isinstance(found.get("MediaContainer"), dict):
            raise self._session.error("its answer is none of Plex's; check its address.")
        return told.within(found, "MediaContainer")


def _part(entry: dict[str, Any]) -> dict[str, Any]:
    """The file of a song, of which the first is the one that Plex plays."""
    parts = (part for media in told.items(entry, "Media") for part in told.items(media, "Part"))
    return next(parts, {})


def _is_liked(entry: dict[str, Any]) -> bool:
    rating = entry.get("userRating")
    return isinstance(rating, int | float) and float(rating) >= LIKED


def _is_true(found: Any) -> bool:
    return found in (True, 1, "1", "true")


def _quoted(id_: str) -> str:
    return quote(id_, safe="")

"""Jellyfin, from 10.9 on: https://api.jellyfin.org.

An own client: jellyfin-apiclient-python has all of the API, but its transport reads whole answers of any size, has no
end of time for them, knows no Retry-After, takes status 500 for an empty answer, and logs keys when it logs.
"""

import functools
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from img2music.connectors import told
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.connectors.music_server import GivesFiles, Seen, ServerPlaylist, ServerSong, ignored
from img2music.errors import SourceError, UsageError

PAGE = 500
"""Items of a request."""
LIMITS = Limits(rate=50, total=60)  # a server of one's own, which may be asked to sort 50,000 songs
LEAST = (10, 9)
"""The first version that puts songs in the place of those of a playlist."""
FIELDS = "DateCreated,Genres,MediaSources,Path,ProviderIds"

_KEY = re.compile(r"[0-9a-f]{32}")
"""What API keys look like, and tokens."""
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")


class Jellyfin(GivesFiles):
    """A login at a server of this kind: by the token of a user, or by an API key, of whichever user `prepare` found.

    ``settings`` hold the id of the user, and how the secret came about: "token" or "key". A key changes no playlist:
    Jellyfin asks which user's it is, and a key is nobody's (its issues 12999 and 15600).
    """

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        user = connection.settings.get("user")
        if not secret or not user:
            raise UsageError(f"There is no login of the connection {connection.name}; connect it again.")
        self._url = connection.url
        self._user = user
        self._by_key = connection.settings.get("login") == "key"
        self._session, self._headers = _session(connection, secret, limits)

    @classmethod
    def prepare(
        cls, connection: Connection, secret: str | None, limits: Limits = LIMITS
    ) -> tuple[Connection, str | None]:
        """Log in by a password, of which a token is kept instead, or find the user for an API key."""
        if not secret:
            raise UsageError("Jellyfin needs a password, or an API key.")
        connection = replace(connection, settings={**connection.settings, "device": uuid.uuid4().hex})
        if _KEY.fullmatch(secret):
            session, headers = _session(connection, secret, limits)
            with session:
                try:
                    users = session.ask(f"{connection.url}/Users", headers=headers)
                except SourceError as error:
                    if error.status not in (401, 403):
                        raise
                else:
                    user = _user_of(connection, users)
                    return replace(connection, settings={**connection.settings, "user": user, "login": "key"}), secret
        if connection.user is None:
            raise UsageError("A password is a user's: give the `user`; or the API key is not one of this Jellyfin.")
        session, headers = _session(connection, None, limits, secret)
        with session:
            answer = session.ask(
                f"{connection.url}/Users/AuthenticateByName",
                method="POST",
                json={"Username": connection.user, "Pw": secret},
                headers=headers,
                again=False,  # wrong ones are counted there
            )
            user = told.usable_id(told.within(answer, "User").get("Id")) or ""
            token = told.identifier(answer.get("AccessToken") if isinstance(answer, dict) else None)
            if not user or not token or not token.isprintable():
                raise session.error("it is no Jellyfin; check its address.", final=True)
        return replace(connection, settings={**connection.settings, "user": user, "login": "token"}), token

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def look(self) -> Seen:
        """Test the login, and tell what it shows."""
        info = self._ask("/System/Info/Public")
        product, number = told.text(info.get("ProductName")) or "Jellyfin", told.text(info.get("Version")) or ""
        found = _VERSION.match(number)
        if found is None:
            raise self._session.error("it is no Jellyfin; check its address.", final=True)
        if (int(found[1]), int(found[2])) < LEAST:
            raise self._session.error(f"it is Jellyfin {number}, and 10.9 is needed; update it.", final=True)
        user = told.text(self._ask(f"/Users/{_quoted(self._user)}").get("Name"))
        counted = self._ask("/Items/Counts", {"userId": self._user})
        names = {"songs": "SongCount", "albums": "AlbumCount"}
        counts = {name: told.number(counted.get(count)) or 0 for name, count in names.items()}
        counts["playlists"] = len(self.playlists())
        return Seen(product=f"{product} {number}", user=user, counts=counts)

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        """Walk all songs, each once."""
        # The newest last, so that what is added meanwhile moves nothing.
        asked = {"includeItemTypes": "Audio", "fields": FIELDS, "sortBy": "DateCreated,SortName"}
        entries = self._items("/Items", {**asked, "recursive": "true", "sortOrder": "Ascending"})
        return told.songs(entries, self._song, "Name", self._session.error, left_out)

    def song(self, song: str) -> ServerSong:
        """Tell of one song."""
        entry = self._ask(f"/Items/{_quoted(song)}", {"userId": self._user})
        return told.one_song(entry, self._song, self._session.error)

    def playlists(self) -> list[ServerPlaylist]:
        """List the playlists, but those of films."""
        asked = {"includeItemTypes": "Playlist", "recursive": "true", "fields": "CanDelete,ChildCount,Overview"}
        return [
            ServerPlaylist(
                id=id_,
                name=told.text(entry.get("Name")) or "",
                songs=told.number(entry.get("ChildCount")),
                comment=told.text(entry.get("Overview")),
                own=entry.get("CanDelete") is not False and not self._by_key,
            )
            for entry in self._items("/Items", asked)
            if entry.get("MediaType") != "Video" and (id_ := told.usable_id(entry.get("Id")))
        ]

    def playlist_songs(self, playlist: str) -> list[str]:
        """Read the ids of the songs of a playlist, in order."""

        def page(at: int) -> tuple[list[dict[str, Any]], int | None]:
            asked = {"userId": self._user, "startIndex": at, "limit": PAGE, "enableImages": "false"}
            found = self._ask(f"/Playlists/{_quoted(playlist)}/Items", asked)
            return told.items(found, "Items"), told.number(found.get("TotalRecordCount"))

        return told.listed_ids(page, "Id")

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        """Make a playlist, under a name by which one that was begun before is found."""
        self._require_user()
        begun = told.begun_name(name, comment)
        id_ = self._named(begun)
        if id_ is None:
            asked = {"Name": begun, "Ids": [], "UserId": self._user, "MediaType": "Audio"}
            try:
                id_ = told.usable_id(self._ask("/Playlists", method="POST", json=asked, again=False).get("Id"))
            except SourceError:
                id_ = self._named(begun)  # it may have been made all the same
                if id_ is None:
                    raise
        if not id_:
            raise self._session.error("it has made no playlist, and does not say why.")
        return self.replace_playlist(id_, name, comment, songs)

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        """Give a playlist another name and songs, at once, and the mark, where this user may write one."""
        self._require_user()
        self._ask(f"/Playlists/{_quoted(playlist)}", method="POST", json={"Name": name, "Ids": list(songs)})
        self._describe(playlist, comment)
        return playlist

    def delete_playlist(self, playlist: str) -> None:
        """Delete a playlist."""
        self._ask(f"/Items/{_quoted(playlist)}", method="DELETE")

    def like(self, songs: Sequence[str], liked: bool) -> None:
        """Mark songs as favourites, or not."""
        for song in songs:
            where = f"/UserFavoriteItems/{_quoted(song)}"
            self._ask(where, {"userId": self._user}, method="POST" if liked else "DELETE")

    def _describe(self, playlist: str, comment: str) -> None:
        """Write the mark of a playlist, as only administrators may: all that is known of it, or the rest is lost."""
        known = self._ask(f"/Items/{_quoted(playlist)}", {"userId": self._user})
        if (known.get("Overview") or "") == comment:
            return
        needed: dict[str, Any] = {"Genres": [], "Tags": [], "ProviderIds": {}}
        try:
            self._ask(f"/Items/{_quoted(playlist)}", method="POST", json={**needed, **known, "Overview": comment})
        except SourceError as error:
            if error.status not in (401, 403):
                raise

    def _require_user(self) -> None:
        if self._by_key:
            reason = "Jellyfin lets no API key change playlists; connect it again with a user and a password."
            raise self._session.error(reason, status=403)

    def _named(self, name: str) -> str | None:
        return next((each.id for each in self.playlists() if each.name == name and each.own), None)

    def _items(self, where: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Walk items, page by page."""

        def page(at: int) -> tuple[list[dict[str, Any]], int | None]:
            only = {"userId": self._user, "startIndex": at, "limit": PAGE, "enableImages": "false"}
            found = self._ask(where, {**asked, **only})
            return told.entries(found, "Items"), told.number(found.get("TotalRecordCount"))

        return told.each_once(page, "Id")

    def _song(self, entry: dict[str, Any]) -> ServerSong | None:
        if entry.get("Type") not in (None, "Audio"):
            return None
        source = next(iter(told.items(entry, "MediaSources")), {})
        path = told.path(entry.get("Path")) or told.path(source.get("Path"))
        return ServerSong(
            id=told.song_id(entry.get("Id")),
            title=told.text(entry.get("Name")),
            artist=told.texts(entry.get("Artists")),
            album=told.text(entry.get("Album")),
            album_artist=told.text(entry.get("AlbumArtist")),
            genre=told.texts(entry.get("Genres")),
            year=told.year(entry.get("ProductionYear")),
            number=told.ordinal(entry.get("IndexNumber")),
            disc=told.ordinal(entry.get("ParentIndexNumber")),
            duration=told.seconds(entry.get("RunTimeTicks"), 1e7),
            path=path,
            suffix=told.suffix(path, source.get("Container")),
            size=told.number(source.get("Size")) or None,
            changed=told.nanoseconds(entry.get("DateCreated")),
            recording=told.mbid(told.within(entry, "ProviderIds").get("MusicBrainzRecording")),
            liked=told.within(entry, "UserData").get("IsFavorite") is True,
        )

    def _copy(self, song: str, **part: Any) -> None:
        """Copy a part of a file as it is there, which `static` asks for."""
        where = f"{self._url}/Audio/{_quoted(song)}/stream"
        self._session.copy(where, {"static": "true"}, headers=self._headers, **part)

    def _ask(self, where: str, params: dict[str, Any] | None = None, **how: Any) -> dict[str, Any]:
        found = self._session.ask(f"{self._url}{where}", params, headers=self._headers, **how)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise self._session.error("its answer is none of Jellyfin's; check its address.")
        return found


def _session(
    connection: Connection, token: str | None, limits: Limits, *secrets: str
) -> tuple[Session, dict[str, str]]:
    """Open a session, and tell how we call ourselves in it: https://api.jellyfin.org/#section/Authentication."""
    given = {"Client": "img2music", "Device": "img2music", "DeviceId": connection.settings.get("device", "img2music")}
    given |= {"Version": _our_version()} | ({"Token": token} if token else {})
    told_as = ", ".join(f'{name}="{quote(value)}"' for name, value in given.items())
    hidden = (*secrets, *((token,) if token else ()))
    session = Session(connection.name, limits, secrets=hidden, pinned=connection.url)
    return session, {"Authorization": f"MediaBrowser {told_as}"}


@functools.cache
def _our_version() -> str:
    return version("img2music")


def _user_of(connection: Connection, users: Any) -> str:
    """Find the user that a key is to stand for."""
    found = [user for user in (users if isinstance(users, list) else [users]) if isinstance(user, dict)]
    ids = {told.text(user.get("Name")): told.usable_id(user.get("Id")) for user in found}
    by_name = {name.casefold(): id_ for name, id_ in ids.items() if name and id_}
    if connection.user is None and len(by_name) == 1:
        return next(iter(by_name.values()))
    if connection.user is None:
        raise UsageError("An API key is nobody's, and there are several users: give the `user` whose songs to see.")
    if connection.user.casefold() not in by_name:
        raise UsageError("There is no such `user` at this Jellyfin.")
    return by_name[connection.user.casefold()]


def _quoted(id_: str) -> str:
    return quote(id_, safe="")

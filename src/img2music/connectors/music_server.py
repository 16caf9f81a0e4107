"""What img2music asks of a music server, whatever its kind."""

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSong:
    """A song as its server tells of it; None where it does not."""

    id: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None
    number: int | None = None  # on its disc
    disc: int | None = None
    duration: float | None = None  # seconds
    path: str | None = None  # of its file, as the server writes it: often below a root of its own, or made of the tags
    suffix: str | None = None  # extension of its file, in lower case, without the dot
    size: int | None = None  # bytes of its file
    changed: int = 0  # when its file was last changed, in nanoseconds since 1970; 0 where the server does not tell
    recording: str | None = None  # its MusicBrainz id
    liked: bool = False
    album_id: str | None = None  # by which clients of OpenSubsonic ask for its album
    cover: str | None = None  # and for its cover


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlaylist:
    """A playlist of a server, without its songs."""

    id: str
    name: str
    songs: int | None = None
    comment: str | None = None  # which bears our mark if we made it; always None where a server keeps none
    own: bool = True  # whether this login may change it


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a service shows to a login."""

    product: str  # name and version, as the service tells them
    user: str | None
    counts: dict[str, int]  # of what there is, by its name in the plural: songs, playlists, albums, photos


def ignored(_: str) -> None:
    """Do without what is told."""


class GivesFiles(ABC):
    """What reads files of songs of a server that gives out parts of them."""

    @abstractmethod
    def _copy(self, song: str, **part: Any) -> None:
        """Copy a part of the file of a song, as `http.Session.copy` takes it."""

    def read(self, song: str, start: int, end: int) -> bytes:
        """Read bytes of the file of a song."""
        content = io.BytesIO()
        self._copy(song, to=content, start=start, end=end)
        return content.getvalue()

    def fetch(self, song: str, to: BinaryIO, size: int, seconds: float) -> None:
        """Copy the file of a song."""
        self._copy(song, to=to, start=0, end=size, size=size, seconds=seconds)


class MusicServer(Protocol):
    """A login at a music server. Whatever goes wrong is a `SourceError`; whatever takes long may be interrupted."""

    def look(self) -> Seen:
        """Test the login, and tell what it shows; quick also where there are 50,000 songs."""
        ...

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        """Walk all songs, each once, some hundreds a request.

        What is damaged of a song is not told of it; one whose id is damaged is left out, of which ``left_out`` is told
        at the end, in one line for all. Where there are no others, that is a `SourceError`.
        """
        ...

    def song(self, song: str) -> ServerSong:
        """Tell of one song; a `SourceError` of status 404 where there is none (any more)."""
        ...

    def read(self, song: str, start: int, end: int) -> bytes:
        """Read bytes of the file of a song as it is there, not transcoded; fewer only at its end."""
        ...

    def fetch(self, song: str, to: BinaryIO, size: int, seconds: float) -> None:
        """Copy the file of a song, which has so many bytes, within so many seconds."""
        ...

    def playlists(self) -> list[ServerPlaylist]:
        """List the playlists."""
        ...

    def playlist_songs(self, playlist: str) -> list[str]:
        """Read the ids of the songs of a playlist, in order."""
        ...

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        """Make a playlist, and tell its id; never asked twice by itself, since there would be two."""
        ...

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        """Give a playlist another name, mark and songs, and tell its id; may be done again after a fault.

        It keeps its id, but where that is its name.
        """
        ...

    def delete_playlist(self, playlist: str) -> None:
        """Delete a playlist."""
        ...

    def like(self, songs: Sequence[str], liked: bool) -> None:
        """Mark songs as liked, or not."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def url_of(connection: str, song: ServerSong) -> str:
    """Name a song of a server as a location: its id, in which no dot is left, and the suffix that tells what it is."""
    return f"server://{connection}/{quote(song.id, safe='').replace('.', '%2E')}.{song.suffix or 'snd'}"


def song_at(url: str) -> tuple[str, str, str]:
    """Tell the connection, the id and the suffix of a location of a song; of a connection's own, "" for both."""
    connection, _, name = url.removeprefix("server://").partition("/")
    id_, _, suffix = name.partition(".")
    return connection, unquote(id_), suffix

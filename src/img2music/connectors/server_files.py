"""Songs of music servers as a file system of fsspec's, which `remote` asks for by its name."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar

import fsspec

from img2music.connectors.connections import connection as find_connection
from img2music.connectors.folders import CONTAINERS, EXTENSIONS
from img2music.connectors.music_server import ServerSong, song_at, url_of
from img2music.connectors.registry import MUSIC, music_server
from img2music.errors import SourceError
from img2music.remote import RemoteError

Answer = TypeVar("Answer")


class ServerFiles(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """The songs of one connection, all in one folder; ``server://home/1a2b.flac`` is one."""

    protocol = "server"
    cachable = False

    def __init__(self, connection: str, **rest: Any) -> None:
        super().__init__(**rest)
        self._connection = connection
        known = find_connection(connection)
        if known.kind in MUSIC and not MUSIC[known.kind].files:
            why = f"{MUSIC[known.kind].title} gives out no files; scan them where they are"
            raise RemoteError(why, f"server://{connection}")
        self._server = music_server(known)

    def songs(self, left_out: Callable[[str], object]) -> Iterator[dict[str, Any]]:
        """Walk all songs, as `info` tells of each."""
        root = f"server://{self._connection}"
        songs = self._server.songs(left_out)
        while (song := self._asked(root, lambda: next(songs, None))) is not None:
            yield self._entry(song)

    def tags(self, path: str) -> ServerSong:
        """Tell what the server tells of a song."""
        _, id_, suffix = song_at(path)
        if suffix not in EXTENSIONS | CONTAINERS:  # words beside a song: nothing lies beside those of servers
            raise FileNotFoundError(path)
        return self._asked(path, lambda: self._server.song(id_))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Tell size and time of a song; the root is there if it can be listed."""
        if not song_at(path)[1]:
            songs = self._server.songs()
            self._asked(path, lambda: next(songs, None))
            return {"name": path, "size": 0, "type": "directory"}
        found = self._entry(self.tags(path))
        if found["name"] != path:
            raise FileNotFoundError(path)
        return found

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Read a part of a song."""
        assert start is not None
        assert end is not None
        return self._asked(path, lambda: self._server.read(song_at(path)[1], start, end))

    def get_file(self, rpath: str, lpath: str, timeout: float, size: int, **_: Any) -> None:
        """Copy a song to this machine."""
        with open(lpath, "wb") as file:  # noqa: PTH123
            to: BinaryIO = file
            self._asked(rpath, lambda: self._server.fetch(song_at(rpath)[1], to, size, timeout))

    def _entry(self, song: ServerSong) -> dict[str, Any]:
        changed = datetime.fromtimestamp(song.changed // 10**9, UTC) if song.changed else None
        return {"name": url_of(self._connection, song), "size": song.size, "type": "file", "mtime": changed}

    def _asked(self, path: str, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except SourceError as error:
            if error.status == 404 and song_at(path)[1]:
                raise FileNotFoundError(path) from None
            raise RemoteError(str(error).rstrip("."), path) from None

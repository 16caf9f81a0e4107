"""MPD, and Mopidy as far as it speaks MPD's protocol: https://mpd.readthedocs.io/en/stable/protocol.html.

python-mpd2 writes commands and reads answers. Ours is what it has not: an end of the time and size of an answer,
another try on a new connection, songs in windows, and playlists that are whole or not there.

MPD's playlists have a name and nothing else: it is their id, and no mark of ours can be in them. It gives out no files.
"""

import contextlib
import io
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

from img2music.connectors import told
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits
from img2music.connectors.music_server import Seen, ServerPlaylist, ServerSong, ignored
from img2music.connectors.tags import find_number, find_year, one_line
from img2music.errors import SourceError, UsageError, printable, require_extra
from img2music.remarks import remark

with require_extra("Music Player Daemon", "servers"):
    import mpd

PORT = 6600
PAGE = 500
"""Songs of a request."""
IN_LIST = 250
"""Songs of a list of commands, which MPD's max_command_list_size bounds to 2 MiB: of that many of the longest paths."""
LIKE, LIKED = "like", "2"
"""The sticker by which myMPD, and clients after it, tell what is liked: 0 not, 1 neither, 2 liked."""
LONG = 600.0
"""Seconds for what may take long: all songs of a Mopidy at once, and playlists of many songs, each looked up there."""
MOPIDY = "Local media/Tracks"
"""Where Mopidy has all songs of Mopidy-Local; what it finds is cut after a hundred."""
LIMITS = Limits(body=64 << 20)
LONGEST_NAME = 200
"""Bytes of a playlist's name, which is a file's: with its extension, file systems take 255."""
WINDOWS = (0, 20)
"""The version since which MPD gives songs in windows. Mopidy says 0.19, and does not."""

_STATUSES = {3: 401, 4: 403, 5: 501, 50: 404, 56: 409}
"""What MPD's codes of faults are in HTTP; all others are 400."""
_FULL = 51
_TRACK = re.compile(r"local:track:|file://")
"""How Mopidy's ids of songs begin that are files; what follows is their path."""
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")
_NO_TEXT = re.compile("[\ud800-\udfff]")
_IN_NAMES = re.compile(r"[/\\\x00-\x1f\x7f]")

Value = TypeVar("Value")


class Mpd:
    """A login at a server of this kind, by a password where it asks for one."""

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        self._name = connection.name
        self._secret = secret
        self._limits = limits
        self._address = _address(connection.url)
        self._client: _Client | None = None

    def close(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.end()

    def look(self) -> Seen:
        """Test the login, and tell what it shows; a Mopidy counts no songs."""
        version, stats = self._ask(lambda client: (client.mpd_version, client.stats()))
        counted = () if _is_mopidy(version) else ("songs", "albums")
        counts = {name: told.number(stats.get(name)) or 0 for name in counted}
        counts["playlists"] = len(self.playlists())
        product = "Mopidy" if _is_mopidy(version) else f"MPD {one_line(version)[:20]}"
        return Seen(product=product, user=None, counts=counts)

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        """Walk all songs, each once."""
        liked = self._liked() or frozenset()
        for song in told.songs(self._entries(), self._song, "title", self._error, left_out):
            yield replace(song, liked=True) if song.id in liked else song

    def song(self, song: str) -> ServerSong:
        """Tell of one song."""
        self._require_plain(song)
        found = self._ask(lambda client: client.find("file", song))
        if not found or found[0].get("file") != song:
            raise self._error("there is no such song.", status=404)
        return told.one_song(found[0], self._song, self._error)

    def read(self, song: str, start: int, end: int) -> bytes:
        """Refuse, since the protocol has no way to read a file."""
        raise self._error("its files can't be read over MPD; scan them where they are.", status=501)

    def fetch(self, song: str, to: BinaryIO, size: int, seconds: float) -> None:
        """Refuse likewise."""
        self.read(song, 0, size)

    def playlists(self) -> list[ServerPlaylist]:
        """List the stored playlists."""
        return [ServerPlaylist(id=name, name=one_line(name)) for name in self._ask(_names) if told.usable_id(name)]

    def playlist_songs(self, playlist: str) -> list[str]:
        """Read the ids of the songs of a playlist, in order."""
        self._require_plain(playlist)
        return self._ask(lambda client: list(client.listplaylist(playlist)))

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        """Make a playlist; its name is without what file names can't hold."""
        return self._write(None, name, songs)

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        """Give a playlist another name, which is its id, and songs."""
        return self._write(playlist, name, songs)

    def delete_playlist(self, playlist: str) -> None:
        """Delete a playlist."""
        self._require_plain(playlist)
        self._ask(lambda client: client.rm(playlist) if playlist in _names(client) else None)

    def like(self, songs: Sequence[str], liked: bool) -> None:
        """Mark songs as liked, or not, by stickers."""
        self._require_plain(*songs)

        def write(client: "_Client") -> None:
            known = _liked(client)
            changed = [song for song in songs if (song in known) != liked]
            for first in range(0, len(changed), IN_LIST):
                client.begin(LONG)
                client.command_list_ok_begin()
                for song in changed[first : first + IN_LIST]:
                    if liked:
                        client.sticker_set("song", song, LIKE, LIKED)
                    else:
                        client.sticker_delete("song", song, LIKE)
                client.command_list_end()

        if self._liked() is None:
            reason = "it keeps no likes: MPD needs its setting sticker_file for them, and Mopidy has none."
            raise self._error(reason, status=501)
        self._ask(write, LONG)

    def _write(self, playlist: str | None, name: str, songs: Sequence[str]) -> str:
        """Write a playlist aside, and give it its name at once when it is whole."""
        self._require_plain(*songs)
        name = _file_name(name)
        aside = told.begun_name(name)
        names = self._ask(_names)
        if playlist is not None and playlist not in names:
            raise self._error("there is no such playlist.", status=404)
        if name != playlist and name in names:
            raise self._error(f"there is a playlist {printable(name)} already.", status=409)
        try:
            self._ask(lambda client: _fill(client, aside, songs), LONG)
        except SourceError:
            with contextlib.suppress(SourceError):
                self.delete_playlist(aside)
            raise
        self._ask(lambda client: _put(client, aside, playlist, name), LONG)
        return name

    def _liked(self) -> frozenset[str] | None:
        """The songs that are liked; None where a server keeps no stickers."""
        try:
            return self._ask(_liked)
        except SourceError as error:
            if error.final or error.status is None:
                raise
            return None

    def _entries(self) -> Iterator[dict[str, Any]]:
        """What is told of songs, in windows, and once more where the database was changed meanwhile."""
        if _is_mopidy(self._ask(lambda client: client.mpd_version)):
            try:
                found = self._ask(lambda client: client.lsinfo(MOPIDY), LONG)
            except SourceError as error:
                if error.status != 404:
                    raise
                reason = f"it shows no songs: Mopidy needs Mopidy-Local for that, with its directory {MOPIDY}."
                raise self._error(reason, status=404) from None
            yield from {str(entry["file"]): entry for entry in found if "file" in entry}.values()
            return

        def page(at: int) -> tuple[list[dict[str, Any]], int | None]:
            def window(client: "_Client") -> tuple[list[dict[str, Any]], int | None]:
                found = client.search("file", "", "window", (at, at + PAGE))
                return found, told.number(client.stats().get("songs"))

            return self._ask(window)

        yield from told.each_once(page, "file")

    def _song(self, entry: dict[str, Any]) -> ServerSong:
        id_ = told.song_id(entry.get("file"))
        path = unquote(id_[start.end() :]) if (start := _TRACK.match(id_)) else id_
        dates = entry.get("date")
        return ServerSong(
            id=id_,
            title=told.texts(entry.get("title")),
            artist=told.texts(entry.get("artist")),
            album=told.texts(entry.get("album")),
            album_artist=told.texts(entry.get("albumartist")),
            genre=told.texts(entry.get("genre")),
            year=find_year(dates if isinstance(dates, list) else [dates or ""]),
            number=find_number([str(_first(entry, "track"))]),
            disc=find_number([str(_first(entry, "disc"))]),
            duration=_seconds(_first(entry, "duration")) or told.seconds(_first(entry, "time")),
            path=path,
            suffix=told.suffix(path),
            changed=told.nanoseconds(_first(entry, "last-modified")),
            recording=told.mbid(_first(entry, "musicbrainz_trackid")),
        )

    def _ask(self, what: Callable[["_Client"], Value], seconds: float | None = None) -> Value:
        """Do something with the connection, and again with a new one where that may help."""
        pause = self._limits.backoff
        for left in reversed(range(self._limits.tries)):
            try:
                return self._once(what, seconds or self._limits.total)
            except _PassingError as fault:
                if not left:
                    raise self._error(f"{fault}; try again later.", fault=fault.code) from None
                time.sleep(pause)
                pause *= 2
        raise AssertionError

    def _once(self, what: Callable[["_Client"], Value], seconds: float) -> Value:
        done = False
        try:
            client = self._connected()
            client.begin(seconds)
            result = what(client)
            done = True
        except mpd.CommandError as error:
            raise self._refusal(error) from None
        except _TooLargeError:
            raise self._error(f"its answer is larger than {self._limits.body >> 20} MiB; check its address.") from None
        except TimeoutError:
            raise _PassingError("no whole answer in time", "server-slow") from None
        except socket.gaierror:
            raise self._error("its address is not found.", final=True, fault="server-away") from None
        except (ConnectionRefusedError, FileNotFoundError, PermissionError):
            raise self._error(
                "it takes no connection; check its address, or try again later.", final=True, fault="server-away"
            ) from None
        except (mpd.ConnectionError, OSError):
            raise _PassingError("the connection broke", "server-away") from None
        except (mpd.MPDError, LookupError, TypeError, ValueError):
            raise self._error("it does not answer as MPD does; check its address.", final=True) from None
        else:
            return result
        finally:
            if not done:  # and who knows what is still to be read
                self.close()

    def _connected(self) -> "_Client":
        if self._client is None:
            self._client = client = _Client(self._limits)
            client.connect(*self._address)
            if self._secret:
                client.password(self._secret)
        return self._client

    def _refusal(self, error: Any) -> SourceError:
        code = error.errno.value if error.errno is not None else None
        if code == _FULL:
            return self._error("its playlists hold no more songs, by its setting max_playlist_length.", status=400)
        status = 400 if code is None else _STATUSES.get(code, 400)
        if status == 403 and not self._secret:
            return self._error("it asks for a password; connect it again with one.", status=401, final=True)
        said = printable(one_line(error.msg or str(error))[:200]).rstrip(".")
        where = f" {printable(error.command)}" if error.command else ""
        return self._error(f"it refuses{where}: {said}.", status=status, final=status == 401)

    def _require_plain(self, *names: str) -> None:
        """Refuse what would begin another command: python-mpd2 writes line ends as they are."""
        if any(char in name for name in names for char in "\n\r\0"):
            raise self._error("there is nothing of that name.", status=404)

    def _error(
        self, reason: str, *, status: int | None = None, final: bool = False, fault: str | None = None
    ) -> SourceError:
        shown = reason.replace(self._secret, "***") if self._secret else reason
        told = remark(fault or ("server-refuses" if status in (401, 403) else "server-fails"), self._name)
        return SourceError(f"{self._name}: {shown}", status=status, final=final, remark=told)


class _PassingError(Exception):
    """A fault that another try may mend."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.code = code


class _TooLargeError(Exception):
    """An answer of more bytes than are read."""


class _Lines(io.BufferedReader):
    """An answer, in which NUL stands for what is not UTF-8: MPD tells names of files as they are."""

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if line.isascii():
            return line
        return _NO_TEXT.sub("\0", line.decode("utf-8", "surrogateescape")).encode()


class _Socket(socket.socket):
    """A socket that ends when an answer takes too long, however it drips, or is too large."""

    limits: Limits
    until: float  # when an answer has to be whole
    pause: float  # seconds between two pieces of it
    left: int  # bytes of it

    def begin(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.pause = self.limits.read if seconds <= self.limits.total else seconds
        self.left = self.limits.body

    def makefile(self, mode: str = "r", *args: Any, **how: Any) -> Any:
        made = super().makefile(mode, *args, **how)  # type: ignore[call-overload]
        return _Lines(made.detach()) if mode == "rb" else made

    def recv_into(self, *args: Any) -> int:
        self._wait()
        got = super().recv_into(*args)
        self.left -= got
        if self.left < 0:
            raise _TooLargeError
        return got

    def send(self, *args: Any) -> int:
        self._wait()
        return super().send(*args)

    def _wait(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.settimeout(min(left, self.pause))


class _Client(mpd.MPDClient):  # type: ignore[misc]
    """python-mpd2's client on such sockets."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.timeout = limits.connect
        self.limits = limits
        self.bounded: _Socket | None = None

    def begin(self, seconds: float) -> None:
        self._sock.begin(seconds)

    def end(self) -> None:
        """End the connection, whatever there is that can't be written any more."""
        with contextlib.suppress(OSError, ValueError):
            self.disconnect()
        if self.bounded is not None:  # which python-mpd2 drops unclosed where it can't write
            self.bounded.close()

    def _connect_tcp(self, host: str, port: int) -> _Socket:
        return self._bound(super()._connect_tcp(host, port))

    def _connect_unix(self, path: str) -> _Socket:
        plain = socket.socket(socket.AF_UNIX)
        try:
            plain.settimeout(self.limits.connect)
            plain.connect(path)
        except OSError:
            plain.close()
            raise
        return self._bound(plain)

    def _bound(self, plain: socket.socket) -> _Socket:
        self.bounded = _Socket(fileno=plain.detach())
        self.bounded.limits = self.limits
        self.bounded.begin(self.limits.total)
        return self.bounded

    def _read_line(self) -> str | None:
        try:
            line: str | None = super()._read_line()
        except ValueError:  # a code that is not among MPD's, such as 0, which is Mopidy's for what it does not do
            raise mpd.CommandError("it does not do that") from None
        return line


def _address(url: str) -> tuple[str, int | None]:
    """Tell the host and port, or the path of the socket, of ``mpd://host:6600`` or ``mpd:///run/mpd/socket``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme != "mpd" or not (host or len(parts.path) > 1):
        raise UsageError("The address of MPD must be like mpd://localhost:6600 or mpd:///run/mpd/socket.")
    return (host, port or PORT) if host else (unquote(parts.path), None)


def _is_mopidy(version: str) -> bool:
    """Whether a greeting is Mopidy's, which has kept the version of MPD that it began with."""
    found = _VERSION.match(version)
    return found is not None and (int(found[1]), int(found[2])) < WINDOWS


def _names(client: _Client) -> list[str]:
    """Names of the stored playlists."""
    return [name for entry in client.listplaylists() if isinstance(name := entry.get("playlist"), str)]


def _liked(client: _Client) -> frozenset[str]:
    """The songs that are liked, by their stickers."""
    found = client.sticker_find("song", "", LIKE, "=", LIKED)
    return frozenset(song for entry in found if isinstance(song := entry.get("file"), str))


def _fill(client: _Client, name: str, songs: Sequence[str]) -> None:
    """Write a playlist that nobody has yet, in portions; what an earlier try has left of it is removed."""
    if name in _names(client):
        client.rm(name)
    if not songs:
        _make_empty(client, name)
    for first in range(0, len(songs), IN_LIST):
        client.begin(LONG)
        client.command_list_ok_begin()
        for song in songs[first : first + IN_LIST]:
            client.playlistadd(name, song)
        client.command_list_end()


def _put(client: _Client, aside: str, playlist: str | None, name: str) -> None:
    """Put what was written aside in the place of a playlist: MPD does a list of commands whatever becomes of us."""
    names = _names(client)
    if aside not in names and name in names:  # done before, and the answer was lost
        return
    client.command_list_ok_begin()
    if playlist in names:
        client.rm(playlist)
    client.rename(aside, name)
    client.command_list_end()


def _make_empty(client: _Client, name: str) -> None:
    """Make a playlist without songs: MPD clears only what is there, which anything will do for."""
    try:
        client.playlistclear(name)
    except mpd.CommandError:
        client.playlistadd(name, "http://localhost/")
        client.playlistclear(name)


def _file_name(name: str) -> str:
    """Make a name that playlists may have, since they are files to MPD."""
    name = _IN_NAMES.sub("-", one_line(name)).lstrip(".") or "img2music"
    return name.encode()[:LONGEST_NAME].decode(errors="ignore").rstrip()


def _first(entry: dict[str, Any], name: str) -> Any:
    """The value of a field, which is a list where it is there several times."""
    found = entry.get(name)
    return found[0] if isinstance(found, list) else found


def _seconds(found: Any) -> float | None:
    try:
        return told.seconds(float(found))
    except (TypeError, ValueError):
        return None

"""A music server that keeps its songs and playlists in a file, so that a command that is killed leaves them behind.

It behaves as `MusicServer` says, and, where its plan says so, as servers do at their worst: it ends the process at a
moment, stores less than it is sent, knows no comments, makes a playlist in portions and marks it last.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from img2music.cli.app import main
from img2music.connectors import registry
from img2music.connectors.connections import Connection, keep
from img2music.connectors.music_server import Seen, ServerPlaylist, ServerSong, ignored
from img2music.errors import SourceError

KIND = "kept"
MADE = registry.Kind(title="Kept", home=f"{__name__}:KeptServer", login="none", required=False)
PORTION = 3
"""Songs that are stored at once."""


def register() -> None:
    """Let connections be of its kind in this process."""
    registry.MUSIC[KIND] = MADE


def run(config: str, arguments: Sequence[str]) -> None:
    """Run a command that knows it; for a process of its own."""
    os.environ["XDG_CONFIG_HOME"] = config
    register()
    streams = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(streams, number)
    main(arguments)


def make(file: Path, songs: Sequence[ServerSong], name: str = "home") -> Path:
    """Make a server with songs and no playlists, and a connection to it."""
    write(file, {"songs": [asdict(song) for song in songs], "playlists": {}, "made": 0, "steps": 0, "plan": {}})
    keep(Connection(name=name, kind=KIND, url=f"http://{file}"), None)
    return file


def write(file: Path, kept: dict[str, Any]) -> None:
    """Store all that a server keeps; whole, or not at all."""
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(kept))
    partial.replace(file)


def read(file: Path) -> dict[str, Any]:
    """Read all that a server keeps."""
    found: dict[str, Any] = json.loads(file.read_text())
    return found


class KeptServer:
    """A login at such a server.

    Its plan may hold: `die` (at which step), `lies` (songs that it never stores), `names` (names are ids, and there are
    no comments, as MPD has it), `left_out` (a line about damaged songs).
    """

    def __init__(self, connection: Connection, secret: str | None) -> None:
        self._file = Path(connection.url.removeprefix("http://"))

    def _step(self, change: Any = None) -> dict[str, Any]:
        """One thing that is asked of it, with a moment before and one after in which everything may end."""
        kept = read(self._file)
        for after in (False, True):
            if after and change is not None:
                change(kept)
            kept["steps"] += 1
            write(self._file, kept)
            if kept["plan"].get("die") == kept["steps"]:
                os.kill(os.getpid(), signal.SIGKILL)
            if change is None:
                break
        return kept

    def look(self) -> Seen:
        return Seen(product="Kept 1", user="me", counts={"songs": len(self._step()["songs"])})

    def songs(self, left_out: Callable[[str], object] = ignored) -> Iterator[ServerSong]:
        kept = self._step()
        for song in kept["songs"]:
            yield ServerSong(**song)
        if "left_out" in kept["plan"]:
            left_out(kept["plan"]["left_out"])

    def song(self, song: str) -> ServerSong:
        for each in self.songs():
            if each.id == song:
                return each
        raise SourceError("Kept: there is no such song.", status=404)

    def fetch(self, song: str, to: BinaryIO, size: int, seconds: float) -> None:
        raise SourceError("Kept: it has no sounds.")

    def read(self, song: str, start: int, end: int) -> bytes:
        raise SourceError("Kept: it has no sounds.")

    def playlists(self) -> list[ServerPlaylist]:
        kept = self._step()
        bare = kept["plan"].get("names")
        return [
            ServerPlaylist(
                id=id_,
                name=each["name"],
                songs=len(each["songs"]),
                comment=None if bare else each["comment"],
                own=each.get("own", True),
            )
            for id_, each in kept["playlists"].items()
        ]

    def playlist_songs(self, playlist: str) -> list[str]:
        kept = self._step()
        if playlist not in kept["playlists"]:
            raise SourceError("Kept: there is no such playlist.", status=404)
        return list(kept["playlists"][playlist]["songs"])

    def create_playlist(self, name: str, comment: str, songs: Sequence[str]) -> str:
        made: list[str] = []

        def make(kept: dict[str, Any]) -> None:
            kept["made"] += 1
            made.append(name if kept["plan"].get("names") else f"p{kept['made']}")
            kept["playlists"][made[0]] = {"name": name, "comment": "", "songs": []}

        self._step(make)
        self._fill(made[0], songs)
        self._step(lambda kept: kept["playlists"][made[0]].update(comment=comment))
        return made[0]

    def replace_playlist(self, playlist: str, name: str, comment: str, songs: Sequence[str]) -> str:
        def rename(kept: dict[str, Any]) -> None:
            there = kept["playlists"].pop(playlist) | {"name": name, "comment": comment, "songs": []}
            kept["playlists"][name if kept["plan"].get("names") else playlist] = there

        self._step(rename)
        id_ = name if read(self._file)["plan"].get("names") else playlist
        self._fill(id_, songs)
        return id_

    def _fill(self, playlist: str, songs: Sequence[str]) -> None:
        for first in range(0, len(songs), PORTION):
            part = songs[first : first + PORTION]

            def add(kept: dict[str, Any], part: Sequence[str] = part) -> None:
                lies = kept["plan"].get("lies", ())
                kept["playlists"][playlist]["songs"] += [song for song in part if song not in lies]

            self._step(add)

    def delete_playlist(self, playlist: str) -> None:
        self._step(lambda kept: kept["playlists"].pop(playlist))

    def like(self, songs: Sequence[str], liked: bool) -> None:
        def mark(kept: dict[str, Any]) -> None:
            for song in kept["songs"]:
                song["liked"] = liked if song["id"] in songs else song["liked"]

        self._step(mark)

    def close(self) -> None:
        pass

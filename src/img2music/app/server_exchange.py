"""The two sides of an exchange: songs of a library and of a music server, and what stands for what."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from img2music.app.playlists import LibraryPlaylists
from img2music.app.server_reports import LeftOutSong, MatchedSong
from img2music.connectors.connections import Connection, connection
from img2music.connectors.music_server import MusicServer, ServerPlaylist
from img2music.connectors.registry import MUSIC, music_server
from img2music.errors import UsageError, printable
from img2music.library.mapping import Mapped, Verdict
from img2music.library.matched_servers import renew, takes_long
from img2music.library.playlists import PlaylistEntry, PlaylistSummary
from img2music.library.servers import KnownSong, Link
from img2music.progress import Progress
from img2music.remarks import Remark, remark
from img2music.track import Track, display_name

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

MARK = re.compile(r"img2music:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""What the comment of a playlist holds that we made."""


def music_connection(name: str) -> Connection:
    """The connection of a music server, by its name."""
    known = connection(name)
    if known.kind not in MUSIC:
        raise UsageError(f"{printable(name)} is no music server; it has no playlists.")
    return known


class Exchange:
    """A library and a music server, to take songs from one to the other."""

    def __init__(self, store: "LibraryStore", name: str) -> None:
        self.store = store
        self.connection = music_connection(name)
        self.name = self.connection.name
        self.server: MusicServer = music_server(self.connection)
        self.remarks: list[Remark] = []  # on songs of the server that are left out
        self._counted: list[int | None] = []  # by `takes_long`, for what is done then

    def close(self) -> None:
        """End the connection."""
        self.server.close()

    def renew(self, progress: Progress, *, refresh: bool = False, walk: bool = False) -> None:
        """Bring up to date which songs of the server are tracks of the library."""
        told = self._counted.pop() if self._counted else self._count()
        self.remarks.clear()

        def left_out(line: str) -> None:
            self.remarks.append(remark("as-said", line))

        how = {"refresh": refresh, "walk": walk}
        renew(self.store, self.server, self.connection, told, **how, progress=progress, left_out=left_out)

    def takes_long(self) -> bool:
        """Whether that takes more than a few seconds."""
        self._counted = [self._count()]
        return takes_long(self.store, self.connection, self._counted[0])

    def _count(self) -> int | None:
        """How many songs the server counts, which also tests the login."""
        return self.server.look().counts.get("songs")

    def link_of(self, playlist: int) -> Link | None:
        """What is known of the playlist there that stands for one here."""
        return next((each for each in self.store.servers.links(self.name) if each.playlist == playlist), None)

    def summary(self, playlist: int | str) -> PlaylistSummary:
        """Find a playlist of the library."""
        return LibraryPlaylists(self.store).summary(playlist)

    def sendable(self, entries: Sequence[PlaylistEntry]) -> tuple[list[MatchedSong], list[LeftOutSong]]:
        """Songs of the server for those of a playlist, each once, and those that it does not have."""
        ids = [entry.track for entry in entries]
        tracks = {track.id: track for track in self.store.tracks(ids, missing=True)}
        sure = self.store.servers.songs_of(self.name, ids)
        maybe = self.store.servers.songs_of(self.name, [id_ for id_ in ids if id_ not in sure], sure=False)
        names = self.store.servers.named(self.name, {each.song for its in maybe.values() for each in its})
        matched: dict[str, MatchedSong] = {}
        left_out: list[LeftOutSong] = []
        for track in (tracks[id_] for id_ in ids if id_ in tracks):
            name = display_name(None, track.shown_title, track.artist)
            first, *_ = sure.get(track.id, [None])
            if first is None:
                near = maybe.get(track.id, [])
                known = [each.song for each in near[:3] if each.song in names]
                told = tuple(song_name(names[each]) for each in known)
                why = near[0].evidence.why if near else (remark("not-at-server"),)
                unsure = any(each.evidence.verdict is not Verdict.NO for each in near)
                left = LeftOutSong(
                    track=track.id,
                    song=None,
                    name=name,
                    reasons=why,
                    candidates=told,
                    candidate_ids=tuple(known),
                    unsure=unsure,
                )
                left_out.append(left)
            elif first.song in matched:
                why = (remark("one-song", matched[first.song].track),)
                left_out.append(LeftOutSong(track=track.id, song=first.song, name=name, reasons=why))
            else:
                matched[first.song] = MatchedSong(track=track.id, song=first.song, name=name, how=first.evidence.how)
        return [*matched.values()], left_out

    def standing(self, link: Link, listed: Sequence[ServerPlaylist]) -> ServerPlaylist | None:
        """Find the playlist of the server that a link is about.

        Where there is none of its id and none bears its mark, it may be one that came since, and is not known yet: what
        was being made or renamed when that was stopped, or what somebody renamed where names are ids.
        """
        by_id = {each.id: each for each in listed}
        if link.id is not None and link.id in by_id:
            return by_id[link.id]
        for each in listed:
            if mark_of(each) == link.mark:
                return each
        known = {*link.before, *(other.id for other in self.store.servers.links(self.name))}
        new = [each for each in listed if each.own and each.id not in known and mark_of(each) is None]
        if link.sending is not None:
            named = (each for each in new if each.name == link.naming)
            return next((each for each in named if begun(self.songs_there(each), link.sending)), None)
        if not link.before or not link.songs:
            return None
        return next((each for each in new if each.comment is None and self.songs_there(each) == link.songs), None)

    def linked(self, listed: Sequence[ServerPlaylist]) -> dict[str, Link]:
        """What is known of playlists of the server, by their ids."""
        links = ((self.standing(link, listed), link) for link in self.store.servers.links(self.name))
        return {there.id: link for there, link in links if there is not None}

    def songs_there(self, playlist: ServerPlaylist) -> tuple[str, ...]:
        """Read the ids of the songs of a playlist of the server."""
        return tuple(self.server.playlist_songs(playlist.id))

    def takeable(self, songs: Sequence[str]) -> tuple[list[MatchedSong], list[LeftOutSong]]:
        """Tracks for the songs of a server's playlist, each once, and the songs that the library does not have."""
        mapped = {each.song: each for each in self.store.servers.mapped(self.name, dict.fromkeys(songs))}
        names = self.store.servers.named(self.name, mapped)
        matched: dict[int, MatchedSong] = {}
        left_out: list[LeftOutSong] = []
        for id_ in songs:
            found = mapped.get(id_)
            if found is None:
                name = printable(id_) or "?"
                left_out.append(LeftOutSong(track=None, song=id_, name=name, reasons=(remark("unlisted"),)))
            elif not found.tracks:
                left_out += self.left_there([found])
            elif found.tracks[0].track in matched:
                track, name = found.tracks[0].track, song_name(names[id_])
                why = (remark("once-more", track),)
                left_out.append(LeftOutSong(track=track, song=id_, name=name, reasons=why))
            else:
                first = found.tracks[0]
                matched[first.track] = MatchedSong(
                    track=first.track, song=id_, name=song_name(names[id_]), how=first.evidence.how
                )
        return [*matched.values()], left_out

    def unknown(self, songs: Sequence[str]) -> bool:
        """Whether songs are not known, so that all have to be read again."""
        return len(self.store.servers.named(self.name, songs)) < len(set(songs))

    def require_song(self, song: str) -> None:
        """Refuse a song of the server that is not known."""
        if not self.store.servers.named(self.name, [song]):
            raise UsageError(f"{self.name} has no song of the id {printable(song[:60])}, as far as is known.")

    def left_there(self, songs: Sequence[Mapped]) -> list[LeftOutSong]:
        """Songs of the server that are no track, with what they may be."""
        names = self.store.servers.named(self.name, [each.song for each in songs])
        ids = {one.track for each in songs for one in each.candidates}
        tracks = {track.id: track for track in self.store.tracks(sorted(ids), missing=True)}
        return [
            LeftOutSong(
                track=None,
                song=each.song,
                name=song_name(names[each.song]) if each.song in names else each.song,
                reasons=each.why,
                candidates=tuple(track_name(tracks[one.track]) for one in each.candidates if one.track in tracks),
                candidate_ids=tuple(str(one.track) for one in each.candidates if one.track in tracks),
                unsure=each.unsure,
            )
            for each in songs
        ]


def track_name(track: Track) -> str:
    """What to call a track among others that it is told apart from."""
    return f"{track.display_name}{f' ({track.album})' if track.album else ''}"


def song_name(song: KnownSong) -> str:
    """What to call a song of a server."""
    title = song.title or (song.path or song.id).replace("\\", "/").rpartition("/")[2]
    return display_name(None, title, song.artist)


def mark_of(playlist: ServerPlaylist) -> str | None:
    """The mark of a playlist; None where it bears none."""
    found = MARK.search(playlist.comment or "")
    return found[1] if found else None


def begun(actual: tuple[str, ...], sent: tuple[str, ...]) -> bool:
    """Whether songs may be what came of sending others, in portions, up to some moment."""
    left = iter(sent)
    return all(song in left for song in actual)

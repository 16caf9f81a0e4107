"""Playlists and likes between a library and a music server.

A playlist of ours bears a mark in its comment, and is written in place by its id. What is meant to be done there is
stored in the library before it is done, so that whatever is killed in the middle is taken up by the next call: nothing
is there twice, and nothing stays half-written. What others made or changed there stays, unless asked.
"""

from typing import TYPE_CHECKING, Unpack

from img2music.app.feedback import LibraryFeedback, judged
from img2music.app.playlist_pulling import Pull
from img2music.app.playlist_pushing import Push
from img2music.app.playlists import LibraryPlaylists
from img2music.app.server_exchange import Exchange, mark_of, song_name, track_name
from img2music.app.server_reports import (
    ComparedSong,
    LeftOutSong,
    LikesReport,
    ListedPlaylist,
    PlaylistComparison,
    PullReport,
    PushReport,
    ServerMatch,
    ServerPlaylistList,
    SettledSong,
)
from img2music.arguments import checked
from img2music.connectors.music_server import ServerPlaylist
from img2music.errors import UsageError, printable
from img2music.files import Closing
from img2music.library.mapping import settled
from img2music.library.playlists import PlaylistEntry, PlaylistSummary
from img2music.library.rows import batches
from img2music.library.servers import Link
from img2music.options import ME, ExchangeOptions, ExchangeWishes
from img2music.progress import Progress, unwatched
from img2music.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from img2music.app.playlists import Song
    from img2music.library.store import LibraryStore
    from img2music.soundtrack.cue_sheet import CueSheet


class ServerPlaylists(Closing):
    """Playlists and likes between a library and a music server; made by `LibraryPlaylists.at`.

    Use it as a context manager. Every method raises `SourceError` if the server can't be asked.
    """

    def __init__(self, store: "LibraryStore", name: str) -> None:
        self._exchange = Exchange(store, name)

    def close(self) -> None:
        """End the connection."""
        self._exchange.close()

    @property
    def name(self) -> str:
        """Name of the connection."""
        return self._exchange.name

    @property
    def ready(self) -> bool:
        """Whether `push` and `pull` take seconds; else they begin with what `match` does, which may take minutes."""
        return not self._exchange.takes_long()

    def list(self) -> ServerPlaylistList:
        """List the playlists of the server.

        Returns
        -------
        ServerPlaylistList
        """
        at = self._exchange
        titles = {each.id: each.name for each in at.store.playlists.all()}
        listed = at.server.playlists()
        links = at.linked(listed)
        found = []
        for each in sorted(listed, key=lambda each: (each.name.casefold(), each.id)):
            link = links.get(each.id)
            ours = mark_of(each) is not None or (link is not None and not link.theirs)
            title = None if link is None else titles.get(link.playlist)
            found.append(ListedPlaylist(id=each.id, name=each.name, songs=each.songs, ours=ours, playlist=title))
        return ServerPlaylistList(connection=at.name, playlists=tuple(found))

    @checked
    def match(self, *, refresh: bool = False, progress: Progress = unwatched) -> ServerMatch:
        """Bring up to date which songs of the server are tracks of the library.

        Parameters
        ----------
        refresh : bool, default False
            Read all songs again, and match all of them anew.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        ServerMatch
        """
        at = self._exchange
        with at.store.syncing():
            at.renew(progress, refresh=refresh)
        counts = at.store.servers.counts(at.name)
        unsure = at.store.servers.mapped(at.name, state="unsure")
        return ServerMatch(
            connection=at.name,
            songs=sum(counts.values()),
            mapped=counts.get("mapped", 0),
            ways=at.store.servers.ways(at.name),
            unsure=tuple(at.left_there(unsure)),
            absent=counts.get("absent", 0),
            settled=self._settled(),
            notes=tuple(map(str, at.remarks)),
        )

    def _settled(self) -> tuple[SettledSong, ...]:
        at = self._exchange
        said = at.store.servers.by_hand(at.name)
        names = at.store.servers.named(at.name, said)
        tracks = {each.id: each for each in at.store.tracks([id_ for id_ in said.values() if id_], missing=True)}
        return tuple(
            SettledSong(
                song=song,
                name=song_name(names[song]),
                track=id_,
                track_name=track_name(tracks[id_]) if id_ in tracks else None,
            )
            for song, id_ in said.items()
            if song in names
        )

    def settle(self, song: str, track: int | None) -> None:
        """Say which track of the library a song of the server is; it stays so, however songs are matched again.

        Parameters
        ----------
        song : str
            The server's id of it.
        track : int or None
            Number of the track; None: it is none.

        Raises
        ------
        UsageError
            If there is no such song or track.
        """
        at = self._exchange
        at.require_song(song)
        if track is not None and not list(at.store.tracks([track], missing=True)):
            raise UsageError(f"The library has no song #{track}.")
        with at.store.syncing():
            at.store.servers.put_matched(at.name, [settled(song, track)])

    def unsettle(self, song: str) -> None:
        """Forget what was said of a song by `settle`; it is matched again the next time.

        Parameters
        ----------
        song : str
            The server's id of it.
        """
        at = self._exchange
        at.require_song(song)
        with at.store.syncing():
            at.store.servers.open_again(at.name, song)

    @checked
    def push(
        self, playlist: int | str, *, progress: Progress = unwatched, **options: Unpack[ExchangeWishes]
    ) -> PushReport:
        """Write a playlist of the library to the server: in place, if it was there before.

        Parameters
        ----------
        playlist : int or str
            Its id or its name.
        progress : callable
            Called with each `Step`; the item is a song.
        **options
            `ExchangeOptions`.

        Returns
        -------
        PushReport
            Songs that the server does not have are among its ``left_out``.

        Raises
        ------
        UsageError
            If there is no such playlist, the server has none of its songs, or somebody has changed it there.
        """
        at = self._exchange
        wishes = ExchangeOptions(**options)
        with at.store.syncing():
            found = at.summary(playlist)
            at.renew(progress, refresh=wishes.refresh)
            return Push(at, found, wishes).run()

    def write(
        self,
        playlist: str,
        songs: "Iterable[Song] | CueSheet",
        *,
        progress: Progress = unwatched,
        **options: Unpack[ExchangeWishes],
    ) -> PushReport:
        """Keep songs as a playlist of the library and write that to the server; done again, it is renewed in place.

        Parameters
        ----------
        playlist : str
            What the playlist is called. One of the library that was not written to this server is not replaced.
        songs : iterable of Match, Track, PlaylistSong or int, or CueSheet
            As `LibraryPlaylists.save` takes them.
        progress : callable
            Called with each `Step`; the item is a song.
        **options
            `ExchangeOptions`.

        Returns
        -------
        PushReport

        Raises
        ------
        UsageError
            As `push` raises it, or if the library has another playlist of this name.
        """
        at = self._exchange
        playlists = LibraryPlaylists(at.store)
        known = next((each.id for each in at.store.playlists.all() if each.name == playlist), None)
        playlists.save(playlist, songs, replace=known is not None and at.link_of(known) is not None)
        return self.push(playlist, progress=progress, **options)

    @checked
    def pull(
        self, playlist: int | str, *, progress: Progress = unwatched, **options: Unpack[ExchangeWishes]
    ) -> PullReport:
        """Take a playlist of the server into the library: in place, if it was taken or written there before.

        Parameters
        ----------
        playlist : int or str
            Its name or id at the server, or the name or id of the playlist of the library that it stands for.
        progress : callable
            Called with each `Step`; the item is a song.
        **options
            `ExchangeOptions`.

        Returns
        -------
        PullReport
            Songs that the library does not have are among its ``left_out``.

        Raises
        ------
        UsageError
            If there is no such playlist, the library has none of its songs, or both sides have changed it.
        """
        at = self._exchange
        wishes = ExchangeOptions(**options)
        with at.store.syncing():
            pulled = Pull(at, playlist, wishes)
            at.renew(progress, refresh=wishes.refresh, walk=at.unknown(pulled.songs))
            return pulled.run()

    @checked
    def compare(
        self, playlist: int | str, *, refresh: bool = False, progress: Progress = unwatched
    ) -> PlaylistComparison:
        """Compare a playlist of the library with the one of the server that stands for it; nothing is changed there.

        Parameters
        ----------
        playlist : int or str
            Its id or its name.
        refresh : bool, default False
            Read all songs of the server again, and match all of them anew.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        PlaylistComparison
        """
        at = self._exchange
        found = at.summary(playlist)
        with at.store.syncing():
            listed = at.server.playlists()
            link = at.link_of(found.id)
            there = None if link is None else at.standing(link, listed)
            songs = () if there is None else at.songs_there(there)
            walk = at.unknown(songs)
            at.renew(progress, refresh=refresh, walk=walk)
        return _compared(at, found, there, songs, link)

    @checked
    def push_likes(self, *, person: str = ME, dry_run: bool = False, progress: Progress = unwatched) -> LikesReport:
        """Mark songs at the server as liked that a person likes; none of those that are liked there is taken back.

        Parameters
        ----------
        person : str
            Whose likes.
        dry_run : bool, default False
            Only tell.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        LikesReport
        """
        at = self._exchange
        with at.store.syncing():
            at.renew(progress, walk=True)
            liked, _ = judged(at.store, person)
            matched, left_out = at.sendable([PlaylistEntry(track) for track in liked])
            songs = at.store.servers.named(at.name, [each.song for each in matched])
            new = [each for each in matched if each.song in songs and not songs[each.song].liked]
            if not dry_run:
                for part in batches([each.song for each in new]):
                    at.server.like(part, True)
        left_out = [each for each in left_out if each.song is None]
        return LikesReport(
            connection=at.name,
            to="server",
            dry_run=dry_run,
            new=tuple(each.name for each in new),
            known=len(matched) - len(new),
            left_out=tuple(left_out),
        )

    @checked
    def pull_likes(self, *, person: str = ME, dry_run: bool = False, progress: Progress = unwatched) -> LikesReport:
        """Store that a person likes what is liked at the server; what that person never wants stays so.

        Parameters
        ----------
        person : str
            Whose likes they become.
        dry_run : bool, default False
            Only tell.
        progress : callable
            Called with each `Step`; the item is a song.

        Returns
        -------
        LikesReport
        """
        at = self._exchange
        with at.store.syncing():
            at.renew(progress, walk=True)
            liked, never = judged(at.store, person)
            songs = [each.id for each in at.store.servers.songs(at.name, liked=True)]
            matched, left_out = at.takeable(songs)
            left_out = [each for each in left_out if each.track is None]
            for each in matched:
                if each.track in never:
                    why = (remark("never", printable(person)),)
                    left_out.append(LeftOutSong(track=each.track, song=each.song, name=each.name, reasons=why))
            wanted = [each for each in matched if each.track not in never]
            new = [each for each in wanted if each.track not in liked]
            if not dry_run:
                feedback = LibraryFeedback(at.store)
                for each in new:
                    feedback.like(each.track, person=person)
        return LikesReport(
            connection=at.name,
            to="library",
            dry_run=dry_run,
            new=tuple(each.name for each in new),
            known=len(wanted) - len(new),
            left_out=tuple(left_out),
        )


def _compared(
    at: Exchange, found: PlaylistSummary, there: ServerPlaylist | None, songs: tuple[str, ...], link: Link | None
) -> PlaylistComparison:
    sendable, lost = at.sendable(at.store.playlists.entries(found.id))
    takeable, unknown = at.takeable(songs)
    here, theirs = {each.song: each for each in sendable}, {each.song: each for each in takeable}
    why = {each.song: each for each in unknown}
    compared = []
    for song in dict.fromkeys(songs):
        if song in here:
            own = here[song]
            compared.append(ComparedSong(where="both", track=own.track, song=song, name=own.name))
        elif song in theirs:
            its = theirs[song]
            compared.append(ComparedSong(where="there", track=its.track, song=song, name=its.name))
        else:
            left = why[song]
            compared.append(
                ComparedSong(where="there", track=left.track, song=song, name=left.name, reasons=left.reasons)
            )
    compared += [
        ComparedSong(where="here", track=each.track, song=each.song, name=each.name)
        for each in sendable
        if each.song not in songs
    ]
    compared += [
        ComparedSong(where="here", track=each.track, song=each.song, name=each.name, reasons=each.reasons)
        for each in lost
    ]
    notes = []
    if there is None:
        deleted = link is not None and link.id is not None
        notes.append(remark("deleted-there" if deleted else "not-there", at.name))
    elif link is not None and there.name != link.name:
        notes.append(remark("renamed-there", printable(there.name), at.name))
    same = there is not None and songs == tuple(each.song for each in sendable)
    if there is not None and not same and set(songs) == {each.song for each in sendable}:
        notes.append(remark("in-another-order"))
    return PlaylistComparison(
        connection=at.name,
        playlist=found.name,
        name=None if there is None else there.name,
        id=None if there is None else there.id,
        same=same,
        songs=tuple(compared),
        remarks=(*at.remarks, *notes),
    )

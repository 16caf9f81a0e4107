"""Songs that a person has put together: kept in the library by name, and written as recommendations are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from img2music.affect import Affect
from img2music.arguments import checked
from img2music.errors import UsageError, printable
from img2music.library.playlists import PlaylistEntry, PlaylistSummary
from img2music.matching.calibration import similarity
from img2music.matching.passages import Passage
from img2music.matching.query import Query, QueryKind
from img2music.matching.recommendation import Match, Recommendation, Recommendations
from img2music.matching.smoothing import smooth_order
from img2music.options import AnyPath, MatchMode
from img2music.shapes import Result
from img2music.track import Track

if TYPE_CHECKING:
    from img2music.app.server_playlists import ServerPlaylists
    from img2music.library.store import LibraryStore
    from img2music.soundtrack.cue_sheet import CueSheet


@dataclass(frozen=True, slots=True)
class PlaylistSong:
    """A song of a playlist."""

    track: Track
    passage: Passage | None = None
    """What is meant of it; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SavedPlaylist(Result):
    """A playlist that is kept in the library."""

    schema: Literal["img2music/playlist/1"] = field(default="img2music/playlist/1")
    id: int
    name: str
    created: str
    """When, in UTC."""
    updated: str
    """When it was last changed, in UTC."""
    songs: tuple[PlaylistSong, ...]
    """In order."""

    def _repr_html_(self) -> str:
        from img2music.matching import notebook

        players, rows = notebook.Players(), []
        for position, song in enumerate(self.songs, start=1):
            texts = (str(position), song.track.shown_title, song.track.artist or "")
            rows.append([*map(notebook.text, texts), players.of(song.track.path, song.passage)])
        points = [(each.track.affect.valence, each.track.affect.arousal, each.track.shown_title) for each in self.songs]
        drawn = notebook.plane("the songs", points)
        return notebook.laid_out(self.name, drawn, ("", "title", "artist", "passage"), rows)

    @checked
    def save(self, file: AnyPath, format: str | None = None) -> None:  # noqa: A002
        """Write it to a file, as `Recommendations.save` does; songs that are missing are left out.

        Parameters
        ----------
        file : str or path-like
            Its ending tells the format.
        format : str, optional
            Name of the format, where the ending does not tell it.

        Raises
        ------
        UsageError, InputError
            If nothing is left of it, the format is not known, or the file can't be written or would replace
            something else.
        """
        songs = [(each.track, each.passage) for each in self.songs if not each.track.missing]
        if not songs:
            raise UsageError(f"The playlist {printable(self.name)} has no song that is there, so nothing is written.")
        playlist(songs, self.name).save(file, format)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlaylistList(Result):
    """The playlists of a library."""

    schema: Literal["img2music/playlists/1"] = field(default="img2music/playlists/1")
    playlists: list[PlaylistSummary]
    """The last changed first."""


Song = Match | Track | PlaylistSong | int
"""A song that goes into a playlist: one that was recommended, with its passage, a track, or its id."""


class LibraryPlaylists:
    """Playlists of a library; made by `Library.playlists`. A playlist is called by its name or its id."""

    def __init__(self, store: "LibraryStore") -> None:
        self._store = store

    def list(self) -> PlaylistList:
        """List the playlists, the last changed first.

        Returns
        -------
        PlaylistList
        """
        return PlaylistList(playlists=self._store.playlists.all())

    @checked
    def read(self, playlist: int | str) -> SavedPlaylist:
        """Read a playlist with its songs.

        Parameters
        ----------
        playlist : int or str
            Its id or its name.

        Returns
        -------
        SavedPlaylist

        Raises
        ------
        UsageError
            If there is none.
        """
        return self._read(self.summary(playlist))

    @checked
    def save(self, name: str, songs: "Iterable[Song] | CueSheet", *, replace: bool = False) -> SavedPlaylist:
        """Keep songs as a playlist.

        Parameters
        ----------
        name : str
            Its name.
        songs : iterable of Match, Track, PlaylistSong or int, or CueSheet
            In order, each once; an int is a track's id. Of a cue sheet its songs, each with the passage of its first
            cue.
        replace : bool, default False
            Whether these songs take the place of those of a playlist that has the name.

        Returns
        -------
        SavedPlaylist

        Raises
        ------
        UsageError
            If the name is no name or, without ``replace``, known, or a song is not in the library or given twice.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library:
        ...     found = library.recommend("photo.jpg", top=10)
        ...     kept = library.playlists.save("Evening", found.matches)
        """
        entries = [_entry(song) for song in self._songs_of(songs)]
        if replace:
            for known in self._store.playlists.all():
                if known.name == name:
                    return self._read(self._store.playlists.change(known.id, entries=entries))
        return self._read(self._store.playlists.add(name, entries))

    @checked
    def change(
        self,
        playlist: int | str,
        *,
        name: str | None = None,
        songs: Iterable[Song] | None = None,
        seen: str | None = None,
    ) -> SavedPlaylist:
        """Rename a playlist, or give it other songs.

        Parameters
        ----------
        playlist : int or str
            Its id or its name.
        name : str, optional
            Its new name.
        songs : iterable of Match, Track, PlaylistSong or int, optional
            What takes the place of its songs.
        seen : str, optional
            Its ``updated`` when it was read: a change that was made elsewhere since is not overwritten.

        Returns
        -------
        SavedPlaylist

        Raises
        ------
        UsageError
            As `save` and `read` raise it, and if it was changed elsewhere.
        """
        entries = None if songs is None else [_entry(song) for song in songs]
        return self._read(self._store.playlists.change(self.summary(playlist).id, name, entries, seen))

    @checked
    def delete(self, playlist: int | str, *, seen: str | None = None) -> None:
        """Forget a playlist; its songs stay in the library.

        Parameters
        ----------
        playlist : int or str
            Its id or its name.
        seen : str, optional
            Its ``updated`` when it was read: one that was changed elsewhere since stays.

        Raises
        ------
        UsageError
            If there is none, or it was changed elsewhere.
        """
        self._store.playlists.remove(self.summary(playlist).id, seen)

    @checked
    def smooth(self, songs: Iterable[Song]) -> tuple[PlaylistSong, ...]:
        """Order songs so that neighbours feel alike; the first stays first.

        Parameters
        ----------
        songs : iterable of Match, Track, PlaylistSong or int

        Returns
        -------
        tuple of PlaylistSong

        Raises
        ------
        UsageError
            If a song is not in the library, or there are too many.
        """
        given = self._songs([_entry(song) for song in songs])
        return tuple(given[index] for index in smooth_order([song.track.affect for song in given]))

    @checked
    def at(self, connection: str) -> "ServerPlaylists":
        """Log in at a music server, to exchange playlists with it.

        Parameters
        ----------
        connection : str
            Name of a connection.

        Returns
        -------
        ServerPlaylists

        Raises
        ------
        UsageError, SourceError
            If there is no such connection, or the server can't be asked.

        Examples
        --------
        >>> import img2music
        >>> with img2music.Library.open("music.db") as library, library.playlists.at("home") as server:
        ...     server.push("Evening").left_out
        """
        from img2music.app.server_playlists import ServerPlaylists

        return ServerPlaylists(self._store, connection)

    def summary(self, playlist: int | str) -> PlaylistSummary:
        """Find a playlist by its id or name, without reading its songs."""
        try:
            return self._store.playlists.find(playlist)
        except KeyError:
            name = f"#{playlist}" if isinstance(playlist, int) else printable(playlist)
            known = ", ".join(printable(each.name) for each in self._store.playlists.all()[:5])
            there = f"the last changed are {known}" if known else "it has none yet"
            raise UsageError(f"The library has no playlist {name}; {there}.") from None

    def _read(self, found: PlaylistSummary) -> SavedPlaylist:
        return SavedPlaylist(
            id=found.id,
            name=found.name,
            created=found.created,
            updated=found.updated,
            songs=self._songs(self._store.playlists.entries(found.id)),
        )

    def _songs_of(self, given: "Iterable[Song] | CueSheet") -> Iterable[Song]:
        if isinstance(given, Iterable):
            return given
        found: dict[int, PlaylistSong] = {}
        for cue in given.cues:
            track = self._store.find(cue.track.path)
            if track is None:
                raise UsageError(f"The library has no song {printable(cue.track.path)}, which the cue sheet names.")
            found.setdefault(track.id, PlaylistSong(track, cue.passage))
        return found.values()

    def _songs(self, entries: Sequence[PlaylistEntry]) -> tuple[PlaylistSong, ...]:
        ids = [entry.track for entry in entries]
        tracks = {track.id: track for track in self._store.tracks(ids, missing=True)}
        for id_ in ids:
            if id_ not in tracks:
                raise UsageError(f"The library has no song #{id_}.")
        return tuple(PlaylistSong(tracks[each.track], _passage(each)) for each in entries)


def _entry(song: Song) -> PlaylistEntry:
    if isinstance(song, int):
        return PlaylistEntry(song)
    if isinstance(song, Track):
        return PlaylistEntry(song.id)
    passage = song.passage
    return PlaylistEntry(song.track.id, *((None, None) if passage is None else (passage.start, passage.end)))


def _passage(entry: PlaylistEntry) -> Passage | None:
    return None if entry.start is None or entry.end is None else Passage(entry.start, entry.end)


def playlist(songs: Sequence[tuple[Track, Passage | None]], title: str | None = None) -> Recommendations:
    """Make a playlist of songs, at least one, each with its passage; what it is matched to is their mean affect."""
    affects = [track.affect for track, _ in songs]
    mean = Affect(*(sum(getattr(each, axis) for each in affects) / len(songs) for axis in ("valence", "arousal")))
    matches = []
    for rank, (track, passage) in enumerate(songs, start=1):
        position, distance = (track.affect.valence, track.affect.arousal), track.affect.distance(mean)
        matches.append(Match(rank, track, position, distance, similarity(distance), passage, ""))
    found = Recommendation(Query(QueryKind.POINT, mean), (mean.valence, mean.arousal), tuple(matches))
    return Recommendations(MatchMode.ABSOLUTE, True, (found,), title=title)

"""Watches folders and albums of photos, and keeps a playlist up to date with them."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence

from img2music import locations
from img2music.app.library import Library
from img2music.app.playlists import PlaylistSong, SavedPlaylist
from img2music.connectors.folders import under
from img2music.connectors.service_photos import names_photos, service_of
from img2music.errors import (
    AwayError,
    Cancelled,
    Img2MusicError,
    InputError,
    UsageError,
    counted,
    printable,
    require_extra,
)
from img2music.library.record import require_name
from img2music.matching.passages import Passage
from img2music.matching.query import QueryKind
from img2music.matching.query_reading import GivenFile, expand
from img2music.matching.recommendation import Match
from img2music.options import RecommendOptions, WatchOptions
from img2music.progress import Progress, Step, Told
from img2music.remote import State

LONGEST = 60.0
"""Seconds after which a playlist is renewed although something goes on to change."""
Seen = tuple[tuple[str, State | None], ...]
"""What there is: files with their states, and None for those that can't be told."""


class Watch:
    """A playlist that follows photos; one at a time for each name. ``kept`` is given it when it is as it should be."""

    def __init__(
        self,
        library: Library,
        photos: Sequence[str],
        playlist: str,
        options: RecommendOptions,
        *,
        music: Sequence[str] = (),
        patience: WatchOptions | None = None,
        kept: Callable[[SavedPlaylist], object] = lambda _: None,
        told: Told,
        progress: Progress,
    ) -> None:
        self._library, self._photos, self._playlist, self._options = library, photos, playlist, options
        self._music = [locations.real(locations.expanded(folder)) for folder in music]
        self._patience = patience or WatchOptions()
        self._kept, self._told, self._progress = kept, told, progress
        self._seen: Seen | None = None
        self._unsent: SavedPlaylist | None = None
        self._known: dict[str, Collection[str]] = defaultdict(tuple)  # what is wrong, by the stage that told it
        require_name(playlist, "playlist")
        if not photos:
            raise UsageError("Nothing to watch: give folders of photos, or albums of a photo service.")
        for path in (*photos, *self._music):
            if names_photos(path):
                service_of(path.partition(":")[0])
            elif not locations.exists(path):
                raise InputError("there is no such folder.", path)

    def run(self, ended: threading.Event) -> None:
        """Renew the playlist now, and whenever something has changed, until that is ended."""

        def watched_until(step: Step) -> None:
            if ended.is_set():
                raise Cancelled
            show(step)

        show, self._progress = self._progress, watched_until
        try:
            self._listen()
            self.renew()
            for heard in self._changes(ended):
                if heard:
                    self._listen()
                self.renew(again=heard)
        except Cancelled:
            pass  # the playlist is as it was, or as it should be

    def renew(self, *, again: bool = False) -> None:
        """Renew the playlist if there are other photos than the last time, or, ``again``, perhaps other songs."""
        try:
            seen, faults, away = self._look()
            self._tell("looking", faults)
            if away or (seen == self._seen and not again and self._unsent is None):
                return  # rather an old playlist than half of one
            if seen != self._seen or again:
                self._unsent = self._made()
                self._seen = seen
            if self._unsent is not None:
                self._kept(self._unsent)
                self._unsent = None
            self._tell("renewing", [])
        except Cancelled:
            raise
        except Img2MusicError as error:
            self._tell("renewing", [error])

    def _look(self) -> tuple[Seen, list[InputError], bool]:
        """What there is, what is wrong with it, and whether something that was given is away, or has nothing now."""
        seen: list[tuple[str, State | None]] = []
        faults: list[InputError] = []
        away = False
        before = [path for path, _ in self._seen or ()]
        for path in self._photos:
            items: list[GivenFile | InputError] = [InputError("is not there now.", path)]
            if names_photos(path) or locations.exists(path):
                items = expand(path, songs=True, progress=self._progress)
            there = [item.path for item in items if isinstance(item, GivenFile)]
            # Copies are touched whenever they are wanted, and another picture is another copy.
            seen += [(each, None if names_photos(path) else _state(each)) for each in there]
            wrong = [item for item in items if isinstance(item, InputError)]
            gone = [item for item in wrong if item.path and any(under(each, [item.path]) for each in before)]
            # What else can't be read in folders is told when they are read.
            faults += wrong if names_photos(path) or not there else gone
            away = away or not there or bool(gone) or any(isinstance(item, AwayError) for item in wrong)
        return tuple(seen), faults, away

    def _made(self) -> SavedPlaylist:
        """Make the playlist that fits what there is now."""
        library, playlists = self._library, self._library.playlists
        wishes = {**vars(self._options), "together": True}
        found = library.recommend(*self._photos, progress=self._progress, **wishes)
        if (gone := next(filter(_has_gone, found.errors), None)) is not None:
            raise gone  # after it was looked for: the next look tells whether it is back
        self._tell("reading", [error for error in found.errors if str(error) not in self._known["looking"]])
        if not found.matches:
            raise UsageError(f"The playlist {printable(self._playlist)} stays as it is: nothing was found for it.")
        songs = [(match.track.id, match) for match in found.matches]
        before = next((each for each in playlists.list().playlists if each.name == self._playlist), None)
        known = [] if before is None else [_entry(song) for song in playlists.read(before.id).songs]
        pictures = sum(each.query.kind is QueryKind.IMAGE for each in found)
        asked = [(pictures, "picture"), (len(found) - pictures, "song")]
        wanted = " and ".join(counted(number, what) for number, what in asked if number)
        count = f"{counted(len(songs), 'song')} for {wanted}"
        if before is not None and known == [_entry(match) for _, match in songs]:
            self._told(f"{printable(self._playlist)}: {count}, as it was.")
            return playlists.read(before.id)
        saved = playlists.save(self._playlist, [match for _, match in songs], replace=True)
        new = len({id_ for id_, _ in songs} - {id_ for id_, *_ in known})
        self._told(f"{printable(self._playlist)}: {count}, {new} of them new.")
        return saved

    def _listen(self) -> None:
        if self._music:
            try:
                report = self._library.scan(*self._music, progress=self._progress)
                self._tell("listening", report.failed)
                if report.new or report.changed or report.returned or report.missing:
                    self._told(report)
            except Cancelled:
                raise
            except Img2MusicError as error:
                self._tell("listening", [error])

    def _tell(self, stage: str, faults: Sequence[Img2MusicError]) -> None:
        """Tell what is wrong at a stage that was not at the last time."""
        words = {str(fault): fault for fault in faults}
        for text, fault in words.items():
            if text not in self._known[stage]:
                self._told(fault)
        self._known[stage] = words.keys()

    def _changes(self, ended: threading.Event) -> Iterator[bool]:
        """Wait for changes, and for the time to look anyway; tells whether music has changed."""
        last, begun, heard = -LONGEST - self._patience.every, 0.0, False  # once at once: it may have changed meanwhile
        for changed in self._heard(ended):
            now = time.monotonic()
            if changed:
                begun = begun or now
                heard = heard or any(under(path, self._music) for path in changed)
                if now - begun < LONGEST:
                    continue
            elif not begun and now - last < self._patience.every:
                continue
            yield heard
            last, begun, heard = time.monotonic(), 0.0, False

    def _heard(self, ended: threading.Event) -> Iterator[set[str]]:
        """Paths that change; none each time that nothing has changed for a while."""
        with require_extra("Watching folders", "servers"):
            from watchfiles import watch

        given = [
            path for path in (*self._photos, *self._music) if not names_photos(path) and not locations.is_url(path)
        ]
        folders = [os.path.realpath(path) for path in given]
        wait = min(self._patience.settle, self._patience.every)
        if folders:
            try:
                for changes in watch(
                    *folders,
                    watch_filter=None,
                    stop_event=ended,
                    rust_timeout=int(1000 * wait),
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    ignore_permission_denied=True,
                ):
                    yield {path for _, path in changes}
            except (OSError, UnicodeError) as error:  # too many folders for the system, or one that has gone
                self._told(f"folders are looked through every {self._patience.every:g} seconds instead: {error}")
        while not ended.wait(wait):
            yield set()


def _state(path: str) -> State | None:
    try:
        return locations.state(path)
    except (OSError, InputError):
        return None


def _has_gone(error: InputError) -> bool:
    """Whether what can't be read is not there at all, or perhaps there, but can't be told."""
    path = error.path
    return isinstance(error, AwayError) or not (path is None or names_photos(path) or locations.exists(path))


def _entry(song: Match | PlaylistSong) -> tuple[int, Passage | None]:
    return song.track.id, song.passage

"""Fetches the words of tracks from files and services, and keeps them, with where they come from, in the library."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, Protocol

from img2music.connectors.lyrics import Lyrics
from img2music.errors import InputError, MissingExtraError, SourceError, UsageError, printable
from img2music.filters import TrackFilter
from img2music.library.record import LOCAL, LyricsRecord, best
from img2music.library.store import LibraryStore
from img2music.options import LyricsSource, chosen
from img2music.progress import Progress, Step, unwatched
from img2music.shapes import Result
from img2music.track import Track

SERVICES = (LyricsSource.LRCLIB, LyricsSource.MUSIXMATCH)
"""Where words may be fetched from. Services are asked only if they are named."""
EXCERPTS = ("musixmatch",)
"""Sources that may know a part of the words only; others are still asked."""
MOST_FAILURES = 3
"""A service that fails so often in a row is not asked again in the same run."""
A_BATCH, BATCH_SECONDS = 200, 2.0


class Service(Protocol):
    """A web service that knows lyrics."""

    def find(self, title: str, artist: str, album: str | None, duration: float | None) -> Lyrics:
        """The lyrics of a song."""


@dataclass(repr=False)
class FetchReport(Result):
    """What `fetch` did."""

    tracks: int = 0
    """That were looked at."""
    known: int = 0
    """Those whose words were known before."""
    found: dict[str, int] = field(default_factory=dict)
    """Tracks whose words were found, by source."""
    instrumental: int = 0
    """Tracks that are known to have none."""
    none: int = 0
    """Tracks of which no source knows the words; also of earlier runs."""
    unnamed: int = 0
    """Tracks that no service was asked for, since they have no title or no artist."""
    failed: list[InputError] = field(default_factory=list)
    """Tracks that a service failed on; they are asked for again in the next run."""
    given_up: list[str] = field(default_factory=list)
    """Services that were not asked any more, since they failed."""
    unasked: int = 0
    """Tracks that they were not asked for."""
    read: int = 0
    """Words that were known before, and are read now that the extra ``languages`` is there."""
    unread: dict[str, int] = field(default_factory=dict)
    """Words that the extra ``languages`` would read, by language."""

    @property
    def got(self) -> int:
        """Tracks whose words were found."""
        return sum(self.found.values())

    def __str__(self) -> str:
        by_source = ", ".join(f"{source} {count}" for source, count in self.found.items())
        parts = [
            f"lyrics of {self.known} known before",
            f"found for {self.got}{f' ({by_source})' if by_source else ''}",
            f"{self.instrumental} instrumental" if self.instrumental else "",
            f"none known for {self.none}",
            f"{self.unnamed} without title and artist" if self.unnamed else "",
            f"{self.unasked} not asked for" if self.unasked else "",
            f"{len(self.failed)} failed" if self.failed else "",
            f"words of {self.read} more are read" if self.read else "",
        ]
        rest = f" Given up: {', '.join(self.given_up)}; run it again to go on." if self.given_up else ""
        if self.unread:
            unread = f" Reading the words of {sum(self.unread.values())} in {', '.join(sorted(self.unread))}"
            rest += str(MissingExtraError(unread, "languages"))
        return f"{self.tracks} tracks: {', '.join(part for part in parts if part)}.{rest}"


def fetch(
    store: LibraryStore,
    sources: Sequence[str] = LOCAL,
    *,
    where: TrackFilter | None = None,
    limit: int | None = None,
    again: bool = False,
    progress: Progress = unwatched,
    services: dict[str, Service] | None = None,
) -> FetchReport:
    """Fetch the words of the tracks that are present and whose words are not known.

    Each source is asked until one knows the words, or that there are none. What a service says is stored at once, also
    that it knows none; it is not asked the same twice. Whatever stops this, the next call goes on from there.
    """
    sources = list(dict.fromkeys(chosen(LyricsSource, source, "source") for source in sources or [""]))
    if limit is not None and limit < 1:
        raise UsageError("`limit` must be at least 1.")
    asking = services or {source: _client(source) for source in sources if source in SERVICES}
    return _Fetch(store, sources, asking, again).run(where, limit, progress)


@dataclass(frozen=True, slots=True, repr=False)
class KnownLyrics(Result):
    """What is known of the words of a track."""

    schema: Literal["img2music/lyrics/1"] = field(default="img2music/lyrics/1", init=False, repr=False)
    track: Track
    """The track."""
    lyrics: list[LyricsRecord]
    """One a source that was asked, best first."""

    def require(self) -> LyricsRecord:
        """The best of the records."""
        record = best(self.lyrics)
        if record is None:
            tried = f" ({', '.join(record.source for record in self.lyrics)} know none)" if self.lyrics else ""
            raise InputError(
                f"no lyrics of it are known{tried};",
                self.track.path or self.track.identifier,
                remedy="fetch some first.",
            )
        return record


def known_lyrics(store: LibraryStore, track: str) -> KnownLyrics:
    """Read what is known of the words of a track."""
    found = store.find_any(track)
    if found is None:
        raise UsageError(f"There is no track {printable(track)} in the library.")
    return KnownLyrics(found, store.lyrics([found.id]).get(found.id, []))


def describe(track: Track, record: LyricsRecord) -> str:
    """Tell in one line what lyrics are of and where they come from."""
    by = f" by {track.artist}" if track.artist else ""
    language = f", language {record.language}" if record.language else ""
    what = "instrumental" if record.text is None else "an excerpt" if record.source in EXCERPTS else "lyrics"
    day = datetime.fromtimestamp(record.fetched, UTC).date().isoformat()
    return f"{track.shown_title}{by}: {what}, from {record.source}{language}, fetched {day}."


def recorded(source: str, lyrics: Lyrics, *, read: bool) -> LyricsRecord:
    """Make a record of lyrics that have just been fetched, and tell their language."""
    language = valence = None
    if lyrics.text is not None:
        from img2music.music.lyrics.cleaning import clean
        from img2music.music.lyrics.language import detect

        words = clean(lyrics.text)
        language = detect(words)
        valence = _valence(words, language) if read else None
    return LyricsRecord(source, lyrics.text, lyrics.instrumental, language, int(time.time()), valence)


def _valence(words: str, language: str | None) -> float | None:
    from img2music.music.lyrics.affect_model import lyrics_affect
    from img2music.music.lyrics.fusion import on_common_scale

    found = lyrics_affect(words, language)
    return None if found is None else on_common_scale(found.affect.valence, found.model)


def _client(source: str) -> Service:
    if source == "lrclib":
        from img2music.connectors.lrclib import Lrclib

        return Lrclib()
    from img2music.connectors.musixmatch import Musixmatch

    return Musixmatch()


def _named(track: Track) -> bool:
    return bool(track.title and (track.artist or track.album_artist))


class _Fetch:
    """One run of `fetch`."""

    def __init__(self, store: LibraryStore, sources: Sequence[str], services: dict[str, Service], again: bool) -> None:
        self._store = store
        self._sources = list(sources)
        self._services = services
        self._again = again
        self._failures = dict.fromkeys(services, 0)
        self._pending: list[tuple[int, LyricsRecord]] = []
        self._stored = time.monotonic()
        self._report = FetchReport()

    def run(self, where: TrackFilter | None, limit: int | None, progress: Progress) -> FetchReport:
        wanted = self._wanted(where, limit)
        try:
            for done, (track, before) in enumerate(wanted, start=1):
                self._fetch(track, before)
                progress(Step("Lyrics", done, len(wanted), track.path or track.identifier, "tracks"))
            self._flush()
            self._read_others(progress)
        finally:  # also if interrupted
            self._flush()
        return self._report

    def _read_others(self, progress: Progress) -> None:
        """Read the words that were fetched before their language could be read, or count them."""
        from img2music.music.lyrics.affect_model import ENGLISH, languages_read
        from img2music.music.lyrics.cleaning import clean
        from img2music.music.lyrics.encoders import LANGUAGES

        unread = self._store.unread_lyrics(LANGUAGES - {ENGLISH})
        for done, (track, record) in enumerate(unread, start=1):
            language = str(record.language)
            if language not in languages_read():
                self._report.unread[language] = self._report.unread.get(language, 0) + 1
                continue
            valence = _valence(clean(record.text or ""), language)
            if valence is not None:
                self._keep(track, replace(record, valence=valence))
                self._report.read += 1
            progress(Step("Reading lyrics", done, len(unread), unit="tracks"))

    def _wanted(self, where: TrackFilter | None, limit: int | None) -> list[tuple[Track, dict[str, bool]]]:
        """Tracks to ask for, and which sources were asked before; the others are counted."""
        asked = self._store.lyrics_sources()
        wanted = []
        fresh = 0
        for track in self._store.tracks(where=where):
            self._report.tracks += 1
            before = asked.get(track.id, {})
            to_ask = [source for source in self._sources if self._asks(source, before)]
            if any(has and source not in EXCERPTS for source, has in before.items()):
                self._report.known += 1
            elif not to_ask:
                self._count_unfound(track, before, failed=False)
            elif all(source in before for source in to_ask) and not self._again:
                wanted.append((track, before))  # only to see whether a file lies beside it now
            elif limit is None or fresh < limit:
                wanted.append((track, before))
                fresh += 1
        return wanted

    def _asks(self, source: str, before: dict[str, bool]) -> bool:
        """Whether to ask a source. What lies beside a file is always looked for: it may have come since."""
        return source not in before or (not before[source] and (self._again or source == "files"))

    def _fetch(self, track: Track, before: dict[str, bool]) -> None:
        failed = len(self._report.failed)
        for source in self._sources:
            lyrics = self._ask(source, track) if self._asks(source, before) else None
            if lyrics is None:
                continue
            if lyrics != Lyrics() or source not in before:
                self._keep(track.id, recorded(source, lyrics, read=track.path is not None))
            if lyrics.text is not None:
                self._report.found[source] = self._report.found.get(source, 0) + 1
            elif lyrics.instrumental:
                self._report.instrumental += 1
            else:
                continue
            return
        self._count_unfound(track, before, failed=len(self._report.failed) > failed)

    def _count_unfound(self, track: Track, before: dict[str, bool], *, failed: bool) -> None:
        report = self._report
        unasked = [source for source in self._sources if source in SERVICES and source not in before]
        if failed:
            return
        if any(before.values()):
            report.known += 1  # an excerpt
        elif unasked and not _named(track):
            report.unnamed += 1
        elif any(source in report.given_up for source in unasked):
            report.unasked += 1
        else:
            report.none += 1

    def _ask(self, source: str, track: Track) -> Lyrics | None:
        """What a source knows; None if it can't be asked for this track."""
        if source in LOCAL:
            return self._read(source, track)
        if source in self._report.given_up or not _named(track):
            return None
        try:
            lyrics = self._services[source].find(
                track.title or "", track.artist or track.album_artist or "", track.album, track.duration
            )
        except SourceError as error:
            self._failures[source] += 1
            self._report.failed.append(InputError(str(error), track.path or track.identifier))
            if error.final or self._failures[source] >= MOST_FAILURES:
                self._report.given_up.append(source)
            return None
        self._failures[source] = 0
        return lyrics

    @staticmethod
    def _read(source: str, track: Track) -> Lyrics | None:
        if track.path is None:
            return None
        from img2music.connectors.lyric_files import read_beside, read_embedded

        return read_embedded(track.path) if source == "tags" else read_beside(track.path)

    def _keep(self, track: int, record: LyricsRecord) -> None:
        self._pending.append((track, record))
        late = time.monotonic() - self._stored > BATCH_SECONDS
        if record.source in SERVICES or late or len(self._pending) >= A_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            with self._store.writing() as transaction:
                transaction.put_lyrics(self._pending)
            self._pending.clear()
        self._stored = time.monotonic()

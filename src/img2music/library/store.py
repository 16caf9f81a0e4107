"""The library at rest: reading and writing tracks."""

import contextlib
import hashlib
import os
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from img2music.analysis import CurvePoint, FailureKind
from img2music.connectors.folders import FileState
from img2music.errors import Cancelled, LibraryError, UsageError, printable
from img2music.files import Closing
from img2music.filters import TrackFilter
from img2music.library import database, feedback, postgresql, sqlite
from img2music.library.affects import BEST, KNOWN, WORDS, affects_of, pack, unpack
from img2music.library.filters import KIND, KINDS_OF_NO_MUSIC, PRESENT, conditions, holding
from img2music.library.jobs import Jobs
from img2music.library.ledger import Ledger, ScanState, ScanStatus
from img2music.library.listing import LibraryInfo
from img2music.library.mapping import SongFacts
from img2music.library.playlists import PlaylistTable
from img2music.library.projects import ProjectTable
from img2music.library.record import (
    CURVE_DTYPE,
    Failure,
    Feedback,
    JudgedTrack,
    LyricsRecord,
    SongRecord,
    Stage,
    TrackRecord,
    unpack_curve,
)
from img2music.library.rows import batches, record_of, song_of, tracks_of
from img2music.library.schema import CHANGES, SAID, affects, counters, curves, failures, lyrics, song_sources, tracks
from img2music.library.servers import FACTS, ServerTable, facts_of
from img2music.library.transaction import LYRICS, Transaction
from img2music.locations import expanded, folder_of
from img2music.options import ME
from img2music.progress import Progress, unwatched
from img2music.track import Track, TrackKind

_TEXT_COLUMNS = ("artist", "album_artist", "genre", "album", "content", "sound", "title")
STREAMED: Any = {"execution_options": {"yield_per": 1000}}
"""How to execute what may give millions of rows: a server would send them all at once."""
_NUMBER_COLUMNS = ("valence", "arousal", "year", "tempo", "duration", "instrumentalness", "key", "mode")


@dataclass(frozen=True, slots=True)
class KnownFile(FileState):
    """A file as it was when it was analysed, and what the library knows of it without opening it."""

    id: int  # the track's number
    analyzer: str  # the analyzer version that measured it
    missing: bool  # whether the file was gone at the last scan
    hashed: bool  # whether its sound has been hashed


class LibraryVersion(NamedTuple):
    """What only grows with changes, by this process or another: of all but jobs, and of what people say alone."""

    changes: int
    said: int


class LibraryStore(Closing):
    """A library that is open. Use as a context manager."""

    def __init__(
        self,
        engine: sa.Engine,
        where: database.LibraryLocation,
        *,
        read_only: bool = False,
        reads: sa.Engine | None = None,
    ) -> None:
        self._engine = engine
        self._reads = reads or engine
        self._read_only = read_only
        self._single = self._reads
        if where.url is not None:  # one query needs no transaction there
            self._single = self._reads.execution_options(isolation_level="AUTOCOMMIT")
        self._pinned = threading.local()
        self._writer = engine.execution_options(immediate=True)
        self._where = where
        self._file = None if where.path is None else sqlite.identity(where.path)
        self.location = str(where)
        self.jobs = Jobs(self._reading_new, self._writing)
        self.playlists = PlaylistTable(self._reading_new, self._writing)
        self.projects = ProjectTable(self._reading_new, self._writing)
        self.servers = ServerTable(self._reading_new, self._writing)
        self.ledger = Ledger(self._reading_new, self._writing)

    @classmethod
    def open(
        cls,
        location: str | os.PathLike[str] | None = None,
        *,
        create: bool = False,
        read_only: bool = False,
        replica: bool = False,
    ) -> "LibraryStore":
        """Open a library, and bring it to the newest schema if need be.

        With ``replica``, what others change is read from a replica, if the location names one: a moment later.
        """
        where = database.locate(location)
        engine = database.open_engine(where, create=create, read_only=read_only)
        reads = database.reading_engine(where, engine) if replica else None
        return cls(engine, where, read_only=read_only, reads=reads)

    def close(self) -> None:
        """Close the database."""
        if self._has_moved():
            sqlite.let_go(self._engine)
        self._engine.dispose()
        self._reads.dispose()

    # Reading

    def version(self) -> LibraryVersion:
        """What stays the same as long as nobody has changed the library, but for jobs."""
        found = dict(map(tuple, self._rows(_VERSION)))
        return LibraryVersion(found[CHANGES], found.get(SAID, 0))

    def count(self, *, missing: bool = False) -> int:
        """Count the tracks that are present, or those that are missing."""
        counted = sa.select(sa.func.count())
        return int(self._number(counted.where(tracks.c.missing.is_(True)) if missing else counted.select_from(affects)))

    def columns(self, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Read columns of the tracks that are present (not missing), in ascending order of id.

        Ids, valence and arousal together are one quick pass over a packed copy (a million tracks in a tenth
        of a second); another column costs about a second.
        """
        for name in names:
            if name not in ("id", *_NUMBER_COLUMNS, *_TEXT_COLUMNS):
                raise UsageError(f"There is no column {name!r} of tracks.")
        with self._reading() as connection:  # one transaction: every column of the same tracks
            found: dict[str, NDArray[Any]] = {}
            if {"id", "valence", "arousal"} & set(names):
                found = self._affects(connection)
            others = [name for name in names if name not in found]
            if others:
                found.update(_columns(connection, others))
        return {name: found[name] for name in names}

    def counts(self, name: str) -> dict[Any, int]:
        """Count the tracks that are present by the values of a column, those of most tracks first."""
        column, count = tracks.c[name], sa.func.count()
        counted = sa.select(column, count).where(PRESENT, column.is_not(None)).group_by(column)
        return dict(map(tuple, self._rows(counted.order_by(count.desc(), column))))

    def ids(self, where: TrackFilter) -> NDArray[np.int64]:
        """Find the tracks that are present and pass a filter."""
        with self._reading() as connection:
            wanted = sa.select(tracks.c.id).where(PRESENT, *conditions(where, present=True))
            return np.sort(database.backend(connection.dialect).ids(wanted, connection.execute))

    def unmusical(self) -> dict[TrackKind, NDArray[np.int64]]:
        """Find the tracks that are present and no music, by what they are."""
        with self._reading() as connection:

            def execute(statement: sa.Select[Any]) -> sa.CursorResult[Any]:
                # An index is only used if its condition is there word by word, without parameters.
                words = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
                return connection.exec_driver_sql(str(words))

            read = database.backend(connection.dialect).ids
            return {
                kind: np.sort(read(sa.select(tracks.c.id).where(which), execute))
                for kind, which in KINDS_OF_NO_MUSIC.items()
            }

    def tracks(
        self,
        ids: Sequence[int] | None = None,
        where: TrackFilter | None = None,
        *,
        missing: bool = False,
    ) -> Iterator[Track]:
        """Read tracks."""
        statement = _TRACKS
        if where is not None:
            statement = statement.where(*conditions(where))
        with self._reading() as connection:
            if ids is None:
                if not missing:
                    statement = statement.where(tracks.c.missing.is_(False))
                rows = connection.execute(statement.order_by(tracks.c.path.nulls_last(), tracks.c.id), **STREAMED)
                for part in batches(rows):
                    yield from tracks_of(part)
                return
            for batch in batches(ids):
                found = {each.id: each for each in tracks_of(list(_rows_of(connection, statement, tracks.c.id, batch)))}
                yield from (found[each] for each in batch if each in found)

    def search(self, text: str, *, after: int, limit: int) -> list[Track]:
        """Find tracks that are present by words, in order of id."""
        statement = _TRACKS.where(tracks.c.missing.is_(False), tracks.c.id > after, *holding(text))
        return list(tracks_of(list(self._rows(statement.order_by(tracks.c.id).limit(limit)))))

    def folders(self) -> dict[str, int]:
        """Count the tracks that are present by the folder that they lie in; 0 where all of them are missing."""
        found: Counter[str] = Counter()
        for path, missing in self._all_rows(
            sa.select(tracks.c.path, tracks.c.missing).where(tracks.c.path.is_not(None))
        ):
            found[folder_of(path)] += not missing
        return found

    def find(self, path: str) -> Track | None:
        """Find a track by its path."""
        return self._find(tracks.c.path == path)

    def find_any(self, name: str) -> Track | None:
        """Find a track by what a person calls it."""
        digits = name.removeprefix("#")
        wanted = tracks.c.id == int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
        if wanted is None:
            found = None if "\0" in name else self.find(expanded(name))
            if found is not None:
                return found
            wanted = tracks.c.identifier == name
        return self._find(wanted)

    def _find(self, wanted: sa.ColumnElement[bool]) -> Track | None:
        return next(iter(tracks_of(list(self._rows(_TRACKS.where(wanted))))), None)

    def identifiers(self, wanted: Iterable[str]) -> set[str]:
        """Tell which songs without a file are in the library."""
        return {name for (name,) in self._rows_of(sa.select(tracks.c.identifier), tracks.c.identifier, wanted)}

    def facts(self, ids: Iterable[int] | None = None) -> Iterator[SongFacts]:
        """Read what songs of servers are compared with, of all tracks or some."""
        rows = self._all_rows(_FACTS.order_by(tracks.c.id)) if ids is None else self._rows_of(_FACTS, tracks.c.id, ids)
        return map(facts_of, rows)

    def curves(self, ids: Iterable[int]) -> dict[int, tuple[CurvePoint, ...]]:
        """Read affect curves; words of a track move all of its curve as they move the track."""
        rows = list(self._rows_of(_CURVES, curves.c.track_id, ids))
        moved = zip(rows, affects_of(rows), strict=True)
        return {row[0]: unpack_curve(row[1], valence - row[2]) for row, (valence, _) in moved}

    def curve_arrays(self, ids: Iterable[int]) -> dict[int, NDArray[np.void]]:
        """Read affect curves without a Python object for each window."""
        rows = self._rows_of(sa.select(curves), curves.c.track_id, ids)
        return {track: np.frombuffer(points, dtype=CURVE_DTYPE) for track, points in rows}

    def lyrics(self, ids: Iterable[int]) -> dict[int, list[LyricsRecord]]:
        """Read what is known of the words of tracks, best first."""
        found: dict[int, list[LyricsRecord]] = {}
        for row in self._rows_of(sa.select(lyrics).order_by(*BEST), lyrics.c.track_id, ids):
            found.setdefault(row.track_id, []).append(_words(row))
        return found

    def lyrics_sources(self) -> dict[int, dict[str, bool]]:
        """Tell which sources were asked for the words of tracks."""
        found: dict[int, dict[str, bool]] = {}
        for track, source, has in self._all_rows(sa.select(lyrics.c.track_id, lyrics.c.source, KNOWN)):
            found.setdefault(track, {})[source] = bool(has)
        return found

    def unread_lyrics(self, languages: Collection[str]) -> list[tuple[int, LyricsRecord]]:
        """Read the words, in some languages, of tracks with a file that no model has read."""
        unread = sa.and_(lyrics.c.text.is_not(None), lyrics.c.valence.is_(None), lyrics.c.language.in_(languages))
        statement = sa.select(lyrics).join(tracks, tracks.c.id == lyrics.c.track_id)
        rows = self._rows(statement.where(unread, tracks.c.path.is_not(None)))
        return [(row.track_id, _words(row)) for row in rows]

    def all_lyrics(self) -> Iterator[tuple[str | None, str | None, LyricsRecord]]:
        """Read what is known of the words of every track."""
        statement = sa.select(lyrics, tracks.c.path, tracks.c.identifier).join(tracks, tracks.c.id == lyrics.c.track_id)
        order = (tracks.c.path.nulls_last(), tracks.c.id, lyrics.c.source)
        return ((row.path, row.identifier, _words(row)) for row in self._all_rows(statement.order_by(*order)))

    def records(self) -> Iterator[TrackRecord]:
        """Read all that is stored of every track that has a file, in order of path."""
        return map(record_of, self._all_rows(_RECORDS.order_by(tracks.c.path)))

    def songs(self) -> Iterator[SongRecord]:
        """Read all that is stored of every song without a file, in order of id."""
        sources: dict[int, list[str]] = {}
        for track, source in self._all_rows(sa.select(song_sources).order_by(song_sources.c.source)):
            sources.setdefault(track, []).append(source)
        songs = self._all_rows(sa.select(tracks).where(tracks.c.path.is_(None)).order_by(tracks.c.id))
        return (song_of(row, sources.get(row.id, ())) for row in songs)

    def failures(self) -> Iterator[Failure]:
        """Read the files that could not be analysed, in order of path."""
        for row in self._all_rows(sa.select(failures).order_by(failures.c.path)):
            yield Failure(**{**row._mapping, "stage": Stage(row.stage), "kind": FailureKind(row.kind)})

    def feedback(self, person: str | None = None) -> list[Feedback]:
        """Read what one person said of tracks and pictures, or everybody, in order of time.

        A name that nobody here has is refused: a mistyped one would bring back what that person never wants.
        """
        with self._reading_new() as connection:
            said = feedback.read(connection, person)
            if said or person in (None, ME):
                return said
            known = feedback.people(connection)
        names = f"only {', '.join(map(printable, known))}" if known else "nor has anybody else"
        raise UsageError(
            f"{printable(person)} has said nothing in the library {self.location}; {names}: check `person`, or leave "
            "it out."
        )

    def judged(self, tracks: Sequence[JudgedTrack]) -> list[list[int]]:
        """Find the tracks of the library, not missing, that each of these is."""
        with self._reading() as connection:
            return feedback.present(connection, tracks)

    def known_files(self) -> Iterator[KnownFile]:
        """Read the state of every file that is stored."""
        columns = (tracks.c.path, tracks.c.size, tracks.c.mtime_ns, tracks.c.id, tracks.c.analyzer, tracks.c.missing)
        statement = sa.select(*columns, tracks.c.sound.is_not(None)).where(tracks.c.path.is_not(None))
        return (KnownFile(*row) for row in self._all_rows(statement))

    def record(self, path: str) -> TrackRecord | None:
        """Read all that is stored of one track by its path."""
        return next((record for _, record in self._alike(tracks.c.path == path)), None)

    def same_content(self, content: str) -> list[tuple[int, TrackRecord]]:
        """Find the tracks whose files hold the same bytes."""
        return self._alike(tracks.c.content == content)

    def same_sound(self, sound: str) -> list[tuple[int, TrackRecord]]:
        """Find the tracks whose files sound the same, however they are tagged."""
        return self._alike(tracks.c.sound == sound)

    def _alike(self, same: sa.ColumnElement[bool]) -> list[tuple[int, TrackRecord]]:
        return [(row.id, record_of(row)) for row in self._rows(_RECORDS.where(same).order_by(tracks.c.id))]

    def copies(self, sounds: Iterable[str] | None = None) -> list[tuple[str, int, str, str | None]]:
        """Find the tracks that are present and sound the same as another one."""
        if sounds is None:
            several = sa.select(tracks.c.sound).group_by(tracks.c.sound).having(sa.func.count() > 1)
            return [tuple(row) for row in self._rows(_SOUNDS.where(tracks.c.sound.in_(several)))]
        alike = [tuple(row) for row in self._rows_of(_SOUNDS, tracks.c.sound, sounds)]
        count = Counter(sound for sound, *_ in alike)
        return [each for each in alike if count[each[0]] > 1]

    def copy(self, target: "LibraryStore", progress: Progress = unwatched) -> int:
        """Copy all but jobs into an empty library, of either kind, in one transaction; gives the number of tracks."""
        with target.alone(), target.writing() as transaction, self._reading() as connection:
            if not transaction.is_empty():
                raise LibraryError("it is not empty;", target.location, remedy="give a new one.")
            return transaction.copy(connection, progress)

    def info(self) -> LibraryInfo:
        """Tell what is in the library."""
        by_source = sa.select(song_sources.c.source, sa.func.count()).group_by(song_sources.c.source)
        by_analyzer = sa.select(tracks.c.analyzer, sa.func.count()).group_by(tracks.c.analyzer)
        seconds = sa.select(sa.func.sum(tracks.c.duration)).where(tracks.c.missing.is_(False))

        def count(which: sa.ColumnElement[bool]) -> int:
            return int(self._number(sa.select(sa.func.count()).where(which)))

        return LibraryInfo(
            location=self.location,
            bytes=self._size(),
            present=count(tracks.c.missing.is_(False)),
            missing=count(tracks.c.missing.is_(True)),
            without_file=count(tracks.c.path.is_(None)),
            failures=count(failures.c.kind != FailureKind.SILENT),
            silent=count(failures.c.kind == FailureKind.SILENT),
            seconds=float(self._number(seconds)),
            analyzers=dict(self._rows(by_analyzer.order_by(tracks.c.analyzer))),
            sources=dict(self._rows(by_source.order_by(song_sources.c.source))),
        )

    def _size(self) -> int | None:
        """Tell the size of the database on the disk."""
        path = self._where.path
        if path is None:
            return None
        parts = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def compact(self) -> None:
        """Give the disk back what removed tracks took, unless another program is using the library just now."""
        if self._where.url is None:
            sqlite.compact(self._engine)

    def faults(self) -> list[str]:
        """Check that the database is sound."""
        with self._reading() as connection:
            found = sqlite.faults(connection) if self._where.url is None else []
            wanted = sa.select(tracks.c.id, tracks.c.valence, tracks.c.arousal, WORDS)
            wanted = wanted.where(tracks.c.missing.is_(False)).order_by(tracks.c.id)
            stored = connection.execute(sa.select(affects).order_by(affects.c.track_id)).mappings()
            if [dict(row) for row in stored] != [pack(row) for row in connection.execute(wanted)]:
                found.append("the packed affects differ from the tracks'")
            return found

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the library for one change of files; a lock that dies with its process, and that readers don't mind."""
        self._require_writable()
        with self._lock(".lock", postgresql.FILES, self._taken):
            yield

    @contextlib.contextmanager
    def sharing(self) -> Iterator[None]:
        """Hold the library for a scan, as `alone` does; on a server there may be several at once."""
        self._require_writable()
        with self._lock(".lock", postgresql.FILES, self._taken, shared=True):
            yield

    @contextlib.contextmanager
    def scanning(self, folders: Sequence[str]) -> Iterator[int]:
        """Note a scan in the ledger, and give its number."""
        scan = self.ledger.begin(folders, self.scans_alive())
        lock: AbstractContextManager[None] = contextlib.nullcontext()
        if self._where.url is not None:
            lock = postgresql.locked(self._engine, postgresql.FIRST_SCAN + scan, self._taken)
        with lock:
            try:
                yield scan
            except BaseException as error:
                stopped = isinstance(error, KeyboardInterrupt | Cancelled)
                with contextlib.suppress(LibraryError):  # then the next scan finds out
                    self.ledger.end(scan, ScanState.STOPPED if stopped else ScanState.FAILED)
                raise
            self.ledger.end(scan, ScanState.DONE)

    def scans_alive(self) -> set[int]:
        """Tell the numbers of the scans that are running; asked from within a scan of a file, those of others."""
        if self._where.url is None:
            return set()
        with self._reading_new() as connection:
            alive = postgresql.scans_alive(connection)
        return self.ledger.running() if alive is None else alive

    @property
    def _taken(self) -> LibraryError:
        return LibraryError(
            "another scan of it is running, or its files are being tagged;",
            self.location,
            remedy="wait until it is done.",
        )

    def _lock(
        self, ending: str, lock: int, taken: LibraryError, *, shared: bool = False
    ) -> AbstractContextManager[None]:
        self._require_there()
        if self._where.path is not None:
            return sqlite.exclusive(self._where.path, ending, taken)
        if self._where.url is not None:
            return postgresql.locked(self._engine, lock, taken, shared=shared)
        return contextlib.nullcontext()

    def scan_status(self) -> ScanStatus:
        """Tell what scans have done, and have yet to do."""
        alive = self.scans_alive()
        if self._where.path is not None:
            try:
                with sqlite.exclusive(self._where.path, ".lock", self._taken):
                    pass
            except LibraryError:
                alive = self.ledger.running()
        return self.ledger.status(alive)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Hold the library for one job, by a lock that dies with its process; a `LibraryError` if it is held."""
        self._require_writable()
        taken = LibraryError("another server runs a job of it;", self.location, remedy="wait until that is done.")
        if self._where == database.LibraryLocation():
            raise self._no_jobs()
        with self._lock(".jobs.lock", postgresql.JOB, taken):
            yield

    @contextlib.contextmanager
    def syncing(self) -> Iterator[None]:
        """Hold the library for one exchange with servers, by a lock that dies with its process."""
        self._require_writable()
        remedy = "wait until that is done."
        taken = LibraryError("another program exchanges playlists of it just now;", self.location, remedy=remedy)
        with self._lock(".servers.lock", postgresql.SERVERS, taken):
            yield

    def _no_jobs(self) -> LibraryError:
        return LibraryError("a library in memory has no jobs;", self.location, remedy="keep it in a file.")

    @property
    def address(self) -> str:
        """What another process opens it by; may hold a password."""
        return self.location if self._where.url is None else self._where.url.render_as_string(hide_password=False)

    @property
    def folder(self) -> Path:
        """Where the files of its jobs are: beside it, or among the user's data where it is on a server."""
        self._require_there()
        if self._where.path is not None:
            return self._where.path.with_name(self._where.path.name + ".jobs")
        if self._where.url is None:
            raise self._no_jobs()
        import platformdirs

        name = hashlib.blake2b(self.location.encode(), digest_size=8).hexdigest()
        return platformdirs.user_data_path("img2music") / f"{name}.jobs"

    @property
    def films_folder(self) -> Path | None:
        """Where films are that were sent; None for a library in memory."""
        return None if self._where == database.LibraryLocation() else self.folder.with_suffix(".films")

    # Writing

    @contextlib.contextmanager
    def writing(self, counted: str = CHANGES) -> Iterator[Transaction]:
        """Write in one transaction: all of it is stored, or none; as `SAID` nothing but what people say."""
        with self._writing() as connection:
            before = _rows_changed(connection)
            yield Transaction(connection)
            if before is not None and _rows_changed(connection) == before:
                return
            changes = sa.update(counters).where(counters.c.name == counted).values(value=counters.c.value + 1)
            if not connection.execute(changes).rowcount:
                connection.execute(sa.insert(counters).values(name=counted, value=1))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        self._require_writable()
        self._require_there()
        with database.plain_errors(self._where), self._writer.begin() as connection:
            yield connection
            if self._has_moved():
                raise sqlite.moved(Path(self.location))

    def _require_writable(self) -> None:
        if self._read_only:
            raise LibraryError("it was opened read-only;", self.location, remedy="open it without `read_only`.")

    def _has_moved(self) -> bool:
        path = self._where.path
        return path is not None and (self._file is None or sqlite.identity(path) != self._file)

    def _require_there(self) -> None:
        if self._has_moved():
            sqlite.let_go(self._engine)
            self._file = None  # for good: it may have another log when it comes back
            raise sqlite.moved(Path(self.location))

    @contextlib.contextmanager
    def _reading(self, engine: sa.Engine | None = None) -> Iterator[sa.Connection]:
        self._require_there()
        with database.plain_errors(self._where):
            pinned = getattr(self._pinned, "connection", None)
            if pinned is not None:
                yield pinned
                return
            # Ended as if it had written: a driver forgets what it has prepared for the next when one is undone.
            with (engine or self._reads).begin() as connection:
                yield connection

    @contextlib.contextmanager
    def _reading_new(self) -> Iterator[sa.Connection]:
        """Read what this process may have changed just now."""
        if self._reads is self._engine:
            with self._reading() as connection:
                yield connection
            return
        with database.plain_errors(self._where), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def one_state(self) -> Iterator[None]:
        """Let all that this thread reads meanwhile be of one state of the library, over one connection."""
        with self._reading() as connection:
            before = getattr(self._pinned, "connection", None)
            self._pinned.connection = connection
            try:
                yield
            finally:
                self._pinned.connection = before

    def _rows(self, statement: sa.Select[Any]) -> Iterator[Any]:
        with self._reading(self._single) as connection:
            yield from connection.execute(statement)

    def _all_rows(self, statement: sa.Select[Any]) -> Iterator[Any]:
        """Read what may be millions of rows."""
        with self._reading() as connection:
            yield from connection.execute(statement, **STREAMED)

    def _number(self, statement: sa.Select[Any]) -> Any:
        ((number,),) = self._rows(statement)
        return number or 0

    def _rows_of(self, statement: sa.Select[Any], column: sa.Column[Any], values: Iterable[Any]) -> Iterator[Any]:
        """Read the rows in which a column has one of the values."""
        with self._reading() as connection:
            for batch in batches(values):
                yield from _rows_of(connection, statement, column, batch)

    def _affects(self, connection: sa.Connection) -> dict[str, NDArray[Any]]:
        """Read ids, valence and arousal of the tracks that are present, in ascending order of id."""
        joined = database.backend(connection.dialect).joined_affects(connection)
        if joined is None:
            rows = _all(connection, sa.select(affects.c.packed, affects.c.words))
            packed = b"".join(row.packed for row in rows)
            joined = [(packed, b"".join(row.words or b"" for row in rows))], len(packed)
        return unpack(*joined)


def _rows_changed(connection: sa.Connection) -> int | None:
    """How many rows SQLite has changed since it was connected to; a server does not tell."""
    return getattr(connection.connection.driver_connection, "total_changes", None)


def _words(row: sa.Row[Any]) -> LyricsRecord:
    return LyricsRecord(**{name: getattr(row, name) for name in LYRICS})


_TRACKS = sa.select(tracks, KIND, WORDS)
_FACTS = sa.select(*(tracks.c[name] for name in FACTS))
_CURVES = sa.select(curves, tracks.c.valence, tracks.c.arousal, WORDS).join(tracks, tracks.c.id == curves.c.track_id)
_SOUNDS = (
    sa.select(tracks.c.sound, tracks.c.id, tracks.c.path, tracks.c.album)
    .where(tracks.c.missing.is_(False))
    .order_by(tracks.c.sound, tracks.c.id)
)
_VERSION = sa.select(counters.c.name, counters.c.value).where(counters.c.name.in_((CHANGES, SAID)))
_RECORDS = sa.select(tracks, curves.c.points).join(curves, curves.c.track_id == tracks.c.id)


def _rows_of(
    connection: sa.Connection, statement: sa.Select[Any], column: sa.Column[Any], values: Sequence[Any]
) -> Iterable[sa.Row[Any]]:
    narrowed = database.among(statement, column, connection.dialect.name)
    return connection.execute(narrowed, {database.AMONG: values})


def _all(connection: sa.Connection, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    return connection.execute(statement).all()


def _columns(connection: sa.Connection, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    columns = (
        sa.func.coalesce(tracks.c.sound, tracks.c.content) if name == "sound" else tracks.c[name] for name in names
    )
    statement = sa.select(*columns).where(tracks.c.missing.is_(False)).order_by(tracks.c.id)
    compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    rows = connection.exec_driver_sql(str(compiled)).cursor.fetchall()
    cells: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else [()] * len(names)
    return {
        name: np.array(values, dtype=object if name in _TEXT_COLUMNS else np.float64)
        for name, values in zip(names, cells, strict=True)
    }

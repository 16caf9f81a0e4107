"""Changes to a library that are stored together."""

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from img2music.analysis import FailureKind
from img2music.connectors.folders import FileState
from img2music.library import feedback as said
from img2music.library.affects import WORDS, pack
from img2music.library.copying import copy_tables, is_empty
from img2music.library.database import upsert
from img2music.library.filters import below
from img2music.library.ledger import finish
from img2music.library.record import Failure, Feedback, LyricsRecord, SongRecord, TrackRecord, pack_curve
from img2music.library.rows import batches, values_of
from img2music.library.schema import affects, curves, failures, feedback, lyrics, song_sources, tracks
from img2music.progress import Progress

LYRICS = [each.name for each in dataclasses.fields(LyricsRecord)]
"""Columns of what a source knows of the words of a track."""


class Transaction:
    """Changes to a library that are stored together. Made by `LibraryStore.writing`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(
        self,
        records: Iterable[TrackRecord],
        *,
        moved: Mapping[str, tuple[int, str]] | None = None,
        same_words: Collection[str] = (),
    ) -> None:
        """Store tracks. Failures of their paths are forgotten. ``moved`` are tracks, with their old paths, by new path.

        A track whose path is known is replaced and keeps its id, and its lyrics: those of its tags if it holds the same
        bytes, those of a file beside it if it sounds the same, those of others if title and artist are the same.
        """
        for batch in batches(records):
            self._put({record.file.path: record for record in batch}, moved or {}, same_words)

    def _put(
        self, records: dict[str, TrackRecord], moved: Mapping[str, tuple[int, str]], same_words: Collection[str]
    ) -> None:
        execute = self._connection.execute
        for path, (track, old) in ((path, moved[path]) for path in records if path in moved):
            if self.ids_of_paths([old]) == {old: track}:  # else another scan has found where it is now
                execute(sa.delete(tracks).where(tracks.c.path == path, tracks.c.id != track))
                execute(sa.update(tracks).where(tracks.c.id == track).values(path=path))
        before = self.ids_of_paths(records)
        if before:
            self._forget_lyrics_of_other({track: records[path] for path, track in before.items()}, same_words)
        upsert(self._connection, tracks, [values_of(record) for record in records.values()], "path")
        ids = before | self.ids_of_paths(records.keys() - before.keys())
        points = [{"track_id": ids[path], "points": pack_curve(each.analysis.curve)} for path, each in records.items()]
        upsert(self._connection, curves, points, "track_id")
        self._pack_affects(ids.values())
        self.forget_failures(records)

    def _forget_lyrics_of_other(self, records: Mapping[int, TrackRecord], same_words: Collection[str]) -> None:
        """Remove the lyrics of tracks, by id, that do not hold for what they are to be."""
        statement = (
            sa.select(lyrics, tracks.c.content, tracks.c.sound, tracks.c.title, tracks.c.artist)
            .join(tracks, tracks.c.id == lyrics.c.track_id)
            .where(lyrics.c.track_id.in_(records))
        )
        for row in self._connection.execute(statement).all():
            record = records[row.track_id]
            if row.source == "tags":
                same = row.content == record.content or record.file.path in same_words
            elif row.source == "files":
                same = row.content == record.content or (row.sound is not None and row.sound == record.sound)
            else:
                same = (row.title, row.artist) == (record.tags.title, record.tags.artist)
            if not same:
                its = sa.and_(lyrics.c.track_id == row.track_id, lyrics.c.source == row.source)
                self._delete(lyrics, its)

    def ids_of_paths(self, paths: Iterable[str]) -> dict[str, int]:
        """Tell the ids of tracks by their paths."""
        return self._ids(tracks.c.path, paths)

    def ids_of_identifiers(self, identifiers: Iterable[str]) -> dict[str, int]:
        """Tell the ids of tracks by their identifiers."""
        return self._ids(tracks.c.identifier, identifiers)

    def _ids(self, column: sa.Column[Any], values: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for batch in batches(values):
            rows = self._connection.execute(sa.select(column, tracks.c.id).where(column.in_(batch)))
            found.update((row[0], row[1]) for row in rows)
        return found

    def put_lyrics(self, found: Iterable[tuple[int, LyricsRecord]]) -> None:
        """Store what sources know of the words of tracks; what the same source said before is replaced."""
        for batch in batches(found):
            ids = [track for track, _ in batch]
            there = set(self._connection.execute(sa.select(tracks.c.id).where(tracks.c.id.in_(ids))).scalars())
            rows = [
                {"track_id": track, **{name: getattr(each, name) for name in LYRICS}}
                for track, each in batch
                if track in there
            ]
            upsert(self._connection, lyrics, rows, "track_id", "source")
            self._pack_affects(there)

    def put_songs(self, songs: Iterable[SongRecord]) -> int:
        """Store songs without a file, and give the number of those that were not known.

        One whose identifier is known is brought up to date where it is: it keeps its id, and what belongs to it.
        """
        return sum(self._put_songs({song.identifier: song for song in batch}) for batch in batches(songs))

    def _put_songs(self, songs: dict[str, SongRecord]) -> int:
        known = self.ids_of_identifiers(songs)
        upsert(self._connection, tracks, [values_of(song) for song in songs.values()], "identifier")
        self._pack_affects(self.ids_of_identifiers(songs).values())
        for source in {source for song in songs.values() for source in song.sources}:
            self.add_source(source, (name for name, song in songs.items() if source in song.sources))
        return len(songs) - len(known)

    def add_source(self, source: str, identifiers: Iterable[str]) -> None:
        """Store that songs are from a table or a playlist, too."""
        rows = [{"track_id": track, "source": source} for track in self.ids_of_identifiers(identifiers).values()]
        upsert(self._connection, song_sources, rows, "track_id", "source")

    def forget_files(self, path: str) -> int:
        """Remove the tracks and failures of a file, or of all files in a folder and below, for good."""
        removed = 0
        for table in (failures, tracks):
            inside = sa.or_(table.c.path == path, below((path,), table.c.path))
            removed += self._delete(table, inside)
        return removed

    def forget_source(self, source: str) -> int:
        """Remove the songs that are from one table or playlist and no other, for good."""
        its = sa.select(song_sources.c.track_id).where(song_sources.c.source == source)
        others = sa.select(song_sources.c.track_id).where(song_sources.c.source != source)
        alone = sa.and_(tracks.c.path.is_(None), tracks.c.id.in_(its), tracks.c.id.not_in(others))
        removed = self._delete(tracks, alone)
        self._delete(song_sources, song_sources.c.source == source)
        return removed

    def _pack_affects(self, ids: Iterable[int]) -> None:
        """Bring the packed copy of what affects are derived from up to date."""
        for batch in batches(ids):
            wanted = sa.select(tracks.c.id, tracks.c.valence, tracks.c.arousal, WORDS)
            present = self._connection.execute(wanted.where(tracks.c.id.in_(batch), tracks.c.missing.is_(False)))
            packed = [pack(row) for row in present]
            upsert(self._connection, affects, packed, "track_id")
            if gone := set(batch) - {row["track_id"] for row in packed}:
                self._delete(affects, affects.c.track_id.in_(gone))

    def mark_gone(self, files: Iterable[tuple[int, str]]) -> int:
        """Mark tracks, by number and path, as missing that have not moved meanwhile, and count them."""
        gone = []
        for batch in batches(files):
            rows = self._connection.execute(
                sa.select(tracks.c.id, tracks.c.path).where(tracks.c.id.in_([track for track, _ in batch]))
            )
            known = set(batch)
            gone += [row.id for row in rows if (row.id, row.path) in known]
        self.mark(gone, missing=True)
        return len(gone)

    def mark(self, ids: Iterable[int], *, missing: bool) -> None:
        """Mark tracks as missing or as present again."""
        for batch in batches(ids):
            self._connection.execute(sa.update(tracks).where(tracks.c.id.in_(batch)).values(missing=missing))
            self._pack_affects(batch)

    def put_file(self, track: int, file: FileState, content: str) -> None:
        """Store that a track's file has other bytes now, and sounds the same."""
        bytes_only = tracks.c.sound == tracks.c.content  # where the sound can't be told apart
        sound = sa.case((bytes_only, content), else_=tracks.c.sound)
        values = {"size": file.size, "mtime_ns": file.mtime_ns, "content": content, "sound": sound}
        same = sa.and_(tracks.c.id == track, tracks.c.path == file.path)
        said.follow(self._connection, track, content)
        self._connection.execute(sa.update(tracks).where(same).values(values))

    def remove_missing(self) -> int:
        """Remove the tracks that are marked missing for good."""
        return self._delete(tracks, tracks.c.missing.is_(True))

    def remove_songs(self) -> int:
        """Remove the songs without a file for good."""
        return self._delete(tracks, tracks.c.path.is_(None))

    def _delete(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        return self._connection.execute(sa.delete(table).where(which)).rowcount

    def finish(self, scan: int, paths: Collection[str], failed: Collection[str]) -> set[str]:
        """Remove files that a scan is done with from the ledger; what came of others than those told is not its own."""
        return finish(self._connection, scan, paths, failed)

    def add_failure(self, failure: Failure) -> None:
        """Remember that a file could not be analysed once more."""
        same = [failures.c[name] == getattr(failure, name) for name in ("path", "size", "mtime_ns", "analyzer")]
        before = self._connection.execute(sa.select(failures.c.attempts).where(*same)).scalar() or 0
        self.put_failure(dataclasses.replace(failure, attempts=before + 1))

    def put_failure(self, failure: Failure) -> None:
        """Remember that a file could not be analysed.

        A track that had this path in an earlier state of the file is marked missing: what was heard is gone. Not so
        where the file could not be fetched.
        """
        row = dataclasses.asdict(failure) | {"path": os.fsencode(failure.path)}
        upsert(self._connection, failures, [row], "path")
        if failure.kind is FailureKind.UNREACHED:
            return
        changed = sa.or_(tracks.c.size != failure.size, tracks.c.mtime_ns != failure.mtime_ns)
        overwritten = sa.select(tracks.c.id).where(tracks.c.path == failure.path, changed)
        self.mark(list(self._connection.execute(overwritten).scalars()), missing=True)

    def forget_failures(self, paths: Iterable[str]) -> None:
        """Forget failures."""
        for batch in batches(paths):
            self._delete(failures, failures.c.path.in_(batch))

    def is_empty(self) -> bool:
        """Whether nothing is stored but jobs."""
        return is_empty(self._connection)

    def copy(self, source: sa.Connection, progress: Progress) -> int:
        """Store all that another library holds, and give the number of its tracks."""
        return copy_tables(source, self._connection, progress)

    def feedback(self, person: str | None = None) -> list[Feedback]:
        """Read what was said, as `LibraryStore.feedback` does."""
        return said.read(self._connection, person)

    def last_said(self, person: str) -> str:
        """When a person last said something; empty for never."""
        return said.last(self._connection, person)

    def add_feedback(self, entries: Iterable[Feedback]) -> list[int]:
        """Store what people said, and give the numbers of that."""
        return said.add(self._connection, entries)

    def put_feedback(self, entries: Iterable[Feedback]) -> int:
        """Store what was said elsewhere, unless it is there, and give the number of what was not."""
        known = {dataclasses.replace(each, id=0) for each in self.feedback()}
        given = dict.fromkeys(dataclasses.replace(each, id=0) for each in entries)
        return len(self.add_feedback(each for each in given if each not in known))

    def remove_feedback(self, id: int) -> None:  # noqa: A002
        """Take back what was said."""
        self._delete(feedback, feedback.c.id == id)

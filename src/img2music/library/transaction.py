"""Changes to a library that are stored together."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from img2music.connectors.folders import FileState
from img2music.library.filters import below
from img2music.library.record import Failure, LyricsRecord, SongRecord, TrackRecord, best, pack_curve
from img2music.library.rows import PACKED_AFFECT, batches, lyrics_record_of, values_of
from img2music.library.schema import affects, curves, failures, lyrics, song_sources, tracks
from img2music.music.lyrics.fusion import fuse


class Transaction:
    """Changes to a library that are stored together. Made by `LibraryStore.writing`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(
        self,
        records: Iterable[TrackRecord],
        *,
        moved: Mapping[str, int] | None = None,
        same_words: Collection[str] = (),
    ) -> None:
        """Store tracks. Failures of their paths are forgotten.

        A track whose path is known is replaced and keeps its id, and its lyrics: those of its tags if it holds the same
        bytes, those of a file beside it if it sounds the same, those of others if title and artist are the same.
        """
        for batch in batches(records):
            self._put({record.file.path: record for record in batch}, moved or {}, same_words)

    def _put(self, records: dict[str, TrackRecord], moved: Mapping[str, int], same_words: Collection[str]) -> None:
        execute = self._connection.execute
        numbered = sa.select(tracks.c.path, tracks.c.id).where(tracks.c.path.in_(records))
        known = {row.path: row.id for row in execute(numbered)}
        kept = known | {path: moved[path] for path in records if path in moved}
        sung = self._lyrics_of_same({number: records[path] for path, number in kept.items()}, same_words)
        self.remove({*known.values(), *kept.values()})
        new = [values_of(record) for path, record in records.items() if path not in kept]
        old = [values_of(records[path]) | {"id": number} for path, number in kept.items()]
        for rows in (new, old):
            if rows:
                execute(sa.insert(tracks), rows)
        numbers = {row.path: row.id for row in execute(numbered)}
        points = [
            {"track_id": numbers[path], "points": pack_curve(record.analysis.curve)} for path, record in records.items()
        ]
        execute(sa.insert(curves), points)
        if sung:
            execute(sa.insert(lyrics), sung)
            self._fuse({row["track_id"] for row in sung})
        self._pack_affects(numbers.values())
        self.forget_failures(records)

    def _lyrics_of_same(self, records: Mapping[int, TrackRecord], same_words: Collection[str]) -> list[dict[str, Any]]:
        """Rows of the lyrics of tracks, by id, that hold for what they are replaced with."""
        statement = (
            sa.select(lyrics, tracks.c.content, tracks.c.sound, tracks.c.title, tracks.c.artist)
            .join(tracks, tracks.c.id == lyrics.c.track_id)
            .where(lyrics.c.track_id.in_(records))
        )
        rows = []
        for row in self._connection.execute(statement):
            record = records[row.track_id]
            if row.source == "tags":
                same = row.content == record.content or record.file.path in same_words
            elif row.source == "files":
                same = row.content == record.content or (row.sound is not None and row.sound == record.sound)
            else:
                same = (row.title, row.artist) == (record.tags.title, record.tags.artist)
            if same:
                rows.append({column.name: getattr(row, column.name) for column in lyrics.columns})
        return rows

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
            ids = [number for number, _ in batch]
            there = set(self._connection.execute(sa.select(tracks.c.id).where(tracks.c.id.in_(ids))).scalars())
            rows = {
                (number, record.source): {"track_id": number, **dataclasses.asdict(record)}
                for number, record in batch
                if number in there
            }
            for source in {source for _, source in rows}:
                known = sa.and_(
                    lyrics.c.source == source, lyrics.c.track_id.in_(n for n, each in rows if each == source)
                )
                self._connection.execute(sa.delete(lyrics).where(known))
            if rows:
                self._connection.execute(sa.insert(lyrics), list(rows.values()))
            changed = self._fuse(there)
            self._connection.execute(sa.delete(affects).where(affects.c.track_id.in_(changed)))
            self._pack_affects(changed)

    def _fuse(self, ids: Collection[int]) -> list[int]:
        """Let the words of tracks with a file move their valence; give the ids of those that it moves."""
        statement = (
            sa.select(lyrics, tracks.c.heard_valence, tracks.c.valence.label("now"))
            .join(tracks, tracks.c.id == lyrics.c.track_id)
            .where(lyrics.c.track_id.in_(ids), tracks.c.path.is_not(None))
        )
        words: dict[int, list[LyricsRecord]] = {}
        heard, now = {}, {}
        for row in self._connection.execute(statement):
            words.setdefault(row.track_id, []).append(lyrics_record_of(row))
            heard[row.track_id], now[row.track_id] = row.heard_valence, row.now
        fused = {}
        for number, records in words.items():
            known = best(records)
            fused[number] = fuse(heard[number], None if known is None else known.valence)
        moved = [number for number in fused if fused[number] != now[number]]
        if moved:
            update = sa.update(tracks).where(tracks.c.id == sa.bindparam("number"))
            rows = [{"number": number, "fused": fused[number]} for number in moved]
            self._connection.execute(update.values(valence=sa.bindparam("fused")), rows)
        return moved

    def put_songs(self, songs: Iterable[SongRecord]) -> int:
        """Store songs without a file.

        One whose identifier is known is brought up to date where it is: it keeps its id, and what belongs to it.
        """
        return sum(self._put_songs({song.identifier: song for song in batch}) for batch in batches(songs))

    def _put_songs(self, songs: dict[str, SongRecord]) -> int:
        execute = self._connection.execute
        numbered = sa.select(tracks.c.identifier, tracks.c.id).where(tracks.c.identifier.in_(songs))
        known = {row.identifier: row.id for row in execute(numbered)}
        new = [values_of(song) for identifier, song in songs.items() if identifier not in known]
        if new:
            execute(sa.insert(tracks), new)
        old = [values_of(songs[identifier]) | {"number": number} for identifier, number in known.items()]
        if old:
            execute(sa.update(tracks).where(tracks.c.id == sa.bindparam("number")), old)
            execute(sa.delete(affects).where(affects.c.track_id.in_(known.values())))
        numbers = {row.identifier: row.id for row in execute(numbered)}
        self._pack_affects(numbers.values())
        for source in {source for song in songs.values() for source in song.sources}:
            self.add_source(source, (name for name, song in songs.items() if source in song.sources))
        return len(new)

    def add_source(self, source: str, identifiers: Iterable[str]) -> None:
        """Store that songs are from a table or a playlist, too."""
        ids = self.ids_of_identifiers(identifiers).values()
        for batch in batches(ids):
            same = sa.and_(song_sources.c.source == source, song_sources.c.track_id.in_(batch))
            self._connection.execute(sa.delete(song_sources).where(same))
            rows = [{"track_id": number, "source": source} for number in batch]
            self._connection.execute(sa.insert(song_sources), rows)

    def forget_files(self, path: str) -> int:
        """Remove the tracks and failures of a file, or of all files in a folder and below, for good."""
        removed = 0
        for table in (failures, tracks):
            inside = sa.or_(table.c.path == path, below((path,), table.c.path))
            removed += self._connection.execute(sa.delete(table).where(inside)).rowcount
        return removed

    def forget_source(self, source: str) -> int:
        """Remove the songs that are from one table or playlist and no other, for good."""
        its = sa.select(song_sources.c.track_id).where(song_sources.c.source == source)
        others = sa.select(song_sources.c.track_id).where(song_sources.c.source != source)
        alone = sa.and_(tracks.c.path.is_(None), tracks.c.id.in_(its), tracks.c.id.not_in(others))
        removed = self._connection.execute(sa.delete(tracks).where(alone)).rowcount
        self._connection.execute(sa.delete(song_sources).where(song_sources.c.source == source))
        return removed

    def _pack_affects(self, ids: Iterable[int]) -> None:
        columns = (tracks.c.id, tracks.c.valence, tracks.c.arousal)
        present = sa.select(*columns).where(tracks.c.id.in_(ids), tracks.c.missing.is_(False))
        packed = [{"track_id": row[0], "packed": PACKED_AFFECT.pack(*row)} for row in self._connection.execute(present)]
        if packed:
            self._connection.execute(sa.insert(affects), packed)

    def mark(self, ids: Iterable[int], *, missing: bool) -> None:
        """Mark tracks as missing or as present again."""
        execute = self._connection.execute
        for batch in batches(ids):
            execute(sa.update(tracks).where(tracks.c.id.in_(batch)).values(missing=missing))
            execute(sa.delete(affects).where(affects.c.track_id.in_(batch)))
            self._pack_affects(batch)

    def put_file(self, number: int, file: FileState, content: str) -> None:
        """Store that a track's file has other bytes now, and sounds the same."""
        bytes_only = tracks.c.sound == tracks.c.content  # where the sound can't be told apart
        sound = sa.case((bytes_only, content), else_=tracks.c.sound)
        values = {"size": file.size, "mtime_ns": file.mtime_ns, "content": content, "sound": sound}
        same = sa.and_(tracks.c.id == number, tracks.c.path == file.path)
        self._connection.execute(sa.update(tracks).where(same).values(values))

    def remove(self, ids: Iterable[int]) -> None:
        """Remove tracks for good."""
        for batch in batches(ids):
            self._connection.execute(sa.delete(tracks).where(tracks.c.id.in_(batch)))

    def remove_missing(self) -> int:
        """Remove the tracks that are marked missing for good."""
        result = self._connection.execute(sa.delete(tracks).where(tracks.c.missing.is_(True)))
        return result.rowcount

    def remove_songs(self) -> int:
        """Remove the songs without a file for good."""
        result = self._connection.execute(sa.delete(tracks).where(tracks.c.path.is_(None)))
        return result.rowcount

    def put_failure(self, failure: Failure) -> None:
        """Remember that a file could not be analysed.

        A track that had this path in an earlier state of the file is marked missing: what was heard is gone.
        """
        file = failure.file
        self.forget_failures([file.path])
        self._connection.execute(
            sa.insert(failures).values(
                path=file.path,
                size=file.size,
                mtime_ns=file.mtime_ns,
                analyzer=failure.analyzer,
                reason=failure.reason,
            )
        )
        changed = sa.or_(tracks.c.size != file.size, tracks.c.mtime_ns != file.mtime_ns)
        overwritten = sa.select(tracks.c.id).where(tracks.c.path == file.path, changed)
        self.mark(list(self._connection.execute(overwritten).scalars()), missing=True)

    def forget_failures(self, paths: Iterable[str]) -> None:
        """Forget failures."""
        for batch in batches(paths):
            self._connection.execute(sa.delete(failures).where(failures.c.path.in_(batch)))

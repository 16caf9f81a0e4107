"""Changes to a library that are stored together."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from img2music.library.record import Failure, SongRecord, TrackRecord, pack_curve
from img2music.library.rows import PACKED_AFFECT, batches, values_of
from img2music.library.schema import affects, curves, failures, tracks


class Transaction:
    """Changes to a library that are stored together. Made by `LibraryStore.writing`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, records: Iterable[TrackRecord], *, moved: Mapping[str, int] | None = None) -> None:
        """Store tracks. Failures of their paths are forgotten.

        A track whose path is known is replaced and keeps its id.

        Parameters
        ----------
        records : iterable of TrackRecord
            Where a path comes twice, the last counts.
        moved : mapping of str to int, optional
            By path, the id of the track whose file has moved there: it keeps its id.
        """
        for batch in batches(records):
            self._put({record.file.path: record for record in batch}, moved or {})

    def _put(self, records: dict[str, TrackRecord], moved: Mapping[str, int]) -> None:
        execute = self._connection.execute
        numbered = sa.select(tracks.c.path, tracks.c.id).where(tracks.c.path.in_(records))
        known = {row.path: row.id for row in execute(numbered)}
        kept = known | {path: moved[path] for path in records if path in moved}
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
        self._pack_affects(numbers.values())
        self.forget_failures(records)

    def put_songs(self, songs: Iterable[SongRecord]) -> int:
        """Store songs without a file.

        One whose identifier is known is brought up to date where it is: it keeps its id, and what belongs to it.

        Parameters
        ----------
        songs : iterable of SongRecord
            Where an identifier comes twice, the last counts.

        Returns
        -------
        int
            How many were not known.
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
        self._pack_affects(row.id for row in execute(numbered).all())
        return len(new)

    def _pack_affects(self, ids: Iterable[int]) -> None:
        columns = (tracks.c.id, tracks.c.valence, tracks.c.arousal)
        present = sa.select(*columns).where(tracks.c.id.in_(ids), tracks.c.missing.is_(False))
        packed = [{"track_id": row[0], "packed": PACKED_AFFECT.pack(*row)} for row in self._connection.execute(present)]
        if packed:
            self._connection.execute(sa.insert(affects), packed)

    def mark(self, ids: Iterable[int], *, missing: bool) -> None:
        """Mark tracks as missing or as present again.

        Parameters
        ----------
        ids : iterable of int
        missing : bool
        """
        execute = self._connection.execute
        for batch in batches(ids):
            execute(sa.update(tracks).where(tracks.c.id.in_(batch)).values(missing=missing))
            execute(sa.delete(affects).where(affects.c.track_id.in_(batch)))
            self._pack_affects(batch)

    def remove(self, ids: Iterable[int]) -> None:
        """Remove tracks for good.

        Parameters
        ----------
        ids : iterable of int
        """
        for batch in batches(ids):
            self._connection.execute(sa.delete(tracks).where(tracks.c.id.in_(batch)))

    def remove_missing(self) -> int:
        """Remove the tracks that are marked missing for good.

        Returns
        -------
        int
            Number of tracks.
        """
        result = self._connection.execute(sa.delete(tracks).where(tracks.c.missing.is_(True)))
        return result.rowcount

    def remove_songs(self) -> int:
        """Remove the songs without a file for good.

        Returns
        -------
        int
            Number of songs.
        """
        result = self._connection.execute(sa.delete(tracks).where(tracks.c.path.is_(None)))
        return result.rowcount

    def put_failure(self, failure: Failure) -> None:
        """Remember that a file could not be analysed.

        A track that had this path in an earlier state of the file is marked missing: what was heard is gone.

        Parameters
        ----------
        failure : Failure
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
        """Forget failures.

        Parameters
        ----------
        paths : iterable of str
        """
        for batch in batches(paths):
            self._connection.execute(sa.delete(failures).where(failures.c.path.in_(batch)))

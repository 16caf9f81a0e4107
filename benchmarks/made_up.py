"""A library of any size on a PostgreSQL server, made up by the server itself."""

from typing import Any

import numpy as np
import psycopg

from img2music.affect import Affect
from img2music.analysis import CurvePoint
from img2music.library.record import pack_curve
from img2music.library.store import LibraryStore

SEED = 20
CURVES = 64
WITH_WORDS = 0.05
"""Share of the tracks whose words have been read."""

_DRAWN = """
CREATE TEMP TABLE drawn AS SELECT id,
    floor(power(random(), 2) * greatest(%(count)s / 25, 1))::int AS artist, floor(random() * 8)::int AS album,
    floor(400 * power(random(), 2))::int AS genre, 2024 - floor(75 * power(random(), 1.5))::int AS year,
    (random() + random() + random()) / 3 AS valence, 0.2 + 0.7 * (random() + random() + random()) / 3 AS arousal,
    random() AS a, random() AS b, random() AS c
FROM generate_series(1, %(count)s) AS id
"""
_TRACKS = """
INSERT INTO tracks (id, path, size, mtime_ns, content, title, artist, album, genre, year, artist_folded, album_folded,
    genre_folded, analyzer, duration, listened, valence, arousal, danceability, energy, raw_valence, acousticness,
    instrumentalness, liveness, speechiness, tempo, key, mode, loudness, onset_rate, sound)
SELECT id, convert_to(format('/music/Artist %%s/Album %%s/%%s.flac', artist, album, id), 'UTF8'), 30000000,
    1700000000000000000, md5(id::text) || md5((-id)::text), 'Song ' || id, 'Artist ' || artist,
    format('Album %%s of %%s', album, artist), 'Genre ' || lpad(genre::text, 3, '0'), year, 'artist ' || artist,
    format('album %%s of %%s', album, artist), 'genre ' || lpad(genre::text, 3, '0'), 'audio/1', 90 + 300 * a, 80,
    valence, arousal, a, arousal, valence, b, c, 0.1,
    CASE WHEN c < 0.02 THEN 0.5 ELSE 0.05 END, CASE WHEN b > 0.01 THEN 60 + 120 * b END,
    id %% 12, id %% 2, -9 - 10 * c, 1 + 4 * a, md5((id / 2)::text || a) || md5((-id)::text)
FROM drawn
"""
_OTHERS = (
    "INSERT INTO curves SELECT id, (%(curves)s::bytea[])[1 + id %% array_length(%(curves)s::bytea[], 1)] FROM drawn",
    f"""INSERT INTO lyrics (track_id, source, text, instrumental, language, fetched, valence)
    SELECT id, 'lrclib', 'Words of song ' || id, false, 'en', 1700000000, random() FROM drawn WHERE a < {WITH_WORDS}""",
    """INSERT INTO affects SELECT id, pg_temp.le(int8send(id)) || pg_temp.le(float8send(drawn.valence)) ||
        pg_temp.le(float8send(arousal)), pg_temp.le(int8send(id)) || pg_temp.le(float8send(lyrics.valence))
    FROM drawn LEFT JOIN lyrics ON track_id = id ORDER BY id""",
    "SELECT setval(pg_get_serial_sequence('tracks', 'id'), %(count)s)",
)
_LITTLE_ENDIAN = "CREATE FUNCTION pg_temp.le(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$ SELECT {} $$".format(
    " || ".join(f"substr($1, {byte}, 1)" for byte in range(8, 0, -1))
)
_INDICES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('f', 'u')
UNION ALL SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('u', 'p')
WHERE indrelid = ANY(%(tables)s::regclass[]) AND conindid IS NULL
"""


def fill(location: str, count: int) -> None:
    """Make up the tracks of a library, which is made if need be and loses those that it has."""
    LibraryStore.open(location, create=True).close()
    rng = np.random.default_rng(SEED)
    curves = [
        pack_curve(
            [CurvePoint(30.0 * n, 30.0 * n + 30.0, Affect(*at)) for n, at in enumerate(rng.random((3, 2)).tolist())]
        )
        for _ in range(CURVES)
    ]
    given: dict[str, Any] = {"count": count, "curves": curves, "tables": ["tracks", "curves", "affects", "lyrics"]}
    with psycopg.connect(location) as connection:
        # Indices are made afterwards, and what is in a table that this transaction has emptied needs no log.
        changes = connection.execute(_INDICES, given).fetchall()
        connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'; SELECT setseed(0.5)")
        connection.execute("TRUNCATE tracks, curves, affects, lyrics CASCADE")
        connection.execute(_LITTLE_ENDIAN)
        for drop, _ in changes:
            connection.execute(drop)
        for statement in (_DRAWN, _TRACKS, *_OTHERS):
            connection.execute(statement, given)
        for _, make in reversed(changes):
            connection.execute(make)
        connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'changes'")
        connection.execute("DROP TABLE drawn")
    with psycopg.connect(location, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")

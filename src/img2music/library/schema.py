"""Tables of the library."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa

from img2music.analysis import Features
from img2music.track import FILTERED, Tags

HEAD = "0013"
"""The newest revision in ``migrations/versions``. Columns of `GROWING` tables that may be null come without one."""

Connecting = Callable[[], AbstractContextManager[sa.Connection]]
"""What begins to read a library, or to write to it."""


class PathType(sa.TypeDecorator[str]):
    """A path at rest: the bytes that the system uses, so that every name comes back as it was."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        """Encode."""
        return None if value is None else os.fsencode(value)

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> str | None:
        """Decode."""
        return None if value is None else os.fsdecode(bytes(value))


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str | None) -> str | None:
    """Put U+FFFD for what PostgreSQL's text, or UTF-8, can't hold: NUL and halves of surrogate pairs."""
    return text if text is None or (text.isascii() and "\0" not in text) else _UNSTORABLE.sub("\ufffd", text)


class TextType(sa.TypeDecorator[str]):
    """Text at rest, or compared with such."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Clean."""
        return storable(value)


metadata = sa.MetaData()

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by themselves for INTEGER only

FEATURES = {field.name: "raw_valence" if field.name == "valence" else field.name for field in fields(Features)}
"""Columns of the features, by their names."""

_SQL = {"str": TextType, "int": sa.Integer, "float": sa.Float}


def _of_track() -> sa.Column[Any]:
    of = sa.ForeignKey("tracks.id", ondelete="CASCADE")
    return sa.Column("track_id", ID, of, primary_key=True, autoincrement=False)


def _judged(what: str, *texts: str) -> Iterator[sa.Column[Any]]:
    yield sa.Column(f"{what}_path", PathType)
    yield from (sa.Column(f"{what}_{name}", TextType) for name in (*texts, "model"))
    yield from (sa.Column(f"{what}_{name}", sa.Float) for name in ("valence", "arousal"))


def _declared(kind: type) -> Iterator[sa.Column[Any]]:
    for name, hint in get_type_hints(kind).items():
        yield sa.Column(FEATURES[name] if kind is Features else name, _SQL[get_args(hint)[0].__name__])


tracks = sa.Table(
    "tracks",
    metadata,
    sa.Column("id", ID, primary_key=True),
    # A track has a file, and then all of these; or it is known by name only, and then it has an identifier.
    sa.Column("path", PathType, unique=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("mtime_ns", sa.BigInteger),
    sa.Column("content", TextType, index=True),
    sa.Column("identifier", TextType, unique=True),
    sa.Column("missing", sa.Boolean, nullable=False, server_default=sa.text("false")),
    *_declared(Tags),
    # What filters look in: the tag as `fold` leaves it (SQLite's own LOWER knows ASCII only).
    *(sa.Column(f"{name}_folded", TextType) for name in FILTERED),
    sa.Column("analyzer", TextType, nullable=False),
    sa.Column("duration", sa.Float),
    sa.Column("listened", sa.Float),
    # As they were heard, or as the table has them: what words say is added when they are read (`affects`).
    sa.Column("valence", sa.Float, nullable=False),
    sa.Column("arousal", sa.Float, nullable=False),
    *_declared(Features),
    sa.Column("sound", TextType, index=True),  # null until a scan has hashed it
    sqlite_autoincrement=True,  # the id of a removed track is not given to another
)

curves = sa.Table("curves", metadata, _of_track(), sa.Column("points", sa.LargeBinary, nullable=False))

# What the affects of the tracks that are not missing are derived from once more, narrow and packed, so that a million
# of them are read in one pass without a Python object each (see `affects.unpack`).
affects = sa.Table(
    "affects",
    metadata,
    _of_track(),
    sa.Column("packed", sa.LargeBinary, nullable=False),
    sa.Column("words", sa.LargeBinary),
)
WITH_WORDS = affects.c.words.is_not(None)
WORDS_INDEX = sa.Index(
    "ix_affects_words", affects.c.track_id, affects.c.words, sqlite_where=WITH_WORDS, postgresql_where=WITH_WORDS
)

# What each source knows of a track's words; also that it knows none, so that it is not asked twice.
lyrics = sa.Table(
    "lyrics",
    metadata,
    _of_track(),
    sa.Column("source", TextType, primary_key=True),
    sa.Column("text", TextType),
    sa.Column("instrumental", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.Column("language", TextType),
    sa.Column("fetched", sa.BigInteger, nullable=False),
    sa.Column("valence", sa.Float),
)

# Which tables and playlists a song without a file came from; with the last of them it is forgotten.
song_sources = sa.Table("song_sources", metadata, _of_track(), sa.Column("source", TextType, primary_key=True))

failures = sa.Table(
    "failures",
    metadata,
    sa.Column("path", PathType, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("analyzer", TextType, nullable=False),
    sa.Column("reason", TextType, nullable=False),
    sa.Column("stage", TextType, nullable=False, server_default="analyse"),
    sa.Column("kind", TextType, nullable=False, server_default="damaged"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
)

# Scans, and the files that they are to look into (`ledger`). A file goes when what came of it is stored.
scans = sa.Table(
    "scans",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("host", TextType, nullable=False),
    sa.Column("folders", TextType, nullable=False),  # JSON
    sa.Column("state", TextType, nullable=False),
    *(sa.Column(name, TextType, nullable=False) for name in ("started", "updated")),
    *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in ("planned", "done", "failed")),
    sqlite_autoincrement=True,
)

work = sa.Table(
    "work",
    metadata,
    sa.Column("path", PathType, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("task", TextType, nullable=False),
    sa.Column("scan_id", ID, sa.ForeignKey("scans.id", ondelete="SET NULL")),  # which has it in hand
    sa.Index("ix_work_scan_id_path", "scan_id", "path"),
)

# What people said of tracks and pictures (`record.Feedback`). Both are known by what is in them, not by rows of other
# tables, so that it outlasts removals and new scans.
feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("person", TextType, nullable=False),
    sa.Column("said", TextType, nullable=False),
    sa.Column("kind", TextType, nullable=False),
    sa.Column("valence", sa.Float),
    sa.Column("arousal", sa.Float),
    *_judged("track", "identifier", "title", "artist", "genre", "content", "sound"),
    sa.Column("track_duration", sa.Float),
    *_judged("picture", "content"),
    *(sa.Column(name, sa.Float) for name in ("position_valence", "position_arousal")),
    sqlite_autoincrement=True,  # the number of what was taken back is not given to something else
)

# Long work of a server (`record.Job`), and what it has to say. Work by the command line is none.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", TextType, nullable=False),
    sa.Column("state", TextType, nullable=False, index=True),
    sa.Column("name", TextType, nullable=False),
    sa.Column("request", TextType, nullable=False),  # JSON: what is to be done
    sa.Column("cancelling", sa.Boolean, nullable=False, server_default=sa.text("false")),
    *(sa.Column(name, TextType) for name in ("created", "started", "ended", "stage", "unit", "item")),
    *(sa.Column(name, sa.Float) for name in ("done", "total", "rate", "left")),
    sa.Column("result", TextType),  # JSON: counts
    sa.Column("error", TextType),
    sa.Column("event", sa.BigInteger, nullable=False, unique=True),  # the number of its last change
    sqlite_autoincrement=True,
)

job_log = sa.Table(
    "job_log",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("job_id", ID, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", TextType, nullable=False),
    sa.Column("text", TextType, nullable=False),
    sqlite_autoincrement=True,
)

# What only ever grows, by which readers know that what they have read still holds: changes of songs, of what people say
# of them, and of jobs.
counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", TextType, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
CHANGES, SAID, EVENTS = "changes", "said", "events"

playlists = sa.Table(
    "playlists",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", TextType, nullable=False, unique=True),
    sa.Column("created", TextType, nullable=False),
    sa.Column("updated", TextType, nullable=False),
    sqlite_autoincrement=True,
)

playlist_tracks = sa.Table(
    "playlist_tracks",
    metadata,
    sa.Column("playlist_id", ID, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("track_id", ID, sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("start", sa.Float),
    sa.Column("end", sa.Float),
)

# What music servers hold, by the connection by which a person names them (`servers`), and what of it is which track.
servers = sa.Table(
    "servers",
    metadata,
    sa.Column("connection", TextType, primary_key=True),
    sa.Column("url", TextType, nullable=False),  # of which server it was
    sa.Column("walk", sa.BigInteger, nullable=False),  # the number of the last walk that was begun
    sa.Column("walked", TextType),  # when one was last ended
    sa.Column("told", sa.BigInteger),  # how many songs the server counted then
    sa.Column("changes", sa.BigInteger, nullable=False),  # of the library, when songs were last matched
)

server_songs = sa.Table(
    "server_songs",
    metadata,
    sa.Column("connection", TextType, sa.ForeignKey("servers.connection", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", TextType, primary_key=True),
    *(sa.Column(name, TextType) for name in ("title", "artist", "album", "album_artist", "path", "recording")),
    *(sa.Column(name, sa.Integer) for name in ("year", "number", "disc")),
    sa.Column("duration", sa.Float),
    sa.Column("size", sa.BigInteger),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("liked", sa.Boolean, nullable=False),
    sa.Column("walk", sa.BigInteger, nullable=False),  # in which it was last seen
    sa.Column("state", TextType),  # "mapped", "unsure" or "absent"; none until it has been looked for
    sa.Column("why", TextType, nullable=False, server_default=""),
    *(sa.Column(name, TextType) for name in ("album_id", "cover")),
)

server_tracks = sa.Table(
    "server_tracks",
    metadata,
    sa.Column("connection", TextType, primary_key=True),
    sa.Column("song_id", TextType, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # the likeliest first
    sa.Column("track_id", ID, sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("sure", sa.Boolean, nullable=False),  # whether it is the song, or only like it
    sa.Column("score", sa.Float, nullable=False),
    *(sa.Column(name, TextType, nullable=False) for name in ("how", "why")),
    sa.ForeignKeyConstraint(
        ("connection", "song_id"), ("server_songs.connection", "server_songs.id"), ondelete="CASCADE"
    ),
)

# Which playlist of a server stands for which of the library (`servers.Link`). JSON: ids of songs, and of playlists.
server_playlists = sa.Table(
    "server_playlists",
    metadata,
    sa.Column("connection", TextType, primary_key=True),
    sa.Column(
        "playlist_id", ID, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("id", TextType),  # at the server; none until it is known there
    *(sa.Column(name, TextType, nullable=False) for name in ("mark", "name", "songs")),
    *(sa.Column(name, TextType) for name in ("sending", "naming", "before")),  # while it is being written
    sa.Column("title", TextType),  # in the library, and when it was changed there, as both were last the same
    sa.Column("updated", TextType),
    sa.Column("theirs", sa.Boolean, nullable=False),  # whether somebody else made it there
    sa.Index("ix_server_playlists_playlist_id", "playlist_id"),
)

# Films with their music (`projects`). The position is that of the step which holds; 0 before there is any.
projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("name", TextType, nullable=False),
    sa.Column("film", PathType, nullable=False),
    sa.Column("options", TextType, nullable=False),  # JSON: how its music is chosen
    sa.Column("created", TextType, nullable=False),
    sa.Column("updated", TextType, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("reading", sa.LargeBinary),  # what was read in the film
    sqlite_autoincrement=True,
)

project_steps = sa.Table(
    "project_steps",
    metadata,
    sa.Column("project_id", ID, sa.ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("kind", TextType, nullable=False),
    sa.Column("cue", sa.Integer),
    sa.Column("created", TextType, nullable=False),
    sa.Column("sheet", sa.LargeBinary, nullable=False),  # JSON, compressed
)

GROWING = (tracks, server_songs)
"""Tables to which a library of an older version gets the columns that they lack (`database.lacking_columns`)."""

UNKNOWN_ARTISTS = {"", "unknown", "unknown artist", "various", "various artists"}
"""What taggers write when they know no artist, as `fold` leaves it: two songs of these need not be of one artist."""


def fold(value: str) -> str:
    """Fold text so that what differs in case or in Unicode form only becomes equal.

    Canonical caseless matching of The Unicode Standard, section 3.13 (D145), in composed form.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", value).casefold())


def folded(text: str | None) -> str:
    """Text without regard to case and spacing; empty for none."""
    return "" if text is None else " ".join(fold(text).split())


SAME_LENGTH = 2.0
"""Seconds by which two encodings of one recording may differ: padding of lossy encoders and trimmed silence
stay well below it, an edit or a live version seldom does."""

"""What a `TrackFilter` means, as SQL, and which tracks are music.

Text matches if the folded tag (`schema.fold`) contains the folded wish. Ranges include both ends. A track
that lacks a value that a condition asks for fails it.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import Boolean, ColumnElement, Index, and_, case, func, literal, not_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from img2music.errors import UsageError
from img2music.filters import TrackFilter
from img2music.library.schema import fold, tracks
from img2music.locations import inside
from img2music.track import LONGEST, TrackKind

PRESENT = tracks.c.missing.is_(False)

INSTRUMENTAL = 0.5
"""Least ``instrumentalness`` of a track that counts as instrumental."""

SHORT = 5.0
"""Seconds that music lasts at least."""
SPOKEN = 0.33
"""Least speechiness of speech; from there on Spotify's documentation reckons with speech and with rap. Real music of
Emotify and the demo stays below 0.2 but for one piece in 428; speech over music 12 dB quieter starts at 0.34."""
SPOKEN_ALONE = 0.66
"""Least speechiness of a song without a file that is speech: Spotify's documentation says that it is nothing else."""
UNMUSICAL = 0.12
"""Least speechiness of noise: the real music in which nothing begins, or no beat is found, stays below 0.1."""
HARSH, CHEERLESS = 0.2, 0.15
"""Least speechiness and greatest ``valence`` of sounds without a voice that are noise, whatever beat they have."""
LIVELY_BEAT = 0.3
"""Least energy of rap in which a beat is found, so that it passes for music; 0.4 if it is as acoustic as speech."""

SPEECH_GENRES = (
    *("audiobook", "audio book", "podcast", "spoken", "speech"),
    *("h\u00f6rbuch", "h\u00f6rspiel", "audiolibro"),
)
RAP_GENRES = ("hip hop", "hip-hop", "hiphop", "rap", "grime")


def conditions(where: TrackFilter, *, present: bool = False) -> list[ColumnElement[bool]]:
    """Express a filter as SQL conditions on the table of tracks, all of which must hold, of ``present`` tracks only."""
    found: list[ColumnElement[bool]] = []
    for field in fields(TrackFilter):
        name, kind, wish = field.name, field.metadata["kind"], getattr(where, field.name)
        if present and name == "genre" and wish:
            found.append(_of_genres(wish))
        elif kind == "text" and wish:
            contained = _contains(name.removeprefix("not_"), wish)
            found.append(not_(contained) if name.startswith("not_") else contained)
        elif kind in ("years", "range", "length") and wish is not None:
            least, greatest = wish
            found += [tracks.c[name].is_not(None)]
            found += [] if least is None else [tracks.c[name] >= least]
            found += [] if greatest is None else [tracks.c[name] <= greatest]
    return [*found, *_conditions_of_one_value(where)]


def _index(name: str, *columns: ColumnElement[Any], where: ColumnElement[bool]) -> Index:
    return Index(f"ix_tracks_{name}", *columns, sqlite_where=where, postgresql_where=where)


def _contains(name: str, texts: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a tag contains one of the texts; a track without the tag contains none."""
    column = func.coalesce(tracks.c[f"{name}_folded"], "")
    return or_(*(column.contains(fold(text), autoescape=True) for text in texts))


def _of_genres(texts: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether the genre of a track that is present contains one of the texts.

    Millions of tracks have some hundred genres: these are told apart first, each by one step into an index.
    """
    column = tracks.c.genre_folded
    there = and_(PRESENT, column.is_not(None))
    genres = select(func.min(column).label("genre")).where(there).cte("genres", recursive=True)
    following = select(func.min(column)).where(there, column > genres.c.genre).scalar_subquery()
    genres = genres.union_all(select(following).where(genres.c.genre.is_not(None)))
    wanted = or_(*(genres.c.genre.contains(fold(text), autoescape=True) for text in texts))
    return and_(column.is_not(None), column.in_(select(genres.c.genre).where(wanted)))


class _NameHolds(FunctionElement[bool]):
    """Whether the name of a path's file holds bytes, be ASCII letters of the name small or capital.

    Most paths don't hold them anywhere, which is told before the name is cut out.
    """

    type = Boolean()
    inherit_cache = True


@compiles(_NameHolds, "sqlite")
def _in_sqlite(element: _NameHolds, compiler: SQLCompiler, **more: Any) -> str:
    path, part = (f"CAST({compiler.process(each, **more)} AS TEXT)" for each in element.clauses)
    path = f"lower({path})"
    name = f"substr({path}, length(rtrim({path}, replace({path}, '/', ''))) + 1)"
    return f"CASE WHEN instr({path}, {part}) > 0 THEN instr({name}, {part}) > 0 ELSE 0 END"


@compiles(_NameHolds, "postgresql")
def _in_postgresql(element: _NameHolds, compiler: SQLCompiler, **more: Any) -> str:
    path, part = (f"encode({compiler.process(each, **more)}, 'escape')" for each in element.clauses)
    path = f"""lower({path} COLLATE "C")"""
    name = f"substring({path} FROM '[^/]*$')"
    return f"CASE WHEN strpos({path}, {part}) > 0 THEN strpos({name}, {part}) > 0 ELSE false END"


def holding(text: str) -> Iterator[ColumnElement[bool]]:
    """That each word of a text is in the title, artist or album of a track, whether small or capital.

    A track without a title is called after its file, so the name of that is looked in instead.
    """
    if len(text) > LONGEST:
        raise UsageError(f"`text` has {len(text):,} characters; a tag has at most {LONGEST}.")
    for word in "".join(char if char.isprintable() else " " for char in text).split():
        spelt = {word, word.lower(), word.upper(), word.capitalize()}  # titles are not folded, and SQLite knows ASCII
        titles = (tracks.c.title.contains(each, autoescape=True) for each in spelt)
        folded = (tracks.c[f"{name}_folded"].contains(fold(word), autoescape=True) for name in ("artist", "album"))
        composed = (unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in sorted(spelt))
        parts = dict.fromkeys(each.encode().lower() for each in composed)  # macOS writes names decomposed
        untitled = and_(tracks.c.title.is_(None), or_(*(_NameHolds(tracks.c.path, literal(part)) for part in parts)))
        yield or_(tracks.c.title.icontains(word, autoescape=True), *titles, *folded, untitled)


def below(folders: tuple[str, ...], column: ColumnElement[str] = tracks.c.path) -> ColumnElement[bool]:
    """Whether a file is in one of the folders, or below."""
    beginnings = [inside(folder) for folder in folders]
    # All that begins so lies between it and the same with the byte after the separator; an index on paths helps.
    ranges = (and_(column > each, column < each[:-1] + chr(ord(each[-1]) + 1)) for each in beginnings)
    return and_(column.is_not(None), or_(*ranges))


def _kind() -> ColumnElement[str]:
    value = tracks.c
    talks, raps = _contains("genre", SPEECH_GENRES), _contains("genre", RAP_GENRES)
    unmusical = value.speechiness >= UNMUSICAL
    beatless = and_(unmusical, value.tempo.is_(None))
    harsh = and_(value.speechiness >= HARSH, value.raw_valence < CHEERLESS)
    calm = or_(value.energy < LIVELY_BEAT, and_(value.energy < 0.4, value.acousticness >= 0.8))
    heard = value.path.is_not(None)
    return case(
        (value.duration < SHORT, TrackKind.SHORT.value),
        (and_(heard, unmusical, or_(value.onset_rate < 0.1, value.raw_valence < 0.05)), TrackKind.NOISE.value),
        (talks, TrackKind.SPEECH.value),
        (raps, TrackKind.MUSIC.value),
        (and_(heard, value.instrumentalness >= INSTRUMENTAL, or_(beatless, harsh)), TrackKind.NOISE.value),
        (and_(heard, or_(beatless, and_(value.speechiness >= SPOKEN, calm))), TrackKind.SPEECH.value),
        (and_(not_(heard), value.speechiness >= SPOKEN_ALONE), TrackKind.SPEECH.value),
        else_=TrackKind.MUSIC.value,
    )


KIND = _kind().label("kind")
"""What a track is (`TrackKind`), told by what was measured and by its genre. Speech under loud music passes for music,
and one beat over and over for noise; rap whose voice drowns its beat is taken for speech, unless its genre tells."""

KINDS_OF_NO_MUSIC = {
    kind: and_(PRESENT, KIND.element == kind.value) for kind in TrackKind if kind is not TrackKind.MUSIC
}
"""The tracks that are present and no music, by what they are."""

INDICES = [
    *(_index(kind.value, tracks.c.id, where=where) for kind, where in KINDS_OF_NO_MUSIC.items()),
    _index("year", tracks.c.year, tracks.c.id, where=and_(PRESENT, tracks.c.year.is_not(None))),
    _index("genre", tracks.c.genre_folded, tracks.c.id, where=and_(PRESENT, tracks.c.genre_folded.is_not(None))),
]
"""What filters among millions of tracks are answered from alone. The first are used by queries that ask for what is no
music word by word; a migration makes them anew where `KIND` changes. The others are only for queries that ask for a
value: SQLite would use them to read all."""


def _conditions_of_one_value(where: TrackFilter) -> Iterator[ColumnElement[bool]]:
    if where.instrumental is not None:
        column = tracks.c.instrumentalness
        yield column >= INSTRUMENTAL if where.instrumental else column < INSTRUMENTAL
    if isinstance(where.key, tuple):
        pitch_class, mode = where.key
        yield tracks.c.key == pitch_class
        if mode is not None:
            yield tracks.c.mode == mode
    if where.folder:
        yield below(cast(tuple[str, ...], where.folder))
    if where.not_folder:
        yield not_(below(cast(tuple[str, ...], where.not_folder)))
    if where.speech is False:
        yield KIND.element == TrackKind.MUSIC
    if where.file is not None:
        yield tracks.c.path.is_not(None) if where.file else tracks.c.path.is_(None)

"""What people said of tracks and pictures: how it is stored, and which tracks it is about."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa

from img2music.affect import Affect
from img2music.library.record import Feedback, FeedbackKind, JudgedPicture, JudgedTrack
from img2music.library.schema import SAME_LENGTH, UNKNOWN_ARTISTS, feedback, fold, folded, tracks

MOST_KEYS = 400
"""Tracks that are looked for at once: SQLite's least limit is 999 parameters."""

_PARTS = {"track": JudgedTrack, "picture": JudgedPicture}


def read(connection: sa.Connection, person: str | None = None) -> list[Feedback]:
    """Read what one person said, or everybody, in order of time."""
    wanted = sa.select(feedback).order_by(feedback.c.said, feedback.c.id)
    if person is not None:
        wanted = wanted.where(feedback.c.person == person)
    return [_entry(row) for row in connection.execute(wanted)]


def people(connection: sa.Connection) -> list[str]:
    """Read who has said anything."""
    return list(connection.scalars(sa.select(feedback.c.person).distinct().order_by(feedback.c.person)))


def last(connection: sa.Connection, person: str) -> str:
    """When a person last said something; empty for never."""
    return connection.scalar(sa.select(sa.func.max(feedback.c.said)).where(feedback.c.person == person)) or ""


def add(connection: sa.Connection, entries: Iterable[Feedback]) -> list[int]:
    """Store what people said; each gets a number of its own."""
    insert = sa.insert(feedback).returning(feedback.c.id)
    return [int(connection.execute(insert, _values(entry)).scalar_one()) for entry in entries]


def follow(connection: sa.Connection, track: int, content: str) -> None:
    """Let what was said of a track be about its file with other bytes, too."""
    its = sa.select(tracks.c.content).where(tracks.c.id == track).scalar_subquery()
    connection.execute(sa.update(feedback).where(feedback.c.track_content == its).values(track_content=content))


def present(connection: sa.Connection, judged: Sequence[JudgedTrack]) -> list[list[int]]:
    """Find the tracks of the library, not missing, that each of these is: by what is in them, or the same recording.

    Recordings are the same whose artists and titles are (regardless of case) and whose lengths differ by no more than
    `SAME_LENGTH`, or of which one has no known length.
    """
    found: list[list[int]] = []
    for first in range(0, len(judged), MOST_KEYS // 4):
        part = judged[first : first + MOST_KEYS // 4]
        found += _present(connection, part)
    return found


def _present(connection: sa.Connection, judged: Sequence[JudgedTrack]) -> list[list[int]]:
    names = ("id", "content", "sound", "identifier", "artist_folded", "title", "duration")
    artists = {fold(each.artist) for each in judged if each.artist} - UNKNOWN_ARTISTS
    alike = sa.or_(
        tracks.c.content.in_({each.content for each in judged if each.content}),
        tracks.c.sound.in_({each.sound for each in judged if each.sound}),
        tracks.c.identifier.in_({each.identifier for each in judged if each.identifier}),
        tracks.c.artist_folded.in_(artists),
    )
    rows = connection.execute(
        sa.select(*(tracks.c[name] for name in names)).where(alike, tracks.c.missing.is_(False)).order_by(tracks.c.id)
    ).all()
    return [[row.id for row in rows if _is(each, row)] for each in judged]


def _is(judged: JudgedTrack, row: sa.Row[Any]) -> bool:
    same = ((judged.content, row.content), (judged.sound, row.sound), (judged.identifier, row.identifier))
    if any(one is not None and one == other for one, other in same):
        return True
    artist, title = folded(judged.artist), folded(judged.title)
    if artist in UNKNOWN_ARTISTS or not title or (artist, title) != (folded(row.artist_folded), folded(row.title)):
        return False
    return judged.duration is None or row.duration is None or abs(judged.duration - row.duration) <= SAME_LENGTH


def _values(entry: Feedback) -> dict[str, Any]:
    values: dict[str, Any] = {"person": entry.person, "said": entry.said, "kind": str(entry.kind)}
    values |= _flat("", entry.affect) if entry.affect is not None else {}
    values |= _flat("position_", entry.position) if entry.position is not None else {}
    for name in _PARTS:
        part = getattr(entry, name)
        values |= _flat(f"{name}_", part.affect) if part is not None else {}
        values |= {f"{name}_{key}": value for key, value in _own(part)}
    return values


def _flat(prefix: str, affect: Affect) -> dict[str, float]:
    return {f"{prefix}valence": affect.valence, f"{prefix}arousal": affect.arousal}


def _own(part: JudgedTrack | JudgedPicture | None) -> Iterator[tuple[str, Any]]:
    if part is not None:
        for each in dataclasses.fields(part):
            if each.name != "affect":
                yield each.name, getattr(part, each.name)


def _entry(row: sa.Row[Any]) -> Feedback:
    cells = row._mapping
    parts: dict[str, Any] = {}
    for name, kind in _PARTS.items():
        if cells[f"{name}_model"] is not None:
            names = [each.name for each in dataclasses.fields(kind) if each.name != "affect"]
            affect = Affect(cells[f"{name}_valence"], cells[f"{name}_arousal"])
            parts[name] = kind(affect=affect, **{each: cells[f"{name}_{each}"] for each in names})
    felt = None if row.valence is None else Affect(row.valence, row.arousal)
    if row.position_valence is not None:
        parts["position"] = Affect(row.position_valence, row.position_arousal)
    return Feedback(id=row.id, person=row.person, said=row.said, kind=FeedbackKind(row.kind), affect=felt, **parts)


def csv_columns() -> list[str]:
    """Heads of the columns of feedback as CSV: what is in JSON, laid out flat."""
    own = (f"{name}_{each.name}" for name, kind in _PARTS.items() for each in dataclasses.fields(kind))
    affects = {f"{name}affect": [f"{name}valence", f"{name}arousal"] for name in ("track_", "picture_")}
    laid = chain.from_iterable(affects.get(each, [each]) for each in own)
    return ["id", "person", "said", "kind", "valence", "arousal", *laid, "position_valence", "position_arousal"]


def csv_row(entry: Feedback) -> list[Any]:
    """Cells of what was said under `csv_columns`."""
    values = {"id": entry.id, **_values(entry)}
    return [values.get(name) for name in csv_columns()]

"""Tracks as JSON and as CSV."""

import csv
import dataclasses
from collections.abc import Iterable
from typing import Any, TextIO

from img2music.analysis import Features
from img2music.track import Track

_PLAIN = (
    "id",
    "path",
    "identifier",
    "title",
    "artist",
    "album",
    "album_artist",
    "genre",
    "year",
    "duration",
    "missing",
    "kind",
)
_FEATURES = tuple(field.name for field in dataclasses.fields(Features))


def track_as_json(track: Track) -> dict[str, Any]:
    """Give a track in the shape of ``img2music/tracks/1``."""
    return dataclasses.asdict(track)


def write_csv(stream: TextIO, tracks: Iterable[Track]) -> None:
    """Write tracks as CSV with a head line.

    ``valence`` and ``arousal`` are the track's affect; the feature of that name is ``raw_valence``. What the stream's
    encoding can't hold (a byte of a path that is not UTF-8) becomes a backslash escape.
    """
    features = ["raw_valence" if name == "valence" else name for name in _FEATURES]
    writer = csv.writer(stream, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
    writer.writerow([*_PLAIN, "valence", "arousal", *features])
    encoding = stream.encoding or "utf-8"
    for track in tracks:
        row = [getattr(track, name) for name in _PLAIN]
        row += [track.affect.valence, track.affect.arousal]
        row += [getattr(track.features, name) for name in _FEATURES]
        writer.writerow(
            [
                cell.encode(encoding, "backslashreplace").decode(encoding) if isinstance(cell, str) else cell
                for cell in row
            ]
        )

"""The features of a song as Spotify and ReccoBeats give them in JSON."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from img2music.music.song import Song

_UNIT = ("danceability", "energy", "valence", "acousticness", "instrumentalness", "liveness", "speechiness")


def has_features(song: Song) -> bool:
    """Tell whether all of the features are known that are between 0 and 1."""
    return all(getattr(song, name) is not None for name in _UNIT)


def with_features(song: Song, found: Mapping[str, Any]) -> Song:
    """Fill in the features that a song lacks."""
    values: dict[str, float | int | None] = {name: _number(found.get(name), 0.0, 1.0) for name in _UNIT}
    tempo = _number(found.get("tempo"), 0.0, 1000.0)
    values["tempo"] = tempo or None  # 0: Spotify heard no beat
    values["loudness"] = _number(found.get("loudness"), -100.0, 20.0)
    values["key"] = _whole(found.get("key"), 12)
    values["mode"] = _whole(found.get("mode"), 2)
    lacking: Any = {name: value for name, value in values.items() if value is not None and getattr(song, name) is None}
    return dataclasses.replace(song, **lacking)


def _number(value: object, least: float, greatest: float) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if least <= value <= greatest else None


def _whole(value: object, below: int) -> int | None:
    number = _number(value, 0, below - 1)  # Spotify says -1 where it heard no key
    return None if number is None or number != int(number) else int(number)

"""The features of a song as Spotify and ReccoBeats give them in JSON."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from img2music.analysis import FASTEST, UNIT, Features
from img2music.connectors.cells import LOUDNESS
from img2music.music.song import Song

UNIT_FEATURES = tuple(each.name for each in dataclasses.fields(Features) if each.metadata == UNIT)
"""Features between 0 and 1."""
_WHOLE = {"key": (0, 11), "mode": (0, 1)}  # Spotify says -1 where it heard no key
_LIMITS = dict.fromkeys(UNIT_FEATURES, (0.0, 1.0)) | {"tempo": (0.0, FASTEST), "loudness": LOUDNESS} | _WHOLE


def has_features(song: Song) -> bool:
    """Tell whether all of the features are known that are between 0 and 1."""
    return all(getattr(song, name) is not None for name in UNIT_FEATURES)


def with_features(song: Song, found: Mapping[str, Any]) -> Song:
    """Fill in the features that a song lacks."""
    lacking: dict[str, Any] = {}
    for name, (least, most) in _LIMITS.items():
        value = found.get(name)
        if getattr(song, name) is not None or not isinstance(value, int | float) or isinstance(value, bool):
            continue
        if least <= value <= most and not (name in _WHOLE and value != int(value)):
            lacking[name] = int(value) if name in _WHOLE else float(value)
    if lacking.get("tempo") == 0.0:  # Spotify heard no beat
        del lacking["tempo"]
    return dataclasses.replace(song, **lacking)

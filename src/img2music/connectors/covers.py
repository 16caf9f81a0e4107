"""Covers: the picture in a sound file, or the one beside it."""

import os
import re

from img2music.errors import InputError
from img2music.locations import is_url
from img2music.media.audio_file import AudioFile

BESIDE = re.compile(r"(cover|folder|front|albumart)\.(jpe?g|png|webp)", re.IGNORECASE)
"""Names that players and rippers give the picture that lies beside an album's songs."""


def find_cover(path: str) -> bytes | str | None:
    """Find the cover of a sound file: the bytes of the picture in it, or the path of the one beside it."""
    try:
        with AudioFile(path, measured=False) as audio:
            if embedded := audio.cover():
                return embedded
    except InputError:
        pass  # what can't be heard may have a cover beside it
    if is_url(path):
        return None  # what lies beside it is not looked for
    folder = os.path.dirname(path)  # noqa: PTH120 - names may be any bytes
    with os.scandir(folder) as entries:
        beside = [entry.path for entry in entries if BESIDE.fullmatch(entry.name) and entry.is_file()]
    return min(beside, default=None)

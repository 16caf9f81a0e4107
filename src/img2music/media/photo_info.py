"""What a photo says of itself, and what photo programs say of it beside it: when it was taken, and its title."""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from img2music.errors import InputError, MissingExtraError
from img2music.media.colours import EXIF_FOLDER
from img2music.media.images import opened
from img2music.media.sidecars import google_beside, xmp_beside
from img2music.media.video import VideoFile
from img2music.media.xmp import YEARS, PhotoInfo, plain, read_xmp

# Exif 2.32, sections 4.6.3 to 4.6.5
TITLE = 0x010E
DATE_TIME, ORIGINAL, DIGITIZED = 0x0132, 0x9003, 0x9004
FRACTION = 0x9291  # SubSecTimeOriginal

FIRST_YEAR = 1980
"""A film that says it is older was made by a camera whose clock was never set: QuickTime's begins in 1904."""

ZONES = timedelta(hours=26)
"""By how much two clocks of the world differ at most; what Google says of another time was corrected by a person."""


def read_photo_info(path: str | os.PathLike[str]) -> PhotoInfo:
    """Read what is said of a photo; damaged or missing metadata is nothing.

    An XMP file beside it goes first: that is where programs write what a person has changed. Google writes UTC, so the
    photo's own time by the camera's clock goes before unless they are a day apart.
    """
    name = os.fsdecode(path)
    return _with_what_is_beside(name, _own(name))


def _with_what_is_beside(name: str, own: PhotoInfo) -> PhotoInfo:
    beside, google = xmp_beside(name), google_beside(name)
    corrected = own.taken and google.taken and abs(own.taken - google.taken) > ZONES
    known = google.taken if corrected or own.taken is None else own.taken
    return PhotoInfo(beside.taken or known, beside.title or google.title or own.title)


def _own(path: str) -> PhotoInfo:
    with suppress(InputError, MissingExtraError), opened(path) as source:
        exif = source.getexif()
        return PhotoInfo(_taken(exif), read_xmp(source.info.get("xmp")).title or _title(exif.get(TITLE)))
    return PhotoInfo()


def read_film_info(film: VideoFile) -> PhotoInfo:
    """Read what a film says of itself, and what lies beside it, as beside a photo.

    Phones tell when it was taken with their time zone (Apple's "creationdate"), so by the camera's clock, as Exif does;
    else it is told in UTC, and comes in the local time of this machine.
    """
    told = {name.lower(): text for each in (film.stream, film.container) for name, text in each.metadata.items()}
    title = _title(told.get("com.apple.quicktime.title") or told.get("title"))
    for name in ("com.apple.quicktime.creationdate", "creation_time"):
        with suppress(ValueError, OverflowError, OSError):
            taken = datetime.fromisoformat(told.get(name, "").strip())
            if name == "creation_time" and taken.tzinfo is not None:
                taken = taken.astimezone()
            if taken.year >= FIRST_YEAR:
                return _with_what_is_beside(film.path, PhotoInfo(taken.replace(tzinfo=None), title))
    return _with_what_is_beside(film.path, PhotoInfo(None, title))


def _taken(exif: Image.Exif) -> datetime | None:
    within = exif.get_ifd(EXIF_FOLDER)
    for stamp in (within.get(ORIGINAL), within.get(DIGITIZED), exif.get(DATE_TIME)):
        with suppress(ValueError, TypeError, AttributeError):
            taken = datetime.strptime(_text(stamp)[:19], "%Y:%m:%d %H:%M:%S")
            if taken.year not in YEARS:
                continue
            digits = _text(within.get(FRACTION, "")).strip()
            # A burst has several photos a second.
            part = int(digits[:6].ljust(6, "0")) if stamp is within.get(ORIGINAL) and digits.isdecimal() else 0
            return taken.replace(microsecond=part)
    return None


def _title(value: Any) -> str | None:
    if value is None:
        return None
    text = _text(value)
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")  # Pillow reads Exif as Latin-1, where programs write UTF-8
    return plain(text)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

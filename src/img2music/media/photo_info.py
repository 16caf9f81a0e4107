"""What a photo says of itself: when it was taken, and its title."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from PIL import Image

from img2music.errors import InputError, MissingExtraError
from img2music.media.colours import EXIF_FOLDER
from img2music.media.images import opened
from img2music.media.video import VideoFile

# Exif 2.32, sections 4.6.3 to 4.6.5
TITLE = 0x010E
DATE_TIME, ORIGINAL, DIGITIZED = 0x0132, 0x9003, 0x9004
FRACTION = 0x9291  # SubSecTimeOriginal

FIRST_YEAR = 1980
"""A film that says it is older was made by a camera whose clock was never set: QuickTime's begins in 1904."""

LARGEST_XMP = 2**20
"""Bytes of the largest XMP packet that is read; what photo programs write has a few thousand."""

DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

# What cameras and programs write into the title of every photo.
NO_TITLES = re.compile(
    "default|.*digital camera|dcim|exif_jpeg_picture|hdr|image description|screenshot|untitled", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What a photo says of itself."""

    taken: datetime | None = None  # when, by the camera's clock, without a time zone
    title: str | None = None  # in one line: XMP's title, else its description, else Exif's


def read_photo_info(path: str | os.PathLike[str]) -> PhotoInfo:
    """Read what a photo says of itself; damaged or missing metadata is nothing."""
    with suppress(InputError, MissingExtraError), opened(path) as source:
        exif = source.getexif()
        return PhotoInfo(_taken(exif), _xmp_title(source.info.get("xmp")) or _plain(exif.get(TITLE)))
    return PhotoInfo()


def read_film_info(film: VideoFile) -> PhotoInfo:
    """Read what a film says of itself.

    Phones tell when it was taken with their time zone (Apple's "creationdate"), so by the camera's clock, as Exif does;
    else it is told in UTC, and comes in the local time of this machine.
    """
    told = {name.lower(): text for each in (film.stream, film.container) for name, text in each.metadata.items()}
    title = _plain(told.get("com.apple.quicktime.title") or told.get("title"))
    for name in ("com.apple.quicktime.creationdate", "creation_time"):
        with suppress(ValueError, OverflowError, OSError):
            taken = datetime.fromisoformat(told.get(name, "").strip())
            if name == "creation_time" and taken.tzinfo is not None:
                taken = taken.astimezone()
            if taken.year >= FIRST_YEAR:
                return PhotoInfo(taken.replace(tzinfo=None), title)
    return PhotoInfo(None, title)


def _taken(exif: Image.Exif) -> datetime | None:
    within = exif.get_ifd(EXIF_FOLDER)
    for stamp in (within.get(ORIGINAL), within.get(DIGITIZED), exif.get(DATE_TIME)):
        with suppress(ValueError, TypeError, AttributeError):
            taken = datetime.strptime(_text(stamp)[:19], "%Y:%m:%d %H:%M:%S")
            digits = _text(within.get(FRACTION, "")).strip()
            # A burst has several photos a second.
            part = int(digits[:6].ljust(6, "0")) if stamp is within.get(ORIGINAL) and digits.isdecimal() else 0
            return taken.replace(microsecond=part)
    return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> str | None:
    """One line of text; None where there is none that tells one photo from another."""
    if value is None:
        return None
    text = _text(value)
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")  # Pillow reads Exif as Latin-1, where programs write UTF-8
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if text and not NO_TITLES.fullmatch(text) else None


def _xmp_title(packet: Any) -> str | None:
    if not isinstance(packet, bytes) or len(packet) > LARGEST_XMP or b"<!" in packet:  # no entities, which may explode
        return None
    with suppress(ElementTree.ParseError, ValueError):
        root = ElementTree.fromstring(packet.rstrip(b"\0 "))  # noqa: S314 - has no entities
        for name in ("title", "description"):
            items = [item for element in root.iter(DUBLIN_CORE + name) for item in element.iter() if item.text]
            # That in the default language first (XMP part 1, 8.2.2.4).
            for item in sorted(items, key=lambda item: item.get(LANGUAGE) != "x-default"):
                if (title := _plain(item.text)) is not None:
                    return title
    return None

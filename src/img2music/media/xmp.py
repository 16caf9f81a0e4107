"""XMP: what photo programs say of a photo, within it or in a file beside it."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

LARGEST_XMP = 2**20
"""Bytes of the largest XMP packet that is read; what photo programs write has a few thousand."""

DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
DATES = (
    "{http://ns.adobe.com/exif/1.0/}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "{http://ns.adobe.com/xap/1.0/}CreateDate",
)
"""When a photo was taken, the surest first (XMP part 2, 2.6, and IPTC's Date Created)."""

# What cameras and programs write into the title of every photo.
NO_TITLES = re.compile(
    "default|.*digital camera|dcim|exif_jpeg_picture|hdr|image description|screenshot|untitled", re.IGNORECASE
)


YEARS = range(1826, 2200)
"""Years of photos, from the oldest that there is. Beyond, programs mean none: Go writes the year 1, Windows 1601."""


@dataclass(frozen=True, slots=True)
class PhotoInfo:
    """What is said of a photo."""

    taken: datetime | None = None  # when, by the camera's clock, without a time zone
    title: str | None = None  # in one line: XMP's title, else its description, else Exif's


def read_xmp(packet: Any) -> PhotoInfo:
    """Read an XMP packet; a damaged or hostile one says nothing."""
    if not isinstance(packet, bytes) or len(packet) > LARGEST_XMP:
        return PhotoInfo()
    with suppress(ElementTree.ParseError, ValueError, LookupError):
        wide = packet[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = packet.decode("utf-16" if wide else "utf-8-sig").strip("\0 \r\n")
        if "<!DOCTYPE" not in text:  # and so no entities, which may explode
            root = ElementTree.fromstring(text)  # noqa: S314 - as above
            return PhotoInfo(_date(root), _title(root))
    return PhotoInfo()


def write_xmp(info: PhotoInfo) -> bytes:
    """Write what is said of a photo as other programs take it, too."""
    date = "" if info.taken is None else f"<exif:DateTimeOriginal>{info.taken.isoformat()}</exif:DateTimeOriginal>"
    title = "" if info.title is None else escape(info.title)
    if title:
        title = f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:exif="http://ns.adobe.com/exif/1.0/">{date}{title}</rdf:Description></rdf:RDF></x:xmpmeta>\n'
    ).encode()


def moment(text: Any) -> datetime | None:
    """When a photo was taken, by the camera's clock, as ISO 8601 has it; None where that can't be."""
    with suppress(ValueError):
        told = datetime.fromisoformat(text.strip() if isinstance(text, str) else "")
        return told.replace(tzinfo=None) if told.year in YEARS else None
    return None


def plain(text: str) -> str | None:
    """One line of text; None where there is none that tells one photo from another."""
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if text and not NO_TITLES.fullmatch(text) else None


def _title(root: ElementTree.Element) -> str | None:
    for name in ("title", "description"):
        items = [item for element in root.iter(DUBLIN_CORE + name) for item in element.iter() if item.text]
        # That in the default language first (XMP part 1, 8.2.2.4).
        for item in sorted(items, key=lambda item: item.get(LANGUAGE) != "x-default"):
            if (title := plain(item.text or "")) is not None:
                return title
    return None


def _date(root: ElementTree.Element) -> datetime | None:
    """A property is an element or, in short, an attribute of the description (XMP part 1, 7.9.2.2)."""
    for name in DATES:
        texts = [element.text for element in root.iter(name)]
        texts += [element.get(name) for element in root.iter() if element.get(name)]
        for text in texts:
            if (taken := moment(text)) is not None:
                return taken
    return None

"""Files that photo services and programs lay beside photos when they give them out, told by their names.

- Google Takeout (https://takeout.google.com): ``photo.jpg.supplemental-metadata.json``, before October 2024
  ``photo.jpg.json``, whose name is cut; edited copies ``photo-edited.jpg``, in the language of the account, which have
  none of their own.
- Photos of Apple: ``IMG_1.xmp``, and an edited photo ``IMG_E1.JPG`` or ``IMG_1_edited.jpeg`` beside the original
  ``IMG_1.HEIC``.
- Others (darktable, digiKam): ``IMG_1.JPG.xmp``.
"""

import json
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from img2music.media.xmp import LARGEST_XMP, YEARS, PhotoInfo, plain, read_xmp

LARGEST_JSON = 1 << 18
"""Bytes of the largest file of Google's that is read; they have about a thousand."""
SUPPLEMENT = ".supplemental-metadata"
CUT = 40
"""Bytes from which on a name may be one that Google has cut, to 46 letters without the ending."""
PHOTOS = frozenset({"avif", "heic", "heif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp"})
"""Endings of what has an edited copy beside it."""
_NUMBERED = re.compile(r"(.*)(\(\d+\))", re.DOTALL)
_PART = re.compile(r"Takeout(?: \d+| ?\(\d+\))?")
_ARCHIVE = re.compile(r"takeout-\d{8}T\d{6}Z-[\d-]+")
_APPLE = re.compile(r"IMG_E(\d{4,})", re.IGNORECASE)


def xmp_beside(path: str) -> PhotoInfo:
    """Read an XMP file beside a photo."""
    folder, name = os.path.split(path)
    there = _names(folder)
    for each in (name, original_of(path)):
        for named in () if each is None else (f"{each}.xmp", f"{_stem(each)}.xmp"):
            found = there.get(named.lower())
            if found is not None:
                info = read_xmp(_content(os.path.join(folder, found), LARGEST_XMP))  # noqa: PTH118 - any bytes
                if info != PhotoInfo():
                    return info
    return PhotoInfo()


def google_beside(path: str) -> PhotoInfo:
    """Read Google's file beside a photo: when it was taken, in local time, and its description."""
    told = _googles(path)
    description = told.get("description")
    return PhotoInfo(_moment(told.get("photoTakenTime")), plain(description) if isinstance(description, str) else None)


def is_trashed(path: str) -> bool:
    """Whether Google's file beside a photo says that it was thrown away; Takeout gives out its trash, too."""
    return _googles(path).get("trashed") is True


def _googles(path: str) -> dict[str, Any]:
    """What is in Google's file beside a photo, or the photo that was edited; nothing where there is none."""
    folder, name = os.path.split(path)
    sidecar = _google(folder, name)
    if sidecar is None and (original := original_of(path)) is not None:
        sidecar = _google(folder, original)
    if sidecar is not None:
        with suppress(ValueError, RecursionError):
            told = json.loads(_content(sidecar, LARGEST_JSON))
            if isinstance(told, dict) and "photoTakenTime" in told:  # others write such files, too
                return told
    return {}


def original_of(path: str) -> str | None:
    """Name the photo in the same folder of which this one is an edited copy; None where it is none."""
    folder, name = os.path.split(path)
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - names may be any bytes
    if ending[1:].lower() not in PHOTOS:
        return None
    if apple := _APPLE.fullmatch(stem):
        return _photo(folder, f"IMG_{apple[1]}")
    number = ""
    if numbered := _NUMBERED.fullmatch(stem):
        stem, number = numbered[1], numbered[2]
    for sign in "-_":
        base, _, word = stem.rpartition(sign)
        if not base or not word:
            continue
        if word.lower() == "edited":
            return _photo(folder, base + number)
        # A word of another language: Google lays a file beside each photo, but none beside edited copies.
        if sign == "-" and not _google(folder, name) and _google(folder, base + number + ending):
            return _photo(folder, base + number, ending)
    return None


def _photo(folder: str, stem: str, ending: str | None = None) -> str | None:
    """The photo of a folder that is called so, in whatever case."""
    there = _names(folder)
    endings = sorted(PHOTOS) if ending is None else (ending[1:].lower(),)
    return next((there[name] for each in endings if (name := f"{stem}.{each}".lower()) in there), None)


def _google(folder: str, name: str) -> str | None:
    """The file that Google has laid beside a photo of this name, perhaps in another part of what it gave out."""
    for where in (folder, *_other_parts(os.path.abspath(folder))):  # noqa: PTH100 - as above
        if (found := _google_in(where, name)) is not None:
            return os.path.join(where, found)  # noqa: PTH118 - as above
    return None


@lru_cache(maxsize=64)
def _other_parts(folder: str) -> tuple[str, ...]:
    """The same folder in the other parts of a Takeout, which come in files of a few gigabytes each.

    Unpacked, they are ``takeout-20240101T101010Z-001/Takeout`` and so on, or ``Takeout``, ``Takeout 2`` and so on.
    """
    own = Path(folder)
    part = next((each for each in (own, *own.parents) if _PART.fullmatch(each.name)), None)
    if part is None:
        return ()
    others = [*_alike(part, _PART), *(each / part.name for each in _alike(part.parent, _ARCHIVE))]
    return tuple(str(there) for other in others if (there := other / own.relative_to(part)).is_dir())


def _alike(folder: Path, named: re.Pattern[str]) -> list[Path]:
    """The folders beside one that are called so, if it is."""
    with suppress(OSError, ValueError):
        beside = folder.parent.iterdir() if named.fullmatch(folder.name) else ()
        return sorted(each for each in beside if each != folder and named.fullmatch(each.name))
    return []


def _google_in(folder: str, name: str) -> str | None:
    there = _sidecars(folder)
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - as above
    wanted = [(name, "")]
    if os.path.splitext(stem)[1][1:].lower() not in PHOTOS:  # noqa: PTH122 - as above
        wanted.append((stem, ""))  # it may have had a name without an ending
    if numbered := _NUMBERED.fullmatch(stem):  # which is written behind what is cut
        wanted.insert(0, (f"{numbered[1]}{ending}", numbered[2]))
    for core, number in wanted:
        if (core, number) in there:
            return there[core, number]
        whole = core + SUPPLEMENT
        while len(os.fsencode(whole)) >= CUT or whole == core + SUPPLEMENT:
            if (whole, number) in there:
                return there[whole, number]
            whole = whole[:-1]
    return None


def _moment(told: Any) -> datetime | None:
    seconds = told.get("timestamp") if isinstance(told, dict) else None
    if not isinstance(seconds, str | int) or isinstance(seconds, bool) or len(str(seconds)) > 12:
        return None
    with suppress(ValueError, OverflowError, OSError):
        told = datetime.fromtimestamp(int(seconds), UTC).astimezone().replace(tzinfo=None)
        return told if told.year in YEARS else None
    return None


def _content(file: str, most: int) -> bytes:
    """What is in a regular file; nothing where it can't be read, or is too large."""
    with suppress(OSError, ValueError):
        if os.path.isfile(file):  # noqa: PTH113 - a pipe would block
            with open(file, "rb") as stream:  # noqa: PTH123 - as above
                content = stream.read(most + 1)
            return content if len(content) <= most else b""
    return b""


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122 - as above


def _names(folder: str) -> dict[str, str]:
    """What lies in a folder, by its name in lower case."""
    return _listed(folder, _changed(folder))[0]


def _sidecars(folder: str) -> dict[tuple[str, str], str]:
    """What may be Google's files, by the name of each without its ending and number, and that number."""
    return _listed(folder, _changed(folder))[1]


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return -1


@lru_cache(maxsize=8)
def _listed(folder: str, changed: int) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    try:
        names = sorted(os.listdir(folder or ".")) if changed != -1 else []  # noqa: PTH208 - as above
    except OSError:
        names = []
    sidecars = {}
    for name in names:
        stem, ending = os.path.splitext(name)  # noqa: PTH122 - as above
        if ending.lower() == ".json":
            sidecars[stem, ""] = name  # also where a number is part of the photo's own name
            if numbered := _NUMBERED.fullmatch(stem):
                sidecars[numbered[1], numbered[2]] = name
    return {name.lower(): name for name in names}, sidecars

"""Photos of a service as files of this machine: ``CONNECTION:album/NAME`` and ``CONNECTION:search/TEXT``.

Copies lie in the user's cache folder: each under its photo's own name in a folder that is named after the connection,
the photo and what it looks like, with what the service says of it in an XMP file beside it. So whatever reads photos
reads these. The copies of `locations` are no place for them: they are kept for an hour, under names that nobody knows.
"""

import contextlib
import difflib
import hashlib
import os
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from img2music.connectors.folders import is_image_name
from img2music.errors import (
    AwayError,
    InputError,
    MissingExtraError,
    SourceError,
    UsageError,
    is_lack_of_memory,
    printable,
    reason_of,
    shown,
)
from img2music.media.images import is_image
from img2music.media.xmp import PhotoInfo, write_xmp
from img2music.parallel import in_order
from img2music.progress import Progress, Step, unwatched

if TYPE_CHECKING:
    from img2music.connectors.connections import Connection
    from img2music.connectors.photo_service import Album, PhotoService, ServicePhoto

SPELLING = re.compile(r"([a-z][a-z0-9-]{0,31}):(album|search)/(.+)", re.DOTALL)
"""How photos of a connection are named."""
READING = 720
"""Least pixels of the longer side of a picture that is only read: some more than the model takes."""
MOST_PHOTOS = 5000
"""Photos of one album that are taken."""
MOST_FOUND = 50
"""Photos of one search: services put the best first, and leave nothing out."""
AT_ONCE = 4
"""Photos that are fetched at the same time."""
IN_A_ROW = 5
"""Photos that fail one after another, after which the service is left alone."""
MOST_KEPT = 2 << 30
"""Bytes of all copies; beyond that, those that were wanted longest ago go."""
KEPT_SECONDS = 24 * 3600.0
"""Copies that were wanted since then stay all the same, and what was begun since then."""
_LONGEST_ID = 150
_LONGEST_STEM = 100  # bytes of the name of a copy
_REFUSED = re.compile(r'[<>:"|?*]')  # of names of files, by Windows


@dataclass(frozen=True, slots=True)
class PhotoCopy:
    """A photo of a service as a file of this machine."""

    path: str
    shown: str  # what to call it, such as immich:album/Summer/IMG_1.jpg


def names_photos(text: str) -> bool:
    """Whether a text names photos of a service; what is a file's name, too, does not."""
    return SPELLING.fullmatch(text) is not None and not os.path.lexists(text)


def fetch_photos(named: str, least: int = READING, progress: Progress = unwatched) -> list[PhotoCopy | InputError]:
    """Fetch what a text names, in the service's order, a few at a time; what is here already is not asked for again.

    ``least`` is how many pixels the longer side of each picture has, if the service has as many.
    """
    found = SPELLING.fullmatch(named)
    assert found is not None, "asked without `names_photos`"
    try:
        with _login(found[1]) as service:
            photos, rest = _listed(service, found)
            copies = list(_fetched(service, named, photos, least, progress))
    except InputError as error:
        return [InputError(str(error), named)]
    except (UsageError, SourceError, MissingExtraError) as error:
        return [AwayError(str(error), named)]
    _tidy()
    return [*copies, *([InputError(rest, named)] if rest else [])]


def called(path: str) -> str:
    """What to call a file where a line is short: the copy of a photo by its name."""
    return os.path.basename(path) if _is_copy(path) else path  # noqa: PTH119 - may be any bytes


def albums_of(name: str) -> "list[Album]":
    """List the albums of a service."""
    with _login(name) as service:
        return service.albums()


def photos_of(name: str, album: str | None, search: str | None) -> "list[ServicePhoto]":
    """List the photos of an album, by its id, or those that are found for a text; each once, and not too many."""
    with _login(name) as service:
        walk, most = (
            (service.photos(album), MOST_PHOTOS) if album is not None else (service.search(search or ""), MOST_FOUND)
        )
        return list({photo.id: photo for photo in islice(walk, most)}.values())


def fetch_photo(name: str, photo: "ServicePhoto", least: int) -> Path:
    """Fetch one photo, unless it is here already."""
    with _login(name) as service:
        try:
            return _copied(service, name, photo, least)
        except OSError as error:
            raise InputError(f"there can be no copy of it here ({reason_of(error)}).", photo.name) from None


def fetch_again(path: str) -> None:
    """Fetch a copy that was removed to make room, such as one that a cue sheet names; what is no copy is left alone."""
    if os.path.lexists(path) or not _is_copy(path):
        return
    # Whoever reads it says that it is not there.
    with contextlib.suppress(ValueError, OSError, UsageError, SourceError, MissingExtraError, InputError):
        connection, id_, kept, _ = Path(path).relative_to(_root()).parts
        with _login(connection) as service:
            content = service.picture(unquote(id_.removeprefix("photo-")), int(kept.partition("-")[0]))
        _keep(Path(path), content, b"")


def service_of(name: str) -> "Connection":
    """The connection of a photo service, by its name."""
    from img2music.connectors.connections import connection
    from img2music.connectors.registry import PHOTOS

    known = connection(name)
    if known.kind not in PHOTOS:
        raise UsageError(
            f"{name} is no photo service but of the kind {printable(known.kind)}; name another connection."
        )
    return known


@contextlib.contextmanager
def _login(name: str) -> "Iterator[PhotoService]":
    from img2music.connectors.registry import photo_service

    with contextlib.closing(photo_service(service_of(name))) as service:
        yield service


def _listed(service: "PhotoService", named: re.Match[str]) -> "tuple[list[ServicePhoto], str | None]":
    """The photos that are meant, each once, and a word on those that are too many."""
    connection, what, text = named.groups()
    if what == "album":
        album = _album(service.albums(), connection, text)
        walk, most = service.photos(album.id), MOST_PHOTOS
    else:
        walk, most = service.search(text), MOST_FOUND
    photos = list({photo.id: photo for photo in islice(walk, most + 1)}.values())
    if not photos:
        raise InputError(f"{connection} has no photo there." if what == "album" else f"{connection} finds no photo.")
    many = what == "album" and len(photos) > most
    return photos[:most], f"has more than {most} photos; the first {most} are taken." if many else None


def _album(albums: "list[Album]", connection: str, text: str) -> "Album":
    """The album of a name or an id."""
    plain = {album.id: unicodedata.normalize("NFC", album.name).casefold().strip() for album in albums}
    wanted = unicodedata.normalize("NFC", text).casefold().strip()
    same = [album for album in albums if album.name == text] or [
        album for album in albums if wanted == plain[album.id] or text == album.id
    ]
    if len(same) == 1:
        return same[0]
    if same:
        each = " or ".join(f"{connection}:album/{printable(album.id)} ({_photos(album)})" for album in same[:5])
        raise InputError(f"{len(same)} albums are called so: give {each}.")
    near = difflib.get_close_matches(wanted, list(plain.values()), n=3, cutoff=0.5)
    names = [shown(album.name) for album in albums if plain[album.id] in near][:3]
    instead = f"; there is {', '.join(names)}" if names else f"; there are {len(albums)}"
    raise InputError(f"{connection} has no album of this name{instead if albums else ', and no other'}.")


def _photos(album: "Album") -> str:
    return "?" if album.photos is None else f"{album.photos} photo{'s' if album.photos != 1 else ''}"


def _fetched(
    service: "PhotoService",
    named: str,
    photos: "list[ServicePhoto]",
    least: int,
    progress: Progress,
) -> Iterator[PhotoCopy | InputError]:
    def fetch(photo: "ServicePhoto") -> tuple[PhotoCopy | InputError, bool]:
        """The copy of a photo, or why there is none; and whether there will be none of the others, either."""
        name, final = f"{named}/{_file_name(photo.name)}", False
        try:
            return PhotoCopy(str(_copied(service, named.partition(":")[0], photo, least)), name), False
        except SourceError as error:
            reason, final = str(error), error.final
        except InputError as error:
            reason = error.reason
        except OSError as error:
            reason = f"there can be no copy of it here ({reason_of(error)})."
        except Exception as error:
            if not is_lack_of_memory(error):
                raise
            reason = "memory ran out."
        return InputError(reason, name), final

    failing = 0
    for done, (photo, (result, final)) in enumerate(
        zip(photos, in_order(fetch, photos, AT_ONCE), strict=True), start=1
    ):
        yield result
        failing = 0 if isinstance(result, PhotoCopy) else failing + 1
        if (final or failing == IN_A_ROW) and done < len(photos):
            yield AwayError(f"the other {len(photos) - done} photos are left out; try again later.", named)
            return
        progress(Step("Fetching", done, len(photos), photo.name, "photos"))


def _copied(service: "PhotoService", connection: str, photo: "ServicePhoto", least: int) -> Path:
    """The copy of a photo; it is fetched if there is none."""
    id_ = quote(photo.id, safe="")
    if len(id_) > _LONGEST_ID:
        raise InputError(f"{connection} gives an id that is none.")
    mark = hashlib.blake2b(photo.mark.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    file = _root() / connection / f"photo-{id_}" / f"{least}-{mark}" / _file_name(photo.name)
    taken = None if photo.taken is None else datetime.fromisoformat(photo.taken)
    said = write_xmp(PhotoInfo(taken, photo.title))
    try:
        there = file.stat().st_size > 0
        os.utime(file)  # it is wanted
    except FileNotFoundError:
        there = False
    _keep(file, None if there else service.picture(photo.id, least), said)
    return file


def _keep(file: Path, content: bytes | None, said: bytes) -> None:
    """Write what a service gives, whole or not at all: what it says of a picture, and then that."""
    _root().parent.mkdir(parents=True, exist_ok=True)
    _root().mkdir(mode=0o700, exist_ok=True)  # they are nobody else's to see
    file.parent.mkdir(parents=True, exist_ok=True)
    sidecar = file.with_name(f"{file.name}.xmp")
    picture, beside = (file.with_name(f"{os.urandom(8).hex()}.part") for _ in range(2))
    try:
        if content is not None:
            picture.write_bytes(content)
            if not is_image(picture):
                raise InputError("what the service gives is no picture that can be read.")
        if said and not (sidecar.exists() and sidecar.read_bytes() == said):
            beside.write_bytes(said)
            beside.replace(sidecar)
        if content is not None:
            picture.replace(file)
    finally:
        for partial in (picture, beside):
            partial.unlink(missing_ok=True)
        _remove_empty(file)


def _remove_empty(file: Path) -> None:
    """Remove the folders of a copy if nothing is in them."""
    with contextlib.suppress(OSError):
        for folder in (file.parent, file.parent.parent):
            folder.rmdir()


def _file_name(name: str) -> str:
    """What a copy is called: as the photo is, without what leads to another folder or can't be a file's name."""
    name = re.split(r"[/\\]", name)[-1]
    name = _REFUSED.sub("_", "".join(char for char in name if char.isprintable())).strip(". ")
    stem, ending = os.path.splitext(name)  # noqa: PTH122 - no Path, for it may be empty
    if not is_image_name(name):
        stem, ending = name, ".jpg"
    stem = stem.encode()[:_LONGEST_STEM].decode("utf-8", "ignore").rstrip()
    return (stem or "photo") + ending


def _is_copy(path: str) -> bool:
    return path.startswith(os.path.join(_root(), ""))  # noqa: PTH118 - may be any bytes


def _root() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("img2music") / "photos"


def _tidy() -> None:
    """Remove what was left behind, and what was wanted longest ago."""
    now, total = time.time(), 0
    kept: list[tuple[float, int, Path]] = []
    for file in _root().glob("*/*/*/*"):
        with contextlib.suppress(OSError):
            status = file.stat()
            if file.suffix == ".part":
                if now - status.st_mtime > KEPT_SECONDS:
                    file.unlink()
            elif file.suffix != ".xmp":
                kept.append((status.st_mtime, status.st_size, file))
                total += status.st_size
    for wanted, size, file in sorted(kept):
        if total <= MOST_KEPT or now - wanted < KEPT_SECONDS:
            return
        with contextlib.suppress(OSError):
            file.unlink()
            file.with_name(f"{file.name}.xmp").unlink(missing_ok=True)
        _remove_empty(file)
        total -= size

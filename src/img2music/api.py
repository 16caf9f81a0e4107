"""img2music for Python: `analyze` files, open a `Library`, scan into it, recommend from it."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from img2music.affect import Affect
from img2music.errors import InputError, UsageError

if TYPE_CHECKING:
    from img2music.music.analysis import TrackAnalysis
    from img2music.vision.model import ImageAnalysis

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """What was read in one image or audio file.

    Attributes
    ----------
    path : str
        The file, as ``os.fsdecode`` gives it.
    kind : {"image", "audio"}
    affect : Affect
        Affect of the image, or of the whole track.
    detail : ImageAnalysis or TrackAnalysis
        All that was measured.
    """

    path: str
    kind: Literal["image", "audio"]
    affect: Affect
    detail: "ImageAnalysis | TrackAnalysis"

    def to_json(self) -> dict[str, Any]:
        """The shape of an item of ``img2music/analyze/1`` (docs/json.md)."""
        from dataclasses import asdict

        from img2music.music.analysis import TrackAnalysis

        item = {
            "path": self.path,
            "kind": self.kind,
            "affect": asdict(self.affect),
            "word": self.affect.word,
            "emotions": self.affect.emotions(),
        }
        if isinstance(self.detail, TrackAnalysis):
            return item | {
                "features": asdict(self.detail.features),
                "model": self.detail.analyzer,
                "duration": self.detail.duration,
                "listened": self.detail.listened,
                "curve": [asdict(point) for point in self.detail.curve],
            }
        return item | {
            "features": {"width": self.detail.width, "height": self.detail.height},
            "model": self.detail.model,
        }


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What `analyze` read.

    Attributes
    ----------
    items : list of FileAnalysis
        In the order of the paths.
    errors : list of InputError
        Files that could not be read, in the order of the paths.
    """

    items: list[FileAnalysis] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)


def analyze(*paths: AnyPath) -> AnalysisReport:
    """Read the affect of images and audio files.

    Parameters
    ----------
    *paths : str or path-like
        Files, and folders, which stand for all images and audio files in them and below.

    Returns
    -------
    AnalysisReport

    Raises
    ------
    UsageError
        If there is no path.
    ModelError
        If a shipped model can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> report = img2music.analyze("photo.jpg", "song.mp3")
    >>> [item.affect.word for item in report.items]
    """
    report = AnalysisReport()
    for result in iterate_analyses(paths):
        if isinstance(result, InputError):
            report.errors.append(result)
        else:
            report.items.append(result)
    return report


def iterate_analyses(paths: Sequence[AnyPath]) -> Iterator[FileAnalysis | InputError]:
    """Read the affect of images and audio files one after another, as `analyze` does.

    Parameters
    ----------
    paths : sequence of str or path-like
        As `analyze` takes them.

    Yields
    ------
    FileAnalysis or InputError
        One a file, in the order of the paths.

    Raises
    ------
    UsageError, ModelError
        As `analyze` does.
    """
    if not paths:
        raise UsageError("Give at least one image, audio file or folder.")
    return _iterate_analyses([(path, _is_image(path)) for path in _files(paths)])


def _iterate_analyses(files: Sequence[tuple[str | InputError, bool]]) -> Iterator[FileAnalysis | InputError]:
    images = _analyze_images([file for file, image in files if image and isinstance(file, str)])
    songs = _analyze_songs([file for file, image in files if not image and isinstance(file, str)])
    for file, image in files:
        if isinstance(file, InputError):
            yield file
        else:
            yield next(images if image else songs)


def _files(paths: Sequence[AnyPath]) -> Iterator[str | InputError]:
    from img2music.sources.folders import FolderWalk, is_audio_name, is_image_name

    for path in map(os.fsdecode, paths):
        if not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            yield path
            continue
        walk = FolderWalk([path], lambda name: is_image_name(name) or is_audio_name(name))
        empty = True
        for file in walk:
            empty = False
            yield file.path
        for unreadable, reason in walk.unreadable:
            yield InputError(f"can't be read: {reason}.", unreadable)
        if empty and not walk.unreadable:
            yield InputError("there is no image or audio file in this folder or below it.", path)


def _is_image(file: str | InputError) -> bool:
    from img2music.media.images import is_image
    from img2music.sources.folders import is_image_name

    return isinstance(file, str) and (is_image_name(file) or is_image(file))


def _analyze_images(paths: Sequence[str]) -> Iterator[FileAnalysis | InputError]:
    if not paths:
        return
    from img2music.vision.model import ImageModel

    for result in ImageModel.load().analyze(paths):
        if isinstance(result, InputError):
            yield result
        else:
            yield FileAnalysis(result.path, "image", result.affect, result)


def _analyze_songs(paths: Sequence[str]) -> Iterator[FileAnalysis | InputError]:
    from img2music.music.analyzer import analyze_track
    from img2music.vision.model import in_order, processors

    def analyze_or_explain(path: str) -> FileAnalysis | InputError:
        try:
            result = analyze_track(path)
        except InputError as error:
            return InputError(error.reason, path)
        return FileAnalysis(path, "audio", result.affect, result)

    return in_order(analyze_or_explain, paths, processors())

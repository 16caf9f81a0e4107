"""Analyze files and explain pictures."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from img2music import shapes
from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.errors import InputError, UsageError
from img2music.options import AnyPath

if TYPE_CHECKING:
    from img2music.vision.explain import Explanation
    from img2music.vision.model import ImageAnalysis


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

    def to_dict(self) -> dict[str, Any]:
        """An item of the shape ``img2music/analyze/2``, of builtin types."""
        return shapes.to_dict(AnalysisShape.of(self))

    def __repr__(self) -> str:
        return f"<FileAnalysis {self.path!r}: {self.affect.word}>"


@dataclass(frozen=True, slots=True)
class AnalysisShape:
    """An item of ``img2music/analyze/2``; what only pictures or only songs have is null for the others."""

    path: str
    kind: Literal["image", "audio"]
    affect: Affect
    word: str  # of the circumplex
    emotions: dict[str, float]  # probability of each basic emotion and neutral
    model: str  # that read it, with its version
    spread: Affect | None  # standard deviations of a picture's reading
    width: int | None  # of a picture, upright, in pixels
    height: int | None
    duration: float | None  # of a song, in seconds
    listened: float | None  # seconds of it that were heard
    features: Features | None  # of a song
    curve: tuple[CurvePoint, ...] | None  # affect of a song, window by window
    note: str | None  # what is wrong with a file that was read all the same

    @classmethod
    def of(cls, item: FileAnalysis) -> Self:
        """Lay an analysis out flat."""
        detail = item.detail
        song = detail if isinstance(detail, TrackAnalysis) else None
        image = None if isinstance(detail, TrackAnalysis) else detail
        return cls(
            path=item.path,
            kind=item.kind,
            affect=item.affect,
            word=item.affect.word,
            emotions=item.affect.emotions(),
            model=song.analyzer if song is not None else image.model if image is not None else "",
            spread=None if image is None or image.spread is None else Affect(*image.spread),
            width=image and image.width,
            height=image and image.height,
            duration=song and song.duration,
            listened=song and song.listened,
            features=song and song.features,
            curve=song and song.curve,
            note=detail.note,
        )


@dataclass(frozen=True, slots=True)
class AnalyzeShape:
    """``img2music/analyze/2``."""

    schema: Literal["img2music/analyze/2"]
    items: list[AnalysisShape]
    errors: list[shapes.Problem]


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

    def to_dict(self) -> dict[str, Any]:
        """The shape ``img2music/analyze/2``, of builtin types."""
        items = [AnalysisShape.of(item) for item in self.items]
        return shapes.to_dict(AnalyzeShape("img2music/analyze/2", items, shapes.problems(self.errors)))

    def to_json(self) -> str:
        """The same as JSON."""
        return shapes.dumps(self.to_dict())

    def __repr__(self) -> str:
        return f"<AnalysisReport: {len(self.items)} read, {len(self.errors)} failed>"


def analyze(*paths: AnyPath, image_model: AnyPath | None = None) -> AnalysisReport:
    """Read the affect of images and audio files.

    Parameters
    ----------
    *paths : str or path-like
        Files, and folders, which stand for all images and audio files in them and below.
    image_model : str or path-like, optional
        What reads images: the name of a model, or a model file; the chosen one by default.

    Returns
    -------
    AnalysisReport

    Raises
    ------
    UsageError
        If there is no path.
    ModelError
        If there is no such model, or it can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> report = img2music.analyze("photo.jpg", "song.mp3")
    >>> [item.affect.word for item in report.items]
    """
    report = AnalysisReport()
    for result in iterate_analyses(paths, image_model):
        if isinstance(result, InputError):
            report.errors.append(result)
        else:
            report.items.append(result)
    return report


def explain(path: AnyPath, *, image_model: AnyPath | None = None) -> "Explanation":
    """Tell which regions of a picture raise or lower its affect.

    Parameters
    ----------
    path : str or path-like
        An image file.
    image_model : str or path-like, optional
        As `analyze` takes it.

    Returns
    -------
    Explanation
        A map of valence and one of arousal, which its method ``plot`` draws.

    Raises
    ------
    InputError
        If the picture can't be read.
    ModelError
        If there is no such model, or it can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> img2music.explain("photo.jpg").plot("why.png")
    """
    from img2music.vision.explain import explain as explain_image
    from img2music.vision.model import ImageModel

    return explain_image(ImageModel.load(image_model), path)


def require_explainable(paths: Sequence[AnyPath], file: AnyPath) -> None:
    """Refuse early what could not be explained and drawn.

    Parameters
    ----------
    paths : sequence of str or path-like
        What is to be explained: one picture. One that can't be read passes; `explain` says why.
    file : str or path-like
        What is to be drawn.

    Raises
    ------
    UsageError
        If there is not one path, it is a folder or a sound, the drawing would replace it, or its ending is neither
        ``.png`` nor ``.svg``.
    MissingExtraError
        If matplotlib is not installed.
    """
    from pathlib import Path

    from img2music.errors import printable
    from img2music.plots import require_plotting

    require_plotting(Path(file))
    if len(paths) != 1:
        raise UsageError(f"One picture can be explained at a time, not {len(paths)} files.")
    path = os.fsdecode(paths[0])
    if os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
        raise UsageError(f"One picture can be explained at a time; {printable(path)} is a folder.")
    if os.path.isfile(path) and not _is_image(path):  # noqa: PTH113 - as above
        raise UsageError(f"Only a picture can be explained, and {printable(path)} is none.")
    if os.path.exists(file) and os.path.exists(path) and os.path.samefile(file, path):  # noqa: PTH110, PTH121 - as above
        raise UsageError(f"The drawing would replace the picture {printable(path)}; give another file.")


def iterate_analyses(
    paths: Sequence[AnyPath], image_model: AnyPath | None = None
) -> Iterator[FileAnalysis | InputError]:
    """Read the affect of images and audio files one after another, as `analyze` does.

    Parameters
    ----------
    paths : sequence of str or path-like
        As `analyze` takes them.
    image_model : str or path-like, optional
        As `analyze` takes it.

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
    return _iterate_analyses([(path, _is_image(path)) for path in _files(paths)], image_model)


def _iterate_analyses(
    files: Sequence[tuple[str | InputError, bool]], image_model: AnyPath | None
) -> Iterator[FileAnalysis | InputError]:
    images = _analyze_images([file for file, image in files if image and isinstance(file, str)], image_model)
    songs = _analyze_songs([file for file, image in files if not image and isinstance(file, str)])
    for file, image in files:
        if isinstance(file, InputError):
            yield file
        else:
            yield next(images if image else songs)


def _files(paths: Sequence[AnyPath]) -> Iterator[str | InputError]:
    from img2music.connectors.folders import FolderWalk, holds_only_sound, is_image_name

    for path in map(os.fsdecode, paths):
        if not os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
            yield path
            continue
        walk = FolderWalk([path], lambda name: is_image_name(name) or holds_only_sound(name))
        empty = True
        for file in walk:
            empty = False
            yield file.path
        for unreadable, reason in walk.unreadable:
            yield InputError(f"can't be read: {reason}.", unreadable)
        if empty and not walk.unreadable:
            yield InputError("there is no image or audio file in this folder or below it.", path)


def _is_image(file: str | InputError) -> bool:
    from img2music.connectors.folders import is_image_name
    from img2music.media.images import is_image

    return isinstance(file, str) and (is_image_name(file) or is_image(file))


def _analyze_images(paths: Sequence[str], model: AnyPath | None) -> Iterator[FileAnalysis | InputError]:
    if not paths:
        return iter(())
    from img2music.vision.model import ImageModel

    results = ImageModel.load(model).analyze(paths)  # now: what is wrong with it is known before a song is heard
    return (
        result if isinstance(result, InputError) else FileAnalysis(result.path, "image", result.affect, result)
        for result in results
    )


def _analyze_songs(paths: Sequence[str]) -> Iterator[FileAnalysis | InputError]:
    from img2music.connectors.folders import why_no_sound
    from img2music.music.audio.analyzer import analyze_track
    from img2music.parallel import in_order, processors

    def analyze_or_explain(path: str) -> FileAnalysis | InputError:
        try:
            result = analyze_track(path)
        except InputError as error:
            return InputError(why_no_sound(path, error.reason), path)
        return FileAnalysis(path, "audio", result.affect, result)

    return in_order(analyze_or_explain, paths, processors())

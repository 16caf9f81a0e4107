"""Analyze files and explain pictures."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from img2music import shapes
from img2music.affect import Affect
from img2music.analysis import CurvePoint, Features, TrackAnalysis
from img2music.arguments import checked
from img2music.errors import InputError, UsageError
from img2music.media.picture_source import PictureSource
from img2music.options import AnyPath
from img2music.progress import Progress, Step, unwatched

if TYPE_CHECKING:
    from img2music.vision.explain import Explanation
    from img2music.vision.model import ImageAnalysis


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """What was read in one image or audio file."""

    path: str
    """The file, as ``os.fsdecode`` gives it."""
    kind: Literal["image", "audio"]
    affect: Affect
    """Affect of the image, or of the whole track."""
    detail: "ImageAnalysis | TrackAnalysis"
    """All that was measured."""

    def to_dict(self) -> dict[str, Any]:
        """An item of the shape ``img2music/analyze/2``, of builtin types."""
        return shapes.to_dict(AnalysisShape.of(self))

    def __repr__(self) -> str:
        return f"<FileAnalysis {self.path!r}: {self.affect.word}>"

    def _repr_html_(self) -> str:
        return _as_html([self])


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
        names = ("width", "height", "duration", "listened", "features", "curve", "note")
        spread = getattr(detail, "spread", None)
        return cls(
            path=item.path,
            kind=item.kind,
            affect=item.affect,
            word=item.affect.word,
            emotions=item.affect.emotions(),
            model=detail.analyzer if isinstance(detail, TrackAnalysis) else detail.model,
            spread=None if spread is None else Affect(*spread),
            **{name: getattr(detail, name, None) for name in names},
        )


@dataclass(frozen=True, slots=True)
class AnalyzeShape:
    """``img2music/analyze/2``."""

    schema: Literal["img2music/analyze/2"]
    items: list[AnalysisShape]
    errors: list[shapes.Problem]


@dataclass(frozen=True, slots=True, repr=False)
class AnalysisReport(shapes.Result):
    """What `analyze` read."""

    items: list[FileAnalysis] = field(default_factory=list)
    """In the order of the paths."""
    errors: list[InputError] = field(default_factory=list)
    """Files that could not be read, in the order of the paths."""

    def to_dict(self) -> dict[str, Any]:
        """The shape ``img2music/analyze/2``, of builtin types."""
        items = [AnalysisShape.of(item) for item in self.items]
        return shapes.to_dict(AnalyzeShape("img2music/analyze/2", items, shapes.problems(self.errors)))

    def _repr_html_(self) -> str:
        return _as_html(self.items, self.errors)


def _as_html(items: Sequence[FileAnalysis], errors: Sequence[InputError] = ()) -> str:
    """The affects on the plane, and a table in which songs play the passage that is most like the whole."""
    from img2music.matching import notebook
    from img2music.matching.passages import best_passage

    players, rows = notebook.Players(), []
    for item in items:
        detail, heard, facts = item.detail, "", ""
        if isinstance(detail, TrackAnalysis):
            positions = [(point.affect.valence, point.affect.arousal) for point in detail.curve]
            passage = best_passage(detail.curve, positions, (item.affect.valence, item.affect.arousal), detail.duration)
            heard, facts = players.of(item.path, passage), detail.features.summary
        else:
            facts = f"{detail.width} x {detail.height}"
        numbers = (f"{item.affect.valence:.2f}", f"{item.affect.arousal:.2f}")
        texts = (os.path.basename(item.path), item.affect.word, *numbers, facts)  # noqa: PTH119 - names may be any bytes
        rows.append([*map(notebook.text, texts), heard])
    rows += [[notebook.text(error.path or ""), notebook.text(error.reason)] for error in errors]
    drawn = notebook.plane("what was read", [(i.affect.valence, i.affect.arousal, i.path) for i in items])
    heads = ("file", "affect", "valence", "arousal", "", "passage")
    return notebook.laid_out(f"{len(items)} read, {len(errors)} not", drawn, heads, rows)


@checked
def analyze(
    *sources: PictureSource, image_model: AnyPath | None = None, progress: Progress = unwatched
) -> AnalysisReport:
    """Read the affect of images and audio files.

    Parameters
    ----------
    *sources : str, path-like, bytes, file object, PIL image or array
        Pictures; by path also audio files, and folders, which stand for all images and audio files in them and below.
    image_model : str or path-like, optional
        What reads images: the name of a model, or a model file; the chosen one by default.
    progress : callable
        Called with each `Step`; the item is a file.

    Returns
    -------
    AnalysisReport

    Raises
    ------
    UsageError
        If nothing is given.
    ModelError
        If there is no such model, or it can't be loaded.

    Examples
    --------
    >>> import img2music
    >>> report = img2music.analyze("photo.jpg", "song.mp3")
    >>> [item.affect.word for item in report.items]
    """
    report = AnalysisReport()
    if not sources:
        raise UsageError("Give at least one image, audio file or folder.")
    given = [item for source in sources for item in _given(source, progress)]
    pictures = [picture for kind, picture, _ in given if kind == "image"]
    images, songs = (
        _analyze_images(pictures, image_model),
        _analyze_songs([path for kind, path, _ in given if kind == "audio"]),
    )
    for done, (kind, item, shown) in enumerate(given, start=1):
        result = item if isinstance(item, InputError) else next(images if kind == "image" else songs)
        if shown is not None:
            result = InputError(result.reason, shown) if isinstance(result, InputError) else replace(result, path=shown)
        if isinstance(result, InputError):
            report.errors.append(result)
        else:
            report.items.append(result)
        progress(Step("Reading", done, len(given), result.path, "files"))
    return report


@checked
def explain(picture: PictureSource, *, image_model: AnyPath | None = None) -> "Explanation":
    """Tell which regions of a picture raise or lower its affect.

    Parameters
    ----------
    picture : str, path-like, bytes, file object, PIL image or array
        An image.
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

    return explain_image(ImageModel.load(image_model), picture)


def require_explainable(paths: Sequence[AnyPath], file: AnyPath) -> None:
    """Refuse early what could not be explained and drawn; a picture that can't be read passes, `explain` says why."""
    from img2music.connectors.folders import is_picture
    from img2music.connectors.service_photos import names_photos
    from img2music.errors import printable
    from img2music.plots import require_plotting

    require_plotting(Path(file))
    if len(paths) != 1:
        raise UsageError(f"One picture can be explained at a time, not {len(paths)} files.")
    path = os.fsdecode(paths[0])
    if os.path.isdir(path):  # noqa: PTH112 - names may be any bytes
        raise UsageError(f"One picture can be explained at a time; {printable(path)} is a folder.")
    if names_photos(path):
        raise UsageError(f"A picture can be explained that is a file; {printable(path)} is none.")
    if os.path.isfile(path) and not is_picture(path):  # noqa: PTH113 - as above
        raise UsageError(f"Only a picture can be explained, and {printable(path)} is none.")
    if os.path.exists(file) and os.path.exists(path) and os.path.samefile(file, path):  # noqa: PTH110, PTH121 - as above
        raise UsageError(f"The drawing would replace the picture {printable(path)}; give another file.")


def _given(
    source: PictureSource, progress: Progress
) -> Iterator[tuple[Literal["image", "audio", "neither"], Any, str | None]]:
    """What a source stands for: pictures, paths of songs, faults of folders; and what to call a service's photo."""
    from img2music.matching.query_reading import GivenFile, expand

    if not isinstance(source, str | os.PathLike):
        yield "image", source, None
        return
    for item in expand(os.fsdecode(source), songs=True, progress=progress):
        if isinstance(item, GivenFile):
            yield "image" if item.picture else "audio", item.path, item.shown
        else:
            yield "neither", item, None


def _analyze_images(pictures: Sequence[PictureSource], model: AnyPath | None) -> Iterator[FileAnalysis | InputError]:
    if not pictures:
        return iter(())
    from img2music.vision.model import ImageModel

    results = ImageModel.load(model).analyze(pictures)  # now: what is wrong with it is known before a song is heard
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

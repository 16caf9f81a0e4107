"""An evaluation of an image model as files: JSON, Markdown, and one page of tables, plots and thumbnails."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2music.errors import InputError, MissingExtraError
from img2music.media.images import read_image
from img2music.research.images.evaluation import Judged
from img2music.research.images.report import SCHEMA, SPLITS, TITLE, full_json, headline, sections, title_of, to_markdown
from img2music.research.pages import escaped, head_of, html_image, html_table, png, prepare, report_kinds, write_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

KINDS = report_kinds(SCHEMA, TITLE)
"""What its files are known by, by their names."""

AXES = ("valence", "arousal")
COLOURS = ("#0072B2", "#D55E00")  # Okabe & Ito (2008), told apart with any kind of colour blindness
WORST = 24
GRID = 8  # the plane is parted into 8 x 8 cells, of which each shows one image at most
PLANE_SIDE = 44
WORST_SIDE = 160


def write_report(judged: Judged, notes: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Write ``report.json``, ``report.md`` and ``report.html``, each in one step."""
    prepare(folder)
    contents = {
        "report.json": json.dumps(full_json(judged, notes), indent=2, allow_nan=False) + "\n",
        "report.md": to_markdown(judged, notes),
        "report.html": _page(judged, notes),
    }
    return write_files(contents, folder, KINDS)


def _page(judged: Judged, notes: Sequence[str]) -> str:
    evaluation = judged.evaluation
    shown = headline(evaluation)
    predicted = judged.predicted[shown]
    folds = "" if shown == "finished" else f" (folds: {SPLITS[shown]})"
    parts = head_of(TITLE, title_of(evaluation), notes)
    for heading, text, (columns, rows) in sections(evaluation):
        if rows:
            parts.append(f"<h2>{heading}</h2><p>{escaped(text.replace('*', ''))}</p>{html_table((columns, rows))}")
    for heading, text, figure in _figures(judged, predicted):
        parts.append(f"<h2>{heading}{folds}</h2><p>{text}</p>{html_image(png(figure), 'png', heading)}")
    parts.append(
        f"<h2>Worst misses{folds}</h2><p>The images that lie farthest from where people put them, worst first; "
        'unit scale.</p><div class="misses">' + "".join(_misses(judged, predicted)) + "</div>"
    )
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _figures(judged: Judged, predicted: Floats) -> Iterator[tuple[str, str, "Figure"]]:
    rated = judged.images.affect
    yield (
        "Prediction against rating",
        "On the line, the model says what people say.",
        _scatter(rated, predicted, "predicted", diagonal=True),
    )
    yield (
        "Residuals",
        "Prediction less rating: a slope down is the pull towards the mean.",
        _scatter(rated, predicted - rated, "predicted - rated", diagonal=False),
    )
    yield (
        "The plane",
        "One image of each part of the plane, where people put it and where the model puts the same one.",
        _plane(judged, predicted),
    )


def _scatter(rated: Floats, values: Floats, label: str, *, diagonal: bool) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5.2), dpi=110, layout="constrained")
    for axis, (name, colour) in enumerate(zip(AXES, COLOURS, strict=True)):
        axes = figure.add_subplot(1, 2, axis + 1)
        axes.plot((0, 1), (0, 1) if diagonal else (0, 0), color="#888888", linewidth=1)
        axes.scatter(rated[:, axis], values[:, axis], s=12, color=colour, alpha=0.5, linewidths=0)
        axes.set(title=name, xlabel="rated", ylabel=label, xlim=(-0.02, 1.02))
        if diagonal:
            axes.set(ylim=(-0.02, 1.02))
    return figure


def _plane(judged: Judged, predicted: Floats) -> "Figure":
    from matplotlib.figure import Figure
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    rated = judged.images.affect
    thumbnails = {number: _thumbnail(judged.images.paths[number], PLANE_SIDE) for number in _spread_out(rated)}
    figure = Figure(figsize=(13, 6.8), dpi=110, layout="constrained")
    for place, (name, points) in enumerate((("people", rated), ("model", predicted))):
        axes = figure.add_subplot(1, 2, place + 1)
        axes.scatter(points[:, 0], points[:, 1], s=6, color="#999999", alpha=0.5, linewidths=0)
        for number, thumbnail in thumbnails.items():
            if thumbnail is not None:
                picture = OffsetImage(np.asarray(thumbnail), zoom=0.7)
                axes.add_artist(AnnotationBbox(picture, tuple(points[number]), frameon=False, pad=0))
        axes.set(title=name, xlabel="valence", ylabel="arousal", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    return figure


def _spread_out(points: Floats) -> list[int]:
    """Choose one point of each cell of a grid: the one nearest to the cell's centre."""
    cells = np.minimum((points * GRID).astype(int), GRID - 1)
    distances = np.linalg.norm(points - (cells + 0.5) / GRID, axis=1)
    nearest: dict[tuple[int, int], int] = {}
    for number in np.argsort(-distances, kind="stable").tolist():
        nearest[cells[number, 0], cells[number, 1]] = number
    return sorted(nearest.values())


def _misses(judged: Judged, predicted: Floats) -> Iterator[str]:
    rated = judged.images.affect
    distances = np.linalg.norm(predicted - rated, axis=1)
    for number in np.argsort(-distances, kind="stable")[:WORST].tolist():
        path = judged.images.paths[number]
        thumbnail = _thumbnail(path, WORST_SIDE)
        picture = "" if thumbnail is None else html_image(_jpeg(thumbnail), "jpeg", path.name)
        figures = "; ".join(
            f"{name} rated {rated[number, axis]:.2f}, predicted {predicted[number, axis]:.2f}"
            for axis, name in enumerate(AXES)
        )
        yield f"<figure>{picture}<figcaption><b>{escaped(path.name)}</b><br>{figures}</figcaption></figure>"


def _thumbnail(path: Path, side: int) -> Image.Image | None:
    try:
        image = read_image(path, least_side=side)
    except (InputError, MissingExtraError):  # it could be read a moment ago
        return None
    image.thumbnail((side, side))
    return image


def _jpeg(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=80)
    return content.getvalue()

"""The affect plane as a picture. Needs the extra ``plot`` (matplotlib)."""

import importlib.util
import io
import itertools
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import MissingExtraError, printable
from img2music.files import FileKind, write_atomically
from img2music.fonts import covering, lacking_note
from img2music.formats import Format, Formats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PHOTO_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9")
"""After Okabe & Ito (2008), Color Universal Design: told apart with any kind of colour blindness. Their orange
and yellow, too close to vermilion and too pale for lines on white, are one dark gold here."""

QUADRANTS = ("tense", "excited", "gloomy", "serene")
"""Upper left, upper right, lower left, lower right: words after Russell (1980)."""

SONGS_SHOWN = 5000
NAMED_SONGS = 3
THUMBNAILS = 10
LABEL_LENGTH = 30


@dataclass(frozen=True)
class PlottedSong:
    """A song that was matched."""

    position: tuple[float, float]  # valence and arousal, or their ranks, in [0, 1]
    label: str  # its title


@dataclass(frozen=True)
class PlottedQuery:
    """A photo (or another query) and its songs."""

    position: tuple[float, float]  # valence and arousal, or their ranks, in [0, 1]
    label: str  # what to write beside it
    songs: tuple[PlottedSong, ...]  # the songs that were matched with it, best first
    thumbnail: NDArray[np.uint8] | None = None  # RGB pixels, drawn as they are: at most about 90 a side


PLOT = FileKind("a plot by img2music", (".png", ".svg"), rb"(\x89PNG|<\?xml).*Matplotlib")
"""Matplotlib names itself in what it writes, so that a plot is told from a photo."""
FORMATS = Formats("a plot", Format("png", PLOT), Format("svg", PLOT))


def require_plotting(file: Path) -> None:
    """Refuse early what `affect_plane` could not draw."""
    FORMATS.chosen(None, file)
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError("Drawing a plot", "plot")


@contextmanager
def drawing(text: str, file: Path) -> Iterator[tuple[str, ...]]:
    """Set matplotlib up for a picture with some text, in fonts that have its letters."""
    import matplotlib as mpl
    from matplotlib import font_manager

    fonts, lacking = covering(printable(text))
    names = []
    for font in fonts[1:]:  # matplotlib knows its own, and of the others those that it once found
        font_manager.fontManager.addfont(font)
        names.append(font_manager.FontProperties(fname=font).get_name())
    settings: Any = {
        "font.family": ["DejaVu Sans", *names],
        "svg.hashsalt": "img2music",  # the same picture is the same file
        "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
        "text.parse_math": False,  # a title may hold dollar signs
    }
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)  # a font without a bold face is warned of for each word
    try:
        with mpl.rc_context(settings), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield lacking_note(lacking) if file.suffix.lower() == ".png" else ()
    finally:
        logger.setLevel(level)


def affect_plane(
    songs: NDArray[np.float64], queries: Sequence[PlottedQuery], file: Path, *, ranks: bool, title: str = ""
) -> tuple[str, ...]:
    """Draw photos and songs in the affect plane."""
    require_plotting(file)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    written = [title, *(query.label for query in queries)]
    written += [song.label for query in queries for song in query.songs[:NAMED_SONGS]]
    with drawing("".join(written), file) as notes:
        figure = Figure(figsize=(9.0, 9.2), dpi=130)
        FigureCanvasAgg(figure)  # never a window
        axes = figure.add_axes((0.07, 0.07, 0.9, 0.88))
        _draw_plane(axes, ranks=ranks)
        axes.set_title(title, loc="left", fontsize=13)
        step = -(-len(songs) // SONGS_SHOWN) or 1
        axes.scatter(songs[::step, 0], songs[::step, 1], s=12, c="#9A9A9A", alpha=0.6, linewidths=0, rasterized=True)
        _draw_queries(axes, queries)
        save_figure(figure, file)
    return notes


def _draw_plane(axes: "Axes", *, ranks: bool) -> None:
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    for spine in axes.spines.values():
        spine.set_color("#BBBBBB")
    axes.tick_params(color="#BBBBBB", labelcolor="#555555", labelsize=9)
    suffix = " (rank)" if ranks else ""
    axes.set_xlabel(f"unpleasant   ←   valence{suffix}   →   pleasant", fontsize=11)
    axes.set_ylabel(f"calm   ←   arousal{suffix}   →   excited", fontsize=11)
    axes.axhline(0.5, color="#DDDDDD", linewidth=1, zorder=0)
    axes.axvline(0.5, color="#DDDDDD", linewidth=1, zorder=0)
    for word, x, y in zip(QUADRANTS, (0, 1, 0, 1), (1, 1, 0, 0), strict=True):
        axes.text(
            x, y, word, ha="right" if x else "left", va="top" if y else "bottom", fontsize=20, color="#C4C4C4", zorder=0
        )


def _draw_queries(axes: "Axes", queries: Sequence[PlottedQuery]) -> None:
    colours = [PHOTO_COLOURS[number % len(PHOTO_COLOURS)] for number in range(len(queries))]
    for query, colour in zip(queries, colours, strict=True):
        for song in query.songs:
            axes.plot(
                *zip(query.position, song.position, strict=True), color=colour, linewidth=1.1, alpha=0.55, zorder=2
            )
            axes.plot(*song.position, "o", color=colour, markersize=6, markeredgecolor="white", zorder=3)
        axes.plot(*query.position, "D", color=colour, markersize=10, markeredgecolor="white", zorder=4)
    points = [query.position for query in queries] + [song.position for query in queries for song in query.songs]
    places = _Places(axes, points)
    for query, colour in list(zip(queries, colours, strict=True))[:THUMBNAILS]:
        if query.thumbnail is not None:
            _draw_thumbnail(axes, places, query, query.thumbnail, colour)
    # With many photos the names would cover everything.
    named = NAMED_SONGS if len(queries) <= THUMBNAILS else 0
    seen: set[tuple[tuple[float, float], str]] = set()
    for query, colour in zip(queries, colours, strict=True):
        if len(queries) <= THUMBNAILS:
            _draw_label(axes, places, query.position, query.label, colour, bold=True)
        for song in query.songs[:named]:
            if (song.position, song.label) not in seen:
                seen.add((song.position, song.label))
                _draw_label(axes, places, song.position, song.label, "#222222")


def _draw_thumbnail(
    axes: "Axes", places: "_Places", query: PlottedQuery, pixels: NDArray[np.uint8], colour: str
) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    points_a_pixel = 72.0 / dpi
    height, width = pixels.shape[:2]
    x, y = places.free(query.position, width + 12, height + 12, nearest=14)
    box = AnnotationBbox(
        OffsetImage(pixels, zoom=points_a_pixel),  # zoom 1 is one pixel a point
        query.position,
        xybox=(x * points_a_pixel, y * points_a_pixel),
        xycoords="data",
        boxcoords="offset points",
        box_alignment=(0.5, 0.5),
        pad=0.15,
        bboxprops={"edgecolor": colour, "linewidth": 2},
        arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1},
    )
    box.set_zorder(5)
    axes.add_artist(box)


def _draw_label(
    axes: "Axes", places: "_Places", position: tuple[float, float], label: str, colour: str, *, bold: bool = False
) -> None:
    from matplotlib.patheffects import withStroke
    from matplotlib.text import Text

    short = label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1].rstrip() + "…"
    text = axes.annotate(
        printable(short),
        position,
        xytext=(0, 0),
        textcoords="offset pixels",
        ha="center",
        va="center",
        fontsize=10 if bold else 9,
        fontweight="bold" if bold else "normal",
        color=colour,
        zorder=6,
        arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )
    # Without the arrow, which reaches to the point.
    extent = Text.get_window_extent(text)
    text.set_position(places.free(position, extent.width, extent.height, nearest=11 if bold else 7))


Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in pixels."""


class _Places:
    """Finds room for labels: greedy, in pixels, the nearest place that covers least."""

    ANGLES = tuple(math.radians(angle) for angle in (0, 180, 90, 270, 35, 145, 215, 325))
    GAPS = (0, 10, 22, 38, 58, 82, 110)

    def __init__(self, axes: "Axes", points: Sequence[tuple[float, float]]) -> None:
        self._axes = axes
        frame = axes.get_window_extent()
        self._frame: Box = (frame.x0, frame.y0, frame.x1, frame.y1)
        self._taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in map(self._pixel, points)]

    def _pixel(self, point: tuple[float, float]) -> tuple[float, float]:
        x, y = self._axes.transData.transform(point)
        return float(x), float(y)

    def free(self, point: tuple[float, float], width: float, height: float, *, nearest: float) -> tuple[float, float]:
        """Offset in pixels of the centre of a box from a point; takes the room."""
        x, y = self._pixel(point)
        best, offset, least = self._frame, (0.0, 0.0), math.inf
        for gap, angle in itertools.product(self.GAPS, self.ANGLES):
            # The box touches a circle of this radius about the point.
            dx = math.cos(angle) * (nearest + gap + width / 2.0)
            dy = math.sin(angle) * (nearest + gap + height / 2.0)
            box = (x + dx - width / 2, y + dy - height / 2, x + dx + width / 2, y + dy + height / 2)
            outside = width * height - _overlap(box, self._frame)
            cost = gap * 4.0 + 10.0 * outside + sum(_overlap(box, taken) for taken in self._taken)
            if cost < least:
                best, offset, least = box, (dx, dy), cost
        self._taken.append(best)
        return offset


def _overlap(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def save_figure(figure: "Figure", file: Path) -> None:
    """Write a figure in the format that the file's name ends in; the same figure is the same file."""
    chosen = FORMATS.chosen(None, file)
    content = io.BytesIO()
    figure.savefig(content, format=chosen.name, metadata={"Date": None} if chosen.name == "svg" else None)
    write_atomically(content.getvalue(), file, chosen.kind)

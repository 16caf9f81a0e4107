"""Recommendations on the affect plane. Needs the extra ``plot`` (matplotlib)."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from img2music.errors import InputError, MissingExtraError, printable
from img2music.matching.query import Query, QueryKind
from img2music.media.images import read_image
from img2music.options import MatchMode
from img2music.plots import PHOTO_COLOURS, drawing, pale, require_plotting, save_figure, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from img2music.matching.ranking import TrackIndex
    from img2music.matching.recommendation import Recommendations

QUADRANTS = ("tense", "excited", "gloomy", "serene")
"""Upper left, upper right, lower left, lower right: words after Russell (1980)."""

SONGS_SHOWN = 5000
NAMED_SONGS = 3
THUMBNAILS = 10
LABEL_LENGTH = 30
THUMBNAIL_SIDE = 84


def plot(found: "Recommendations", songs: "TrackIndex | None", file: Path) -> tuple[str, ...]:
    """Draw songs, the queries and their matches in the space of the match; give notes on the drawing."""
    require_plotting(file)
    from matplotlib.figure import Figure

    photos = all(each.query.kind is QueryKind.IMAGE for each in found)
    noun = ("photo" if photos else "query") if len(found) == 1 else ("photos" if photos else "queries")
    title = f"{len(found)} {noun} among {len(songs or ()):,} songs"
    written = [title, *(_label(each.query) for each in found)]
    written += [match.track.shown_title for each in found for match in each.matches[:NAMED_SONGS]]
    with drawing("".join(written), file) as notes:
        figure = Figure(figsize=(9.0, 9.2), dpi=130)
        axes = figure.add_axes((0.07, 0.07, 0.9, 0.88))
        _draw_plane(axes, ranks=found.match is MatchMode.RELATIVE)
        axes.set_title(title, loc="left", fontsize=13)
        if songs:
            shown = songs.positions(np.arange(0, len(songs), -(-len(songs) // SONGS_SHOWN)))
            axes.scatter(shown[:, 0], shown[:, 1], s=12, c="#9A9A9A", alpha=0.6, linewidths=0, rasterized=True)
        _draw_queries(axes, found)
        save_figure(figure, file)
    return notes


def _draw_plane(axes: "Axes", *, ranks: bool) -> None:
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    pale(axes)
    suffix = " (rank)" if ranks else ""
    axes.set_xlabel(f"unpleasant   ←   valence{suffix}   →   pleasant", fontsize=11)
    axes.set_ylabel(f"calm   ←   arousal{suffix}   →   excited", fontsize=11)
    axes.axhline(0.5, color="#DDDDDD", linewidth=1, zorder=0)
    axes.axvline(0.5, color="#DDDDDD", linewidth=1, zorder=0)
    for word, x, y in zip(QUADRANTS, (0, 1, 0, 1), (1, 1, 0, 0), strict=True):
        axes.text(
            x, y, word, ha="right" if x else "left", va="top" if y else "bottom", fontsize=20, color="#C4C4C4", zorder=0
        )


def _draw_queries(axes: "Axes", found: "Recommendations") -> None:
    coloured = list(zip(found, itertools.cycle(PHOTO_COLOURS), strict=False))
    for each, colour in coloured:
        for match in each.matches:
            line = zip(each.position, match.position, strict=True)
            axes.plot(*line, color=colour, linewidth=1.1, alpha=0.55, zorder=2)
            axes.plot(*match.position, "o", color=colour, markersize=6, markeredgecolor="white", zorder=3)
        axes.plot(*each.position, "D", color=colour, markersize=10, markeredgecolor="white", zorder=4)
    points = [each.position for each in found] + [match.position for each in found for match in each.matches]
    places = _Places(axes, points)
    for each, colour in coloured[:THUMBNAILS]:
        pixels = _thumbnail(each.query)
        if pixels is not None:
            _draw_thumbnail(axes, places, each.position, pixels, colour)
    if len(found) > THUMBNAILS:
        return  # the names would cover everything
    seen: set[tuple[tuple[float, float], str]] = set()
    for each, colour in coloured:
        _draw_label(axes, places, each.position, _label(each.query), colour, bold=True)
        for match in each.matches[:NAMED_SONGS]:
            named = match.position, match.track.shown_title
            if named not in seen:
                seen.add(named)
                _draw_label(axes, places, *named, "#222222")


def _label(query: Query) -> str:
    return Path(query.path).stem if query.path else query.word


def _thumbnail(query: Query) -> NDArray[np.uint8] | None:
    if query.kind is not QueryKind.IMAGE or query.path is None:
        return None
    try:
        image = read_image(query.path, least_side=THUMBNAIL_SIDE)
    except (InputError, MissingExtraError):
        return None  # gone since it was analysed
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return np.asarray(image)


def _draw_thumbnail(
    axes: "Axes", places: "_Places", position: tuple[float, float], pixels: NDArray[np.uint8], colour: str
) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    points_a_pixel = 72.0 / dpi
    height, width = pixels.shape[:2]
    x, y = places.free(position, width + 12, height + 12, nearest=14)
    box = AnnotationBbox(
        OffsetImage(pixels, zoom=points_a_pixel),  # zoom 1 is one pixel a point
        position,
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

    text = axes.annotate(
        printable(shortened(label, LABEL_LENGTH)),
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

"""A film's mood along time, its scenes, and the cues below, as a picture. Needs the extra ``plot`` (matplotlib)."""

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from img2music.errors import Img2MusicError, printable
from img2music.matching.passages import clock
from img2music.media.video import VideoFile
from img2music.plots import PHOTO_COLOURS, drawing, pale, require_plotting, save_figure, shortened
from img2music.soundtrack.cue_sheet import Cue, CueSheet, FilmPart, Scene
from img2music.soundtrack.film import Film
from img2music.soundtrack.shots import Change
from img2music.track import display_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VALENCE, AROUSAL = PHOTO_COLOURS[0], PHOTO_COLOURS[1]

WIDTH = 14.0  # inches
LEFT, RIGHT = 0.055, 0.985  # where the axis of time begins and ends, as shares of the width
DPI = 110

THUMBNAIL_HEIGHT = 96  # pixels
THUMBNAILS = 60  # scenes of which a picture is shown; of more, only some
HEIGHT, LINE, LISTED = 6.4, 0.2, 60
"""Inches of the picture without its list of cues and of each line of that, and cues that are listed."""

LETTER = 0.075  # inches that a letter of a title takes, about


def draw(film: Film, sheet: CueSheet, file: Path, songs: NDArray[np.float64]) -> tuple[str, ...]:
    """Draw valence and arousal of a film over time, with a picture of each scene above and the cues below.

    ``songs`` are seconds, valence and arousal of what is heard, drawn beside the film's.
    """
    require_plotting(file)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    name = os.path.basename(film.file.path)  # noqa: PTH119 - names may be any bytes
    written = "".join([name, *(cue.track.display_name for cue in sheet.cues)])
    listed = _listed(film, sheet)
    with drawing(written, file) as notes:
        height = HEIGHT + LINE * (len(listed) + bool(listed))
        below = 1.0 - HEIGHT / height  # share of the picture that the list takes
        figure = Figure(figsize=(WIDTH, height), dpi=DPI)
        FigureCanvasAgg(figure)  # never a window
        width = RIGHT - LEFT
        pictures, curve, cues = (
            figure.add_axes((LEFT, below + (1 - below) * bottom, width, (1 - below) * high))
            for bottom, high in ((0.76, 0.16), (0.30, 0.45), (0.04, 0.19))
        )
        for axes in (pictures, curve, cues):
            axes.set_xlim(0.0, film.duration)
        pictures.set_title(printable(f"{shortened(name, 70)}, {sheet.summary}"), loc="left", fontsize=13)
        _draw_pictures(pictures, film, sheet)
        _draw_curve(curve, film, sheet, songs)
        _draw_cues(cues, film, sheet, numbered=bool(listed))
        for number, line in enumerate(listed):
            figure.text(LEFT, below - (number + 0.5) * LINE / height, line, va="center", fontsize=9)
        save_figure(figure, file)
    return notes


def _draw_curve(axes: "Axes", film: Film, sheet: CueSheet, songs: NDArray[np.float64]) -> None:
    times, valence, arousal = film.curve.T
    for transition in film.transitions:
        if transition.kind is not Change.CUT:
            axes.axvspan(transition.start, transition.end, color="#EEEEEE", zorder=0)
    for shot in film.shots[1:]:
        axes.axvline(shot.start, color="#DDDDDD", linewidth=0.8, zorder=1)
    for scene in sheet.scenes:
        if scene.start:
            axes.axvline(scene.start, color="#777777", linewidth=1.2, zorder=2)
        for value, colour in ((scene.affect.valence, VALENCE), (scene.affect.arousal, AROUSAL)):
            axes.hlines(value, scene.start, scene.end, color=colour, alpha=0.35, linewidth=5, zorder=2)
        _draw_measures(axes, film, scene)
    axes.axhline(0.5, color="#DDDDDD", linewidth=1, zorder=0)
    # Lines break at hard cuts, across which nothing is smoothed.
    cuts = [each.cut for each in film.transitions if each.kind is Change.CUT]
    breaks = [0, *(int(np.searchsorted(times, cut)) for cut in cuts), len(times)]
    for first, last in itertools.pairwise(breaks):
        style: dict[str, Any] = {"marker": "o", "markersize": 2} if last - first < 3 else {}
        axes.plot(times[first:last], valence[first:last], color=VALENCE, linewidth=1.8, zorder=3, **style)
        axes.plot(times[first:last], arousal[first:last], color=AROUSAL, linewidth=1.8, zorder=3, **style)
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])
    axes.set_ylabel("unpleasant, calm   ←   →   pleasant, excited", fontsize=10, color="#555555")
    axes.xaxis.set_major_formatter(lambda seconds, _: clock(seconds))
    pale(axes)
    _draw_songs(axes, songs)


def _draw_songs(axes: "Axes", songs: NDArray[np.float64]) -> None:
    """What is heard beside what is seen, and what the lines are."""
    words: dict[str, Any] = {
        "transform": axes.transAxes,
        "fontsize": 11,
        "fontweight": "bold",
        "va": "top",
        "zorder": 5,
    }
    words["bbox"] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    named = ((0.006, "valence", VALENCE), (0.066, "arousal", AROUSAL))
    for left, name, colour in named:
        axes.text(left, 0.955, name, color=colour, **words)
    if len(songs):
        for (_, _, colour), along in zip(named, songs.T[1:], strict=True):
            axes.plot(songs[:, 0], along, color=colour, linewidth=1.4, linestyle=(0, (4, 2)), alpha=0.8, zorder=3)
        axes.text(0.126, 0.955, "dashed: of the music", color="#555555", **words | {"fontweight": "normal"})


def _draw_measures(axes: "Axes", film: Film, scene: Scene) -> None:
    """What was measured in a scene, and the arousal that its pictures alone have."""
    measures = scene.measures
    if measures is None:
        return
    if measures.arousal_shift:
        alone = scene.affect.arousal - measures.arousal_shift
        axes.hlines(alone, scene.start, scene.end, color=AROUSAL, linestyle=":", linewidth=1.2, zorder=2)
    told = [
        "" if measures.movement is None else f"moves {measures.movement:.2f}/s",
        f"{measures.cuts:.0f} cuts/min",
        "" if measures.loudness is None else f"{measures.loudness:.0f} LUFS",
    ]
    room = _room(scene, film)
    lines = [line for line in told if line and len(line) <= room]
    axes.text(
        (scene.start + scene.end) / 2, 0.015, "\n".join(lines), ha="center", va="bottom", fontsize=8, color="#777777"
    )


def _draw_pictures(axes: "Axes", film: Film, sheet: CueSheet) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    axes.set_axis_off()
    axes.set_ylim(0.0, 1.0)
    scenes = sheet.scenes
    step = -(-len(scenes) // THUMBNAILS)
    pixels_a_second = WIDTH * DPI * (RIGHT - LEFT) / film.duration
    shown = _pictures(film, [(scene.start + scene.end) / 2 for scene in scenes[::step]])
    for number, (scene, picture) in enumerate(zip(scenes[::step], shown, strict=True)):
        middle = (scene.start + scene.end) / 2
        room = int((scene.end - scene.start) * pixels_a_second) - 4
        if picture is not None and room > 8:
            cut = max(0, picture.shape[1] - room) // 2  # what is too wide for its scene shows its middle
            box = OffsetImage(picture[:, cut : picture.shape[1] - cut], zoom=72.0 / DPI)
            axes.add_artist(AnnotationBbox(box, (middle, 0.56), frameon=False, pad=0.0))
        if room > 14:
            label = f"{number * step + 1} {scene.affect.word}"
            fits = len(label) * LETTER * DPI < room
            axes.text(middle, 0.0, label if fits else f"{number * step + 1}", ha="center", va="bottom", fontsize=9)


def _pictures(film: Film, times: list[float]) -> list[NDArray[np.uint8] | None]:
    """Small pictures of the film at some times; None where it can't be read any more."""
    try:
        with VideoFile(film.file.path) as video:
            frames = [video.picture(time) for time in times]
            return [
                None
                if frame is None
                else frame.pixels(max(1, round(THUMBNAIL_HEIGHT * min(4.0, frame.proportion))), THUMBNAIL_HEIGHT)
                for frame in frames
            ]
    except Img2MusicError:
        return [None] * len(times)


def _lines(cue: Cue) -> tuple[str, str, str]:
    """What is said of a cue: the song, who it is by, and its passage."""
    distance = "" if cue.distance is None else f", distance {cue.distance:.2f}"
    return (
        printable(display_name(cue.track.id, cue.track.shown_title, None)),
        printable(cue.track.artist or ""),
        f"{cue.passage}{distance}",
    )


def _room(cue: FilmPart, film: Film) -> int:
    """Letters that fit beside what lasts as long."""
    return int((cue.end - cue.start) * WIDTH * (RIGHT - LEFT) / film.duration / LETTER) - 1


def _listed(film: Film, sheet: CueSheet) -> list[str]:
    """Lines below the bars, one a cue, if some bar has no room for what is said of its cue."""
    cues = sheet.cues
    if all(len(line) <= _room(cue, film) for cue in cues for line in _lines(cue)):
        return []
    lines = []
    for number, cue in enumerate(cues[:LISTED], start=1):
        song, artist, passage = _lines(cue)
        text = f"{number}   {clock(cue.start)}-{clock(cue.end)}   {song}{artist and f' - {artist}'}   {passage}"
        lines.append(shortened(text, int(WIDTH * (RIGHT - LEFT) / LETTER)))
    return [*lines, f"and {len(cues) - LISTED} more"] if len(cues) > LISTED else lines


def _draw_cues(axes: "Axes", film: Film, sheet: CueSheet, *, numbered: bool) -> None:
    from matplotlib.patches import Rectangle

    axes.set_axis_off()
    axes.set_ylim(0.0, 1.0)
    songs: dict[str, str] = {}
    inches_a_second = WIDTH * (RIGHT - LEFT) / film.duration
    for number, cue in enumerate(sheet.cues, start=1):
        colour = songs.setdefault(cue.track.path, PHOTO_COLOURS[len(songs) % len(PHOTO_COLOURS)])
        bar: dict[str, Any] = {"facecolor": f"{colour}40", "edgecolor": colour}
        axes.add_patch(Rectangle((cue.start, 0.1), cue.end - cue.start, 0.84, linewidth=1.2, **bar))
        room = _room(cue, film)
        first, *rest = _lines(cue)
        lines = [f"{number}   {first}" if numbered else first, *rest]
        if any(len(line) > room for line in lines):
            lines = [str(number)]  # the list below says the rest
        for height, line, weight in zip((0.76, 0.52, 0.28), lines, ("bold", "normal", "normal"), strict=False):
            if len(line) <= max(room, 1):
                axes.text(cue.start + 0.04 / inches_a_second, height, line, va="center", fontsize=9, fontweight=weight)

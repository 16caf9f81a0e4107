"""``img2music analyze``: what images and audio files feel like."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    errors_as_json,
    finish,
    print_json,
    print_table,
    require_outputs,
    warn,
)

if TYPE_CHECKING:
    from img2music.app.library import FileAnalysis


def analyze(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Image and audio files, or folders of them.")],
    image_model: ImageModelOption = None,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw which regions of one picture raise or lower its affect: .png or .svg."),
    ] = None,
    format_: ReportFormatOption = None,
    force: ForceOption = False,
) -> None:
    """Read the affect, the basic emotions and the features of images and audio files.

    Affect is on the unit scale: valence from unpleasant (0) to pleasant (1), arousal from calm (0) to excited (1).
    """
    from rich.console import Console

    from img2music.app.library import analyze as analyze_files
    from img2music.app.library import explain as explain_picture
    from img2music.app.library import require_explainable
    from img2music.plots import PLOT

    notes: tuple[str, ...] = ()
    if explain is not None:
        require_explainable(paths, explain)
        require_outputs([(explain, PLOT)], force=force)
    with Console(stderr=True).status("Reading and listening"):
        report = analyze_files(*paths, image_model=image_model)
        if explain is not None and report.items:
            notes = explain_picture(paths[0], image_model=image_model).plot(explain)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(
            {
                "schema": "img2music/analyze/1",
                "items": [item.to_json() for item in report.items],
                "errors": errors_as_json(report.errors),
            }
        )
    elif report.items:
        print_table(["file", ">valence", ">arousal", "feels", "likeliest emotion", "music"], map(_row, report.items))
    if explain is not None and report.items:
        warn(f"drawn to {explain}")
    notes += tuple(f"{item.path}: {item.detail.note}" for item in report.items if item.detail.note)
    for note in notes:
        warn(note)
    finish(len(report.items), report.errors)


def _row(item: "FileAnalysis") -> list[str]:
    from img2music.analysis import TrackAnalysis

    emotions = item.affect.emotions()
    likeliest = max(emotions, key=emotions.__getitem__)
    music = item.detail.features.summary if isinstance(item.detail, TrackAnalysis) else ""
    return [
        item.path,
        f"{item.affect.valence:.2f}",
        f"{item.affect.arousal:.2f}",
        item.affect.word,
        f"{likeliest} {emotions[likeliest]:.0%}",
        music,
    ]

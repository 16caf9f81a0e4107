"""``img2music analyze``: what images and audio files feel like."""

from pathlib import Path
from typing import TYPE_CHECKING

from img2music.cli.options import argument, command, file_path, force_option, image_model_option, option
from img2music.cli.output import (
    ReportFormat,
    finish,
    format_option,
    print_report,
    require_outputs,
    say,
)
from img2music.cli.progress import progress_bar

if TYPE_CHECKING:
    from img2music.app.analysis import FileAnalysis


@command()
@argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    help="Image and audio files, folders of them, and photos of a service (immich:album/Summer).",
)
@image_model_option
@option(
    "--explain",
    type=file_path,
    metavar="FILE",
    help="Draw which regions of one picture raise or lower its affect: .png or .svg.",
)
@format_option
@force_option
def analyze(
    paths: tuple[str, ...], image_model: str | None, explain: Path | None, format_: ReportFormat | None, force: bool
) -> None:
    """Read the affect, the basic emotions and the features of images and audio files.

    Affect is on the unit scale: valence from unpleasant (0) to pleasant (1), arousal from calm (0) to excited (1).
    """
    from img2music.app import analysis
    from img2music.plots import PLOT

    notes: tuple[str, ...] = ()
    if explain is not None:
        analysis.require_explainable(paths, explain)
        require_outputs([(explain, PLOT)], force=force)
    with progress_bar() as progress:
        report = analysis.analyze(*paths, image_model=image_model, progress=progress)
        if explain is not None and report.items:
            notes = analysis.explain(paths[0], image_model=image_model).plot(explain)
    print_report(format_, report.to_dict(), COLUMNS, map(_row, report.items))
    if explain is not None and report.items:
        say(f"drawn to {explain}")
    for note in (*notes, *(f"{item.path}: {item.detail.note}" for item in report.items if item.detail.note)):
        say(note)
    finish(len(report.items), report.errors)


COLUMNS = ("file", ">valence", ">arousal", "feels", "likeliest emotion", "music")


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

"""``img2music evaluate match``: judge matching against people's ratings."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.output import ReportFormat, ReportFormatOption

SCALE_HELP = "How the ratings run where the table has no column scale: 1-7, 1-9, 0-1, -1-1, or a name such as oasis."


def evaluate_match(  # noqa: PLR0917 - typer's way to declare options
    images: Annotated[Path, typer.Option(metavar="CSV", help="Rated photos: file,valence,arousal[,scale].")],
    tracks: Annotated[Path, typer.Option(metavar="CSV", help="Rated songs, likewise.")],
    images_scale: Annotated[str | None, typer.Option(metavar="SCALE", help=SCALE_HELP)] = None,
    tracks_scale: Annotated[str | None, typer.Option(metavar="SCALE", help="The same for the songs.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Songs of each photo that are judged.")] = 5,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one a processor")] = None,
    format_: ReportFormatOption = None,
) -> None:
    """Match rated photos with rated songs, and see whether people's ratings agree.

    The ratings are only used to judge; the matching is done with what the models read in the files. Gain is 0 for a
    random choice of songs and 1 for the best with the ratings known. Spearman's correlation is between a photo's rating
    and the mean rating of its songs. File names are relative to their table.
    """
    from img2music.affect import Scale
    from img2music.cli.output import chosen_format, finish, print_json, print_table, warn
    from img2music.cli.stage_progress import stage_progress
    from img2music.research.match import evaluating
    from img2music.research.match.ratings import read_ratings

    rated_images = read_ratings(images, Scale.parse(images_scale) if images_scale else None)
    rated_tracks = read_ratings(tracks, Scale.parse(tracks_scale) if tracks_scale else None)
    with stage_progress() as progress:
        report = evaluating.evaluate_match(rated_images, rated_tracks, top=top, jobs=jobs, progress=progress)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(report.to_json())
    else:
        columns, rows = evaluating.table(report)
        title = f"The top {report.top} of {report.tracks} songs for each of {report.images} photos"
        print_table(columns, rows, title=title)
    for note in report.notes:
        warn(note)
    finish(report.images, report.errors)

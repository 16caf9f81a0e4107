"""``img2music evaluate match``: judge matching against people's ratings."""

from pathlib import Path

import click

from img2music.cli.options import command, file_path, option
from img2music.cli.output import ReportFormat, finish, format_option, print_report, say
from img2music.cli.progress import progress_bar

SCALE_HELP = "How the ratings run where the table has no column scale: 1-7, 1-9, 0-1, -1-1, or a name such as oasis."


@command()
@option("--images", required=True, type=file_path, metavar="CSV", help="Rated photos: file,valence,arousal[,scale].")
@option("--tracks", required=True, type=file_path, metavar="CSV", help="Rated songs, likewise.")
@option("--images-scale", metavar="SCALE", help=SCALE_HELP)
@option("--tracks-scale", metavar="SCALE", help="The same for the songs.")
@option("--top", type=click.IntRange(1), default=5, help="Songs of each photo that are judged.")
@option("--jobs", type=click.IntRange(1), help="Processes.", show_default="one a processor")
@format_option
def evaluate_match(
    *,
    images: Path,
    tracks: Path,
    images_scale: str | None,
    tracks_scale: str | None,
    top: int,
    jobs: int | None,
    format_: ReportFormat | None,
) -> None:
    """Match rated photos with rated songs, and see whether people's ratings agree.

    The ratings are only used to judge; the matching is done with what the models read in the files. Gain is 0 for a
    random choice of songs and 1 for the best with the ratings known. Spearman's correlation is between a photo's rating
    and the mean rating of its songs. File names are relative to their table.
    """
    from img2music.affect import Scale
    from img2music.research.match import evaluating

    def rated(table: Path, scale: str | None, setting: str) -> evaluating.RatedFiles:
        return evaluating.read_files(table, Scale.parse(scale) if scale else None, setting=setting)

    photos, songs = rated(images, images_scale, "images_scale"), rated(tracks, tracks_scale, "tracks_scale")
    with progress_bar() as progress:
        found = evaluating.evaluate_match(photos, songs, top=top, jobs=jobs, progress=progress)
    report = found.report()
    (table,) = report.tables
    print_report(format_, report.to_dict(), table.columns, table.rows, title=report.subtitle)
    for note in found.notes:
        say(note)
    finish(found.images, found.errors)

"""``img2music slideshow``: photos and music to a film."""

from pathlib import Path

import click

from img2music.cli import tables
from img2music.cli.options import (
    argument,
    command,
    file_path,
    filter_options,
    force_option,
    library_option,
    option,
    options_of,
)
from img2music.cli.output import print_table, replacing, say
from img2music.cli.progress import unwinding
from img2music.cli.sheets import film_plot_option, require_alone, sheet_output_option, songs
from img2music.options import SlideshowOptions, SpotOptions


@command()
@argument(
    "photos",
    metavar="PHOTO|DIR|ALBUM...",
    nargs=-1,
    type=file_path,
    help="Photos, films, folders of them, and photos of a service (immich:album/Summer, immich:search/sunset).",
)
@option("--output", type=file_path, required=True, metavar="FILE", help="The film: .mp4, .mov, .mkv or .webm.")
@option(
    "--sheet",
    type=file_path,
    metavar="FILE",
    help="Photos, clips, times, look and music of this cue sheet (JSON), instead of choosing them.",
)
@options_of(SlideshowOptions)
@library_option
@options_of(
    SpotOptions,
    name="spotting",
    without=("alternatives", "match_tempo", "pictures_only"),
    filters=filter_options(files=False, chooses=True),
)
@sheet_output_option
@film_plot_option
@force_option
def slideshow(
    *,
    photos: tuple[Path, ...],
    output: Path,
    sheet: Path | None,
    options: SlideshowOptions,
    library: str | None,
    spotting: SpotOptions,
    sheets: tuple[Path, ...],
    plot: Path | None,
    force: bool,
) -> None:
    """Make a film of photos and clips, with music that follows their mood.

    Photos move slowly, clips play with their own sound, and they change on the beats of passages of your songs, which
    are chosen as `spot` does. Exit code 1 if some were left out and the film is there, 2 if there is none. Needs the
    extra "soundtrack".
    """
    if sheet is not None:
        require_alone("font", "image_model", "plot")
    with songs(library, needed=sheet is None and not options.silent) as opened, unwinding() as progress:
        made = opened.slideshow(
            *photos,
            output=output,
            sheet=sheet,
            sheets=sheets,
            plot=plot,
            replacing=replacing(force=force),
            told=say,
            progress=progress,
            **vars(options),
            **vars(spotting),
        )
    print_table(tables.PHOTOS, tables.photo_rows(made.sheet))
    print_table(tables.CUES, tables.cue_rows(made.sheet))
    for file in (output, *sheets, plot):
        if file is not None:
            say(f"written to {file}")
    for note in made.notes:
        say(note)
    if made.errors:
        say(f"{len(made.errors)} of what was given could not be read and is left out, as told above.")
        raise click.exceptions.Exit(1)

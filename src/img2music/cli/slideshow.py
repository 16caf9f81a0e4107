"""``img2music slideshow``: photos and music to a film."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from img2music.cli import sheets as sheet_options
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
from img2music.cli.output import given_files, library_songs, print_table, require_outputs, say
from img2music.cli.progress import staged, unwinding
from img2music.errors import UsageError, printable
from img2music.options import SlideshowOptions, SpotOptions

if TYPE_CHECKING:
    from img2music.soundtrack.cue_sheet import CueSheet

OTHERS_TOLD = 5


@command()
@argument("photos", metavar="PHOTO|DIR...", nargs=-1, type=file_path, help="Photos, and folders of them.")
@option("--output", type=file_path, required=True, metavar="FILE", help="The film: .mp4, .mov, .mkv or .webm.")
@option(
    "--sheet",
    type=file_path,
    metavar="FILE",
    help="Photos, times, look and music of this cue sheet (JSON), instead of choosing them.",
)
@options_of(SlideshowOptions)
@library_option
@options_of(
    SpotOptions,
    name="spotting",
    without=("alternatives", "match_tempo"),
    filters=filter_options(files=False, chooses=True),
)
@sheet_options.sheet_output_option
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
    force: bool,
) -> None:
    """Make a film of photos, with music that follows their mood.

    Photos move slowly and change on the beats of passages of your songs, which are chosen as `spot` does. Exit code 1
    if some photos were left out and the film is there, 2 if there is none. Needs the extra "soundtrack".
    """
    from img2music.media.film_writer import film_format
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.slideshow.captions import Captions
    from img2music.soundtrack.slideshow.photos import Order
    from img2music.soundtrack.slideshow.show import (
        Look,
        Shape,
        Sounding,
        plan_slideshow,
        planned_slideshow,
        write_slideshow,
    )

    sheet_options.require_alone(sheet, "font", "image_model")
    if not photos and sheet is None:
        raise UsageError("A slideshow needs photos: give some, or folders of them, or `sheet`.")
    forms = sheet_options.sheet_forms(sheets)
    outputs = [(output, film_format(output).kind), *formats.kinds(forms, sheets)]
    given_sheet = None if sheet is None else (sheet, cue_sheet.load(sheet, say))
    font = None if options.font is None else Path(options.font)
    look = Look(
        order=Order(options.order),
        seconds=options.seconds_per_photo,
        shape=Shape(options.shape),
        side=options.size,
        rate=options.fps,
        fade=options.cross_fade,
        captions=Captions(options.captions),
        font=font,
    )
    model = spotting.image_model
    chosen = sheet_options.spotting_of(spotting)
    sounding = None if options.silent else Sounding(library, chosen, whole_song=options.whole_song)
    require_outputs(outputs, _inputs(photos, given_sheet, library), force=force)
    left_out = 0
    if given_sheet is None:
        files, left_out = _listed(photos, output)
        show = plan_slideshow(files, output, look, sounding, image_model=model)
    else:
        show = planned_slideshow(given_sheet[1], output, font=font, image_model=model)
    for error in show.errors:
        say(error)
    with unwinding() as progress:
        notes = write_slideshow(show, output, staged(progress), loudness=options.loudness)
    print_table(table.PHOTO_COLUMNS, table.photo_rows(show.sheet))
    print_table(table.COLUMNS, table.rows(show.sheet))
    say(f"written to {output}")
    sheet_options.save(show.sheet, forms, sheets)
    for note in (*show.notes, *notes):
        say(note)
    left_out += len(show.errors)
    if left_out:
        say(f"{left_out} of what was given could not be read and is left out, as told above.")
        raise click.exceptions.Exit(1)


def _inputs(
    paths: tuple[Path, ...], sheet: "tuple[Path, CueSheet] | None", library: str | None
) -> Iterator[tuple[str, str | os.PathLike[str]]]:
    """What is read and must not be written over, as `require_outputs` takes it."""
    from img2music.soundtrack.formats import files_of

    if sheet is None:
        yield from given_files("one of the photos", paths)
    else:
        yield "the cue sheet itself", sheet[0]
        yield from files_of(sheet[1])
    yield from library_songs(library)


def _listed(paths: tuple[Path, ...], output: Path) -> tuple[list[str], int]:
    """List photos, say at once which can't be shown, and count those that were to be."""
    from img2music.soundtrack.slideshow.photos import list_photos

    files, errors, others = list_photos(paths)
    for error in errors:
        say(error)
    others = [path for path in others if not output.exists() or not output.samefile(path)]  # of an earlier run
    if others:
        few = ", ".join(printable(path) for path in others[:OTHERS_TOLD])
        more = f" and {len(others) - OTHERS_TOLD} more" if len(others) > OTHERS_TOLD else ""
        say(f"films and raw photos are left out: {few}{more}")
    return files, len(errors)

"""``img2music slideshow``: photos and music to a film."""

from collections.abc import Iterator
from enum import StrEnum
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.cli.spot_options import (
    BanOption,
    CuesChoice,
    CuesOption,
    LeastSceneOption,
    PinOption,
    SheetMatchMode,
    SheetOutputOption,
    sheet_forms,
)
from img2music.filters import TrackFilter
from img2music.options import MatchMode

if TYPE_CHECKING:
    from img2music.soundtrack.cue_sheet import CueSheet

OTHERS_TOLD = 5

WITH_A_SHEET = {"output", "force", "font", "loudness", "sheet", "sheet_output", "image_model"}


class OrderOption(StrEnum):
    """In which order photos come."""

    NAME = "name"
    DATE = "date"
    MOOD = "mood"


class ShapeOption(StrEnum):
    """Proportions of a film."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class CaptionsOption(StrEnum):
    """What is written on photos."""

    NONE = "none"
    TITLE = "title"
    NAME = "name"


@filtered(files=False, chooses=True)
def slideshow(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PHOTO|DIR...", help="Photos, and folders of them.", readable=False, show_default=False),
    ] = None,
    *,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The film: .mp4, .mov, .mkv or .webm.")],
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Photos, times, look and music of this cue sheet (JSON), instead of choosing them."
        ),
    ] = None,
    order: Annotated[
        OrderOption, typer.Option(help="As given and by name, by when they were taken, or calm to lively and back.")
    ] = OrderOption.NAME,
    seconds_per_photo: Annotated[
        float, typer.Option(metavar="SECONDS", min=1.0, max=60.0, help="How long each photo is seen.")
    ] = 4.0,
    whole_song: Annotated[
        bool,
        typer.Option("--whole-song", help="One song from start to end; the photos are spread evenly over its length."),
    ] = False,
    shape: Annotated[ShapeOption, typer.Option(help="Proportions of the film.")] = ShapeOption.WIDE,
    size: Annotated[int, typer.Option(metavar="PIXELS", min=64, max=2160, help="Shorter side of the film.")] = 1080,
    fps: Annotated[int, typer.Option(min=10, max=60, help="Pictures a second.")] = 30,
    cross_fade: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0.0,
            max=60.0,
            help="From one photo to the next, a third of its time at most; 0: cuts.",
        ),
    ] = 1.0,
    captions: Annotated[
        CaptionsOption, typer.Option(help="Write the photos' own titles, or the names of their files, on them.")
    ] = CaptionsOption.NONE,
    font: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Font for captions.", show_default="DejaVu Sans", readable=False)
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="No music; needs no library.")] = False,
    library: LibraryOption = None,
    cues: CuesOption = CuesChoice.AUTO,
    least_scene: LeastSceneOption = 12.0,
    pin: PinOption = None,
    ban: BanOption = None,
    match: SheetMatchMode = MatchMode.RELATIVE,
    where: TrackFilter,
    image_model: ImageModelOption = None,
    loudness: Annotated[
        float, typer.Option(metavar="LUFS", min=-36.0, max=-8.0, help="Integrated loudness of the film.")
    ] = -16.0,
    sheet_output: SheetOutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a film of photos, with music that follows their mood.

    Photos move slowly and change on the beats of passages of your songs, which are chosen as `spot` does. Exit code 1
    if some photos were left out and the film is there, 2 if there is none. Needs the extra "soundtrack".
    """
    from img2music.cli.output import print_table, require_outputs, warn
    from img2music.cli.sheet_output import require_alone, save
    from img2music.cli.stage_progress import stage_progress
    from img2music.cli.termination import unwinding
    from img2music.media.film_writer import film_format
    from img2music.options import MatchMode
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
    from img2music.soundtrack.spotting import Cues, Options

    require_alone(context, sheet, WITH_A_SHEET)
    if silent and whole_song:
        raise typer.BadParameter("--silent goes without --whole-song.")
    if not paths and sheet is None:
        raise typer.BadParameter("A slideshow needs photos: give some, or folders of them, or --sheet.")
    sheets = sheet_output or []
    forms = sheet_forms(sheets)
    outputs = [(output, film_format(output).kind), *formats.kinds(forms, sheets)]
    given_sheet = None if sheet is None else (sheet, cue_sheet.load(sheet, warn))
    look = Look(
        order=Order(order),
        seconds=seconds_per_photo,
        shape=Shape(shape),
        side=size,
        rate=fps,
        fade=cross_fade,
        captions=Captions(captions),
        font=font,
    )
    options = Options(
        cues=Cues(cues),
        matching=MatchMode(match),
        least_scene=least_scene,
        pins=table.parse_pins(pin or []),
        bans=tuple(ban or ()),
        where=where,
    )
    sounding = None if silent else Sounding(library, options, whole_song=whole_song)
    require_outputs(outputs, _inputs(paths or [], given_sheet, library), force=force)
    left_out = 0
    if given_sheet is None:
        files, left_out = _listed(paths or [], output)
        show = plan_slideshow(files, output, look, sounding, image_model=image_model)
    else:
        show = planned_slideshow(given_sheet[1], output, font=font, image_model=image_model)
    for error in show.errors:
        warn(error)
    with unwinding() as check, stage_progress() as progress:

        def told(stage: str, done: int, of: int) -> None:
            check()
            if progress is not None:
                progress(stage, done, of)

        notes = write_slideshow(show, output, told, loudness=loudness)
    print_table(table.PHOTO_COLUMNS, table.photo_rows(show.sheet))
    if show.sheet.cues:
        print_table(table.COLUMNS, table.rows(show.sheet))
    warn(f"written to {output}")
    save(show.sheet, forms, sheets)
    for note in (*show.notes, *notes):
        warn(note)
    _leave(left_out + len(show.errors))


def _leave(left_out: int) -> None:
    """Leave with the exit code that says whether photos were left out."""
    from img2music.cli.output import warn

    if left_out:
        warn(f"{left_out} of what was given could not be read and is left out, as told above.")
        raise typer.Exit(1)


def _inputs(
    paths: list[Path], sheet: "tuple[Path, CueSheet] | None", library: str | None
) -> Iterator[tuple[str, str | PathLike[str]]]:
    """What is read and must not be written over, as `require_outputs` takes it."""
    from img2music.cli.output import given_files, library_songs
    from img2music.soundtrack.formats import files_of

    if sheet is None:
        yield from given_files("one of the photos", paths)
    else:
        yield "the cue sheet itself", sheet[0]
        yield from files_of(sheet[1])
    yield from library_songs(library)


def _listed(paths: list[Path], output: Path) -> tuple[list[str], int]:
    """List photos, say at once which can't be shown, and count those that were to be."""
    from img2music.cli.output import warn
    from img2music.errors import printable
    from img2music.soundtrack.slideshow.photos import list_photos

    files, errors, others = list_photos(paths)
    for error in errors:
        warn(error)
    others = [path for path in others if not output.exists() or not output.samefile(path)]  # of an earlier run
    if others:
        few = ", ".join(printable(path) for path in others[:OTHERS_TOLD])
        more = f" and {len(others) - OTHERS_TOLD} more" if len(others) > OTHERS_TOLD else ""
        warn(f"films and raw photos are left out: {few}{more}")
    return files, len(errors)

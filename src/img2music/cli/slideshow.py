"""``img2music slideshow``: photos and music to a film."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.cli.recommend import MatchOption
from img2music.cli.spot_options import (
    BanOption,
    CuesChoice,
    CuesOption,
    LeastSceneOption,
    PinOption,
    SheetMatchOption,
    SheetOutputOption,
    sheet_forms,
)
from img2music.library.track import TrackFilter

OTHERS_TOLD = 5


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
    paths: Annotated[
        list[Path], typer.Argument(metavar="PHOTO|DIR...", help="Photos, and folders of them.", readable=False)
    ],
    *,
    output: Annotated[Path, typer.Option(metavar="FILE", help="The film: .mp4, .mov, .mkv or .webm.")],
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
    match: SheetMatchOption = MatchOption.RELATIVE,
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
    import itertools

    from img2music.cli.output import given_files, library_songs, print_table, require_outputs, warn
    from img2music.cli.sheet_output import save
    from img2music.cli.stage_progress import stage_progress
    from img2music.cli.termination import unwinding
    from img2music.matching.calibration import Matching
    from img2music.media.film_writer import film_format
    from img2music.soundtrack import formats, table
    from img2music.soundtrack.slideshow.captions import Captions
    from img2music.soundtrack.slideshow.photos import Order
    from img2music.soundtrack.slideshow.show import Look, Shape, Sounding, plan_slideshow, write_slideshow
    from img2music.soundtrack.spotting import Cues, Options

    if silent and (whole_song or sheet_output):
        raise typer.BadParameter("--silent goes with neither --whole-song nor --sheet-output.")
    sheets = sheet_output or []
    forms = sheet_forms(sheets)
    outputs = [(output, film_format(output).kind), *formats.kinds(forms, sheets)]
    inputs = itertools.chain(given_files("one of the photos", paths), library_songs(library))
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
        matching=Matching(match),
        least_scene=least_scene,
        pins=table.parse_pins(pin or []),
        bans=tuple(ban or ()),
        where=where,
    )
    sounding = None if silent else Sounding(library, options, whole_song=whole_song)
    require_outputs(outputs, inputs, force=force)
    files, left_out = _listed(paths, output)
    show = plan_slideshow(files, output, look, sounding, image_model=image_model)
    for error in show.errors:
        warn(error)
    with unwinding() as check, stage_progress() as progress:

        def told(stage: str, done: int, of: int) -> None:
            check()
            if progress is not None:
                progress(stage, done, of)

        notes = write_slideshow(show, output, told, loudness=loudness)
    if show.sheet is not None:
        print_table(table.COLUMNS, table.rows(show.sheet))
    warn(f"written to {output}")
    if show.sheet is not None:
        save(show.sheet, forms, sheets)
    for note in (*show.notes, *notes):
        warn(note)
    left_out += len(show.errors)
    if left_out:
        warn(f"{left_out} of what was given could not be read and is left out, as told above.")
        raise typer.Exit(1)


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

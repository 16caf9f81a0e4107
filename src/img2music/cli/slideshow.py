"""``img2music slideshow``: photos and music to a film."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import (
    AlbumOption,
    ArtistOption,
    GenreOption,
    ImageModelOption,
    InstrumentalOption,
    KeyOption,
    LengthOption,
    LibraryOption,
    TempoOption,
    YearOption,
)
from img2music.cli.recommend import MatchOption
from img2music.cli.spot_options import (
    BanOption,
    CuesChoice,
    CuesOption,
    LeastSceneOption,
    PinOption,
    SheetMatchOption,
    SheetOutputOption,
    sheet_form,
)

WITH_A_SHEET = {"output", "font", "loudness", "sheet", "sheet_output", "image_model"}


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
    match: SheetMatchOption = MatchOption.RELATIVE,
    genre: GenreOption = None,
    artist: ArtistOption = None,
    album: AlbumOption = None,
    year: YearOption = None,
    tempo: TempoOption = None,
    length: LengthOption = None,
    instrumental: InstrumentalOption = None,
    key: KeyOption = None,
    image_model: ImageModelOption = None,
    loudness: Annotated[
        float, typer.Option(metavar="LUFS", min=-36.0, max=-8.0, help="Integrated loudness of the film.")
    ] = -16.0,
    sheet_output: SheetOutputOption = None,
) -> None:
    """Make a film of photos, with music that follows their mood.

    Photos move slowly and change on the beats of passages of your songs, which are chosen as `spot` does. Exit code 1
    if some photos were left out and the film is there, 2 if there is none. Needs the extra "soundtrack".
    """
    from img2music.cli.output import finish, print_table, warn
    from img2music.cli.sheet_output import require_alone
    from img2music.cli.stage_progress import stage_progress
    from img2music.cli.termination import unwinding
    from img2music.library.filter_text import track_filter
    from img2music.matching.calibration import Matching
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.outputs import require_files
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
    form = sheet_form(sheet_output)
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
        where=track_filter(
            genre=genre or (),
            artist=artist or (),
            album=album or (),
            year=year,
            tempo=tempo,
            length=length,
            instrumental=instrumental,
            key=key,
        ),
    )
    sounding = None if silent else Sounding(library, options, whole_song=whole_song)
    if sheet is None:
        show = plan_slideshow(paths or [], output, look, sounding, sheet_output=sheet_output, image_model=image_model)
    else:
        require_files([("cue sheet", sheet)], [output, sheet_output])
        show = planned_slideshow(
            *(cue_sheet.load(sheet), output), font=font, sheet_output=sheet_output, image_model=image_model
        )
    with unwinding() as check, stage_progress() as progress:

        def told(stage: str, done: int, of: int) -> None:
            check()
            if progress is not None:
                progress(stage, done, of)

        notes = write_slideshow(show, output, told, loudness=loudness)
    if sheet_output is not None:
        formats.save(show.sheet, sheet_output, form)
    print_table(table.PHOTO_COLUMNS, table.photo_rows(show.sheet))
    if show.sheet.cues:
        print_table(table.COLUMNS, table.rows(show.sheet))
    for file in (output, sheet_output):
        if file is not None:
            warn(f"written to {file}")
    for note in (*show.notes, *notes):
        warn(note)
    finish(len(show.photos), show.errors)

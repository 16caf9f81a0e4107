"""``img2music slideshow``: photos and music to a film."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.cli.spot_options import (
    BanOption,
    CuesOption,
    LeastSceneOption,
    PinOption,
    SheetMatchMode,
    SheetOutputOption,
)
from img2music.filters import TrackFilter
from img2music.options import LOUDNESS, Captions, CueCount, FilmShape, MatchMode, PhotoOrder, SpotOptions

WITH_A_SHEET = {"output", "force", "font", "loudness", "sheet", "sheet_output", "image_model"}


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
        PhotoOrder, typer.Option(help="As given and by name, by when they were taken, or calm to lively and back.")
    ] = PhotoOrder.NAME,
    seconds_per_photo: Annotated[
        float, typer.Option(metavar="SECONDS", min=1.0, max=60.0, help="How long each photo is seen.")
    ] = 4.0,
    whole_song: Annotated[
        bool,
        typer.Option("--whole-song", help="One song from start to end; the photos are spread evenly over its length."),
    ] = False,
    shape: Annotated[FilmShape, typer.Option(help="Proportions of the film.")] = FilmShape.WIDE,
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
        Captions, typer.Option(help="Write the photos' own titles, or the names of their files, on them.")
    ] = Captions.NONE,
    font: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Font for captions.", show_default="DejaVu Sans", readable=False)
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="No music; needs no library.")] = False,
    library: LibraryOption = None,
    cues: CuesOption = CueCount.AUTO,
    least_scene: LeastSceneOption = SpotOptions.least_scene,
    pin: PinOption = None,
    ban: BanOption = None,
    match: SheetMatchMode = MatchMode.RELATIVE,
    where: TrackFilter,
    image_model: ImageModelOption = None,
    loudness: Annotated[
        float, typer.Option(metavar="LUFS", min=-36.0, max=-8.0, help="Integrated loudness of the film.")
    ] = LOUDNESS,
    sheet_output: SheetOutputOption = None,
    force: ForceOption = False,
) -> None:
    """Make a film of photos, with music that follows their mood.

    Photos move slowly and change on the beats of passages of your songs, which are chosen as `spot` does. Exit code 1
    if some photos were left out and the film is there, 2 if there is none. Needs the extra "soundtrack".
    """
    from img2music.app.slideshow import make_slideshow
    from img2music.cli import tables
    from img2music.cli.output import print_table, replacing, warn, worded
    from img2music.cli.sheet_output import require_alone
    from img2music.cli.stage_progress import film_progress
    from img2music.options import SlideshowOptions, pins_of

    require_alone(context, sheet, WITH_A_SHEET)
    options = SlideshowOptions(
        order=order,
        seconds_per_photo=seconds_per_photo,
        whole_song=whole_song,
        shape=shape,
        size=size,
        fps=fps,
        cross_fade=cross_fade,
        captions=captions,
        font=font,
        silent=silent,
        loudness=loudness,
    )
    spotting = SpotOptions(
        cues=cues,
        match=match,
        least_scene=least_scene,
        pins=pins_of(pin or ()),
        bans=tuple(ban or ()),
        where=where,
        image_model=image_model,
    )
    with film_progress() as progress:
        made = make_slideshow(
            paths or (),
            output,
            options,
            sheet=sheet,
            library=library,
            spotting=spotting,
            sheets=sheet_output or (),
            replacing=replacing(force=force),
            told=warn,
            progress=progress,
        )
    print_table(tables.PHOTOS, tables.photo_rows(made.sheet))
    if made.sheet.cues:
        print_table(tables.CUES, tables.cue_rows(made.sheet))
    for file in (output, *(sheet_output or ())):
        warn(f"written to {file}")
    for note in made.notes:
        warn(worded(note))
    if made.errors:
        warn(f"{len(made.errors)} of what was given could not be read and is left out, as told above.")
        raise typer.Exit(1)

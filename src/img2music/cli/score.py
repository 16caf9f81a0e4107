"""``img2music score``: a film with music of the library that follows its mood."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.cli.spot_options import (
    AlternativesOption,
    BanOption,
    CuesOption,
    DuckOption,
    FilmArgument,
    FilmPlotOption,
    LeastSceneOption,
    MatchTempoOption,
    PinOption,
    SheetMatchMode,
    SheetOutputOption,
)
from img2music.filters import TrackFilter
from img2music.options import LOUDNESS, CueCount, MatchMode, OriginalSound, SpotOptions

WITH_A_SHEET = {"film", "output", "audio_only", "sheet", "sheet_output", "original", "duck", "loudness", "force"}


@filtered(files=False, chooses=True)
def score(
    context: typer.Context,
    film: FilmArgument,
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The film with its music: .mp4, .mov, .mkv or .webm.")
    ] = None,
    audio_only: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its sound alone: .flac, .wav, .m4a, .mp3, .opus or .ogg."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Music of this cue sheet (JSON), as it is, instead of choosing it."),
    ] = None,
    sheet_output: SheetOutputOption = None,
    original: Annotated[
        OriginalSound | None,
        typer.Option(
            help="The film's own sound: keep it, keep it and lower the music while someone speaks in it, or drop it.",
            show_default="duck; or as the cue sheet says",
        ),
    ] = None,
    duck: DuckOption = None,
    loudness: Annotated[
        float, typer.Option(metavar="LUFS", min=-36.0, max=-8.0, help="Integrated loudness of the result.")
    ] = LOUDNESS,
    library: LibraryOption = None,
    cues: CuesOption = CueCount.AUTO,
    least_scene: LeastSceneOption = SpotOptions.least_scene,
    alternatives: AlternativesOption = 3,
    pin: PinOption = None,
    ban: BanOption = None,
    match_tempo: MatchTempoOption = False,
    match: SheetMatchMode = MatchMode.RELATIVE,
    where: TrackFilter,
    image_model: ImageModelOption = None,
    plot: FilmPlotOption = None,
    force: ForceOption = False,
) -> None:
    """Write a film with music of your library that follows its mood.

    Chooses passages as `spot` does, mixes them with the film's own sound, and writes a new film: its pictures are
    copied as they are where the container allows. Needs the extra "soundtrack". Prints the cues.
    """
    from img2music.app.scoring import score_film
    from img2music.cli import tables
    from img2music.cli.output import print_table, replacing, warn
    from img2music.cli.sheet_output import require_alone
    from img2music.cli.stage_progress import film_progress
    from img2music.options import ScoreOptions, pins_of

    require_alone(context, sheet, WITH_A_SHEET)
    spotting = SpotOptions(
        cues=cues,
        match=match,
        alternatives=alternatives,
        least_scene=least_scene,
        match_tempo=match_tempo,
        pins=pins_of(pin or ()),
        bans=tuple(ban or ()),
        where=where,
        image_model=image_model,
    )
    with film_progress() as progress:
        found = score_film(
            film,
            sheet,
            output,
            audio_only,
            ScoreOptions(original=original, duck=duck, loudness=loudness),
            library=library,
            spotting=None if sheet else spotting,
            sheets=sheet_output or (),
            plot=plot,
            replacing=replacing(force=force),
            told=warn,
            progress=progress,
        )
    print_table(tables.CUES, tables.cue_rows(found.sheet))
    for file in (*(sheet_output or ()), output, audio_only, plot):
        if file is not None:
            warn(f"written to {file}")
    for note in found.notes:
        warn(note)

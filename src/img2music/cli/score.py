"""``img2music score``: a film with music of the library that follows its mood."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.cli.spot_options import (
    AlternativesOption,
    BanOption,
    CuesChoice,
    CuesOption,
    DuckOption,
    FilmArgument,
    FilmPlotOption,
    LeastSceneOption,
    MatchTempoOption,
    PinOption,
    SheetMatchMode,
    SheetOutputOption,
    sheet_forms,
)
from img2music.filters import TrackFilter
from img2music.options import MatchMode

WITH_A_SHEET = {"film", "output", "audio_only", "sheet", "sheet_output", "original", "duck", "loudness", "force"}


class OriginalOption(StrEnum):
    """What becomes of the film's own sound."""

    KEEP = "keep"
    DUCK = "duck"
    DROP = "drop"


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
        OriginalOption | None,
        typer.Option(
            help="The film's own sound: keep it, keep it and lower the music while someone speaks in it, or drop it.",
            show_default="duck; or as the cue sheet says",
        ),
    ] = None,
    duck: DuckOption = None,
    loudness: Annotated[
        float, typer.Option(metavar="LUFS", min=-36.0, max=-8.0, help="Integrated loudness of the result.")
    ] = -16.0,
    library: LibraryOption = None,
    cues: CuesOption = CuesChoice.AUTO,
    least_scene: LeastSceneOption = 12.0,
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
    import itertools

    from img2music.app.scoring import kinds, score_film
    from img2music.app.spotting import spot_film
    from img2music.cli.output import library_songs, print_table, require_outputs, warn
    from img2music.cli.sheet_output import require_alone, save
    from img2music.cli.stage_progress import of_stage, stage_progress
    from img2music.cli.termination import unwinding
    from img2music.options import MatchMode
    from img2music.plots import PLOT, require_plotting
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.cue_sheet import Original
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.sound import heard
    from img2music.soundtrack.spotting import Cues, Options

    require_alone(context, sheet, WITH_A_SHEET)
    use = None if original is None else Original(original)
    if duck is not None and use not in (None, Original.DUCK):
        raise typer.BadParameter(f"--duck goes without --original {use}.")
    sheets = sheet_output or []
    forms = sheet_forms(sheets)
    if plot is not None:
        require_plotting(plot)
    outputs = [*kinds(output, audio_only), *formats.kinds(forms, sheets), (plot, PLOT)]
    given_sheet = cue_sheet.load(sheet, warn) if sheet is not None else None
    inputs = [("the film itself", film), *(() if sheet is None else [("the cue sheet itself", sheet)])]
    require_outputs(outputs, itertools.chain(inputs, _tagged(audio_only), library_songs(library)), force=force)
    options = Options(
        cues=Cues(cues),
        matching=MatchMode(match),
        alternatives=alternatives,
        least_scene=least_scene,
        match_tempo=match_tempo,
        pins=table.parse_pins(pin or []),
        bans=tuple(ban or ()),
        where=where,
    )
    with unwinding() as check, stage_progress() as progress:
        if given_sheet is not None:
            found, chosen = None, given_sheet
        else:
            watching = of_stage(progress, "Watching (seconds)", check)
            found = spot_film(
                *(library, film, options, image_model, watching), original=use or Original.DUCK, duck=duck
            )
            chosen = found.sheet
        notes = score_film(
            film,
            chosen,
            output,
            audio_only,
            original=use,
            duck=duck,
            loudness=loudness,
            progress=of_stage(progress, "Mixing (seconds)", check),
        )
    if sheets:
        save(heard(chosen, original=use, duck=duck, film=film), forms, sheets)
    if found is not None and plot is not None:
        notes += draw(found, plot)
    print_table(table.COLUMNS, table.rows(chosen))
    for file in (output, audio_only, plot):
        if file is not None:
            warn(f"written to {file}")
    for note in (*(found.notes if found is not None else ()), *notes):
        warn(note)


def _tagged(audio_only: Path | None) -> Iterator[tuple[str, Path]]:
    """The file for the sound alone, if it has tags, which such sound has not: a song that no library knows."""
    from img2music.connectors.tags import Tags, read_tags

    if audio_only is not None and audio_only.is_file() and read_tags(str(audio_only)) != Tags():
        yield "a song, as its tags say", audio_only

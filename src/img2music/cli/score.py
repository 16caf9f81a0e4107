"""``img2music score``: a film with music of the library that follows its mood."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import (
    AlbumOption,
    ArtistOption,
    ForceOption,
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
    AlternativesOption,
    BanOption,
    CuesChoice,
    CuesOption,
    FilmArgument,
    FilmPlotOption,
    LeastSceneOption,
    MatchTempoOption,
    PinOption,
    SheetMatchOption,
    SheetOutputOption,
    sheet_forms,
)

WITH_A_SHEET = {"film", "output", "audio_only", "sheet", "sheet_output", "original", "loudness", "force"}


class OriginalOption(StrEnum):
    """What becomes of the film's own sound."""

    KEEP = "keep"
    DUCK = "duck"
    DROP = "drop"


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
        OriginalOption,
        typer.Option(help="The film's own sound: keep it, keep it and lower the music under it, or drop it."),
    ] = OriginalOption.DUCK,
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
    plot: FilmPlotOption = None,
    force: ForceOption = False,
) -> None:
    """Write a film with music of your library that follows its mood.

    Chooses passages as `spot` does, mixes them with the film's own sound, and writes a new film: its pictures are
    copied as they are where the container allows. Needs the extra "soundtrack". Prints the cues.
    """
    import itertools

    from click.core import ParameterSource

    from img2music.cli.output import library_songs, print_table, require_outputs, warn
    from img2music.cli.sheet_output import save
    from img2music.cli.stage_progress import of_stage, stage_progress
    from img2music.cli.termination import unwinding
    from img2music.library.filter_text import track_filter
    from img2music.matching.calibration import Matching
    from img2music.plots import PLOT, require_plotting
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.score import kinds, score_film
    from img2music.soundtrack.session import spot_film
    from img2music.soundtrack.sound import Original
    from img2music.soundtrack.spotting import Cues, Options

    given = {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if sheet is not None and given - WITH_A_SHEET:
        option = min(given - WITH_A_SHEET).replace("_", "-")
        raise typer.BadParameter(f"The cue sheet says which music: --sheet goes without --{option}.")
    sheets = sheet_output or []
    forms = sheet_forms(sheets)
    if plot is not None:
        require_plotting(plot)
    outputs = [*kinds(output, audio_only), *formats.kinds(forms, sheets), (plot, PLOT)]
    given_sheet = cue_sheet.load(sheet) if sheet is not None else None
    inputs = [("the film itself", film), *(() if sheet is None else [("the cue sheet itself", sheet)])]
    require_outputs(outputs, itertools.chain(inputs, _tagged(audio_only), library_songs(library)), force=force)
    options = Options(
        cues=Cues(cues),
        matching=Matching(match),
        alternatives=alternatives,
        least_scene=least_scene,
        match_tempo=match_tempo,
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
    with unwinding() as check, stage_progress() as progress:
        if given_sheet is not None:
            found, chosen = None, given_sheet
        else:
            found = spot_film(library, film, options, image_model, of_stage(progress, "Watching (seconds)", check))
            chosen = found.sheet
        notes = score_film(
            film,
            chosen,
            output,
            audio_only,
            original=Original(original),
            loudness=loudness,
            progress=of_stage(progress, "Mixing (seconds)", check),
        )
    save(chosen, forms, sheets)
    if found is not None and plot is not None:
        draw(found, plot)
    print_table(table.COLUMNS, table.rows(chosen))
    for file in (output, audio_only, plot):
        if file is not None:
            warn(f"written to {file}")
    for note in (*(found.notes if found is not None else ()), *notes):
        warn(note)


def _tagged(audio_only: Path | None) -> Iterator[tuple[str, Path]]:
    """The file for the sound alone, if it has tags, which such sound has not: a song that no library knows."""
    from img2music.sources.tags import Tags, read_tags

    if audio_only is not None and audio_only.is_file() and read_tags(str(audio_only)) != Tags():
        yield "a song, as its tags say", audio_only

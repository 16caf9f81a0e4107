"""``img2music score``: a film with music of the library that follows its mood."""

from collections.abc import Iterator
from pathlib import Path

from img2music.cli import sheets as sheet_options
from img2music.cli.options import command, file_path, filter_options, force_option, library_option, option, options_of
from img2music.cli.output import library_songs, print_table, require_outputs, say
from img2music.cli.progress import counted, unwinding
from img2music.options import ScoreOptions, SpotOptions


@command()
@sheet_options.film_argument
@option("--output", type=file_path, metavar="FILE", help="The film with its music: .mp4, .mov, .mkv or .webm.")
@option("--audio-only", type=file_path, metavar="FILE", help="Its sound alone: .flac, .wav, .m4a, .mp3, .opus or .ogg.")
@option(
    "--sheet", type=file_path, metavar="FILE", help="Music of this cue sheet (JSON), as it is, instead of choosing it."
)
@sheet_options.sheet_output_option
@options_of(ScoreOptions, name="scoring")
@library_option
@options_of(SpotOptions, name="spotting", filters=filter_options(files=False, chooses=True))
@sheet_options.film_plot_option
@force_option
def score(
    *,
    film: Path,
    output: Path | None,
    audio_only: Path | None,
    sheet: Path | None,
    sheets: tuple[Path, ...],
    scoring: ScoreOptions,
    library: str | None,
    spotting: SpotOptions,
    plot: Path | None,
    force: bool,
) -> None:
    """Write a film with music of your library that follows its mood.

    Chooses passages as `spot` does, mixes them with the film's own sound, and writes a new film: its pictures are
    copied as they are where the container allows. Needs the extra "soundtrack". Prints the cues.
    """
    import itertools

    from img2music.app.scoring import kinds, score_film
    from img2music.app.spotting import spot_film
    from img2music.plots import PLOT, require_plotting
    from img2music.soundtrack import cue_sheet, formats, table
    from img2music.soundtrack.cue_sheet import Original
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.sound import heard

    sheet_options.require_alone(sheet, "film", "audio_only", "original", "duck")
    use = None if scoring.original is None else Original(scoring.original)
    duck = scoring.duck
    forms = sheet_options.sheet_forms(sheets)
    if plot is not None:
        require_plotting(plot)
    outputs = [*kinds(output, audio_only), *formats.kinds(forms, sheets), (plot, PLOT)]
    given_sheet = cue_sheet.load(sheet, say) if sheet is not None else None
    inputs = [("the film itself", film), *(() if sheet is None else [("the cue sheet itself", sheet)])]
    require_outputs(outputs, itertools.chain(inputs, _tagged(audio_only), library_songs(library)), force=force)
    with unwinding() as progress:
        if given_sheet is not None:
            found, chosen = None, given_sheet
        else:
            found = spot_film(
                library,
                film,
                sheet_options.spotting_of(spotting),
                spotting.image_model,
                counted(progress, "Watching", "seconds"),
                original=use or Original.DUCK,
                duck=duck,
            )
            chosen = found.sheet
        notes = score_film(
            film,
            chosen,
            output,
            audio_only,
            original=use,
            duck=duck,
            loudness=scoring.loudness,
            progress=counted(progress, "Mixing", "seconds"),
        )
    if sheets:
        sheet_options.save(heard(chosen, original=use, duck=duck, film=film), forms, sheets)
    if found is not None and plot is not None:
        notes += draw(found, plot)
    print_table(table.COLUMNS, table.rows(chosen))
    for file in (output, audio_only, plot):
        if file is not None:
            say(f"written to {file}")
    for note in (*(found.notes if found is not None else ()), *notes):
        say(note)


def _tagged(audio_only: Path | None) -> Iterator[tuple[str, Path]]:
    """The file for the sound alone, if it has tags, which such sound has not: a song that no library knows."""
    from img2music.connectors.tags import read_tags
    from img2music.track import Tags

    if audio_only is not None and audio_only.is_file() and read_tags(str(audio_only)) != Tags():
        yield "a song, as its tags say", audio_only

"""``img2music score``: a film with music of the library that follows its mood."""

from pathlib import Path

from img2music.cli import tables
from img2music.cli.options import command, file_path, filter_options, force_option, library_option, option, options_of
from img2music.cli.output import print_table, replacing, say
from img2music.cli.progress import unwinding
from img2music.cli.sheets import film_argument, film_plot_option, require_alone, sheet_output_option, songs
from img2music.options import ScoreOptions, SpotOptions


@command()
@film_argument
@option("--output", type=file_path, metavar="FILE", help="The film with its music: .mp4, .mov, .mkv or .webm.")
@option("--audio-only", type=file_path, metavar="FILE", help="Its sound alone: .flac, .wav, .m4a, .mp3, .opus or .ogg.")
@option(
    "--stems",
    type=file_path,
    metavar="DIR|PREFIX",
    help="Its music and its own sound apart, as PREFIX-music.wav and PREFIX-film.wav, whose sum is the sound.",
)
@option("--preview-seams", is_flag=True, help="Write only the seconds around each change of song, in small pictures.")
@option(
    "--sheet",
    type=file_path,
    metavar="FILE",
    help="Music of this cue sheet, or of a project that the page exported (JSON), as it is, instead of choosing it.",
)
@sheet_output_option
@options_of(ScoreOptions)
@library_option
@options_of(SpotOptions, name="spotting", filters=filter_options(files=False, chooses=True))
@film_plot_option
@force_option
def score(
    *,
    film: Path,
    output: Path | None,
    audio_only: Path | None,
    stems: Path | None,
    preview_seams: bool,
    sheet: Path | None,
    sheets: tuple[Path, ...],
    options: ScoreOptions,
    library: str | None,
    spotting: SpotOptions,
    plot: Path | None,
    force: bool,
) -> None:
    """Write a film with music of your library that follows its mood.

    Chooses passages as `spot` does, mixes them with the film's own sound, and writes a new film: its pictures are
    copied as they are where the container allows. Needs the extra "soundtrack". Prints the cues.
    """
    if sheet is not None:
        require_alone("film", "audio_only", "stems", "preview_seams", "original", "duck", "music_db", "uses")
    with songs(library, needed=sheet is None) as opened, unwinding() as progress:
        found = opened.score(
            film,
            output,
            audio_only=audio_only,
            stems=stems,
            preview_seams=preview_seams,
            sheet=sheet,
            sheets=sheets,
            plot=plot,
            replacing=replacing(force=force),
            told=say,
            progress=progress,
            **vars(options),
            **(vars(spotting) if sheet is None else {}),
        )
    print_table(tables.CUES, tables.cue_rows(found.sheet))
    for file in (*sheets, output, audio_only, *found.stems, plot):
        if file is not None:
            say(f"written to {file}")
    for note in found.notes:
        say(note)

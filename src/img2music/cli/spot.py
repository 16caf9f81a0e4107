"""``img2music spot``: which passage of which song lies under which scene of a film."""

from pathlib import Path

from img2music.cli.options import command, filter_options, force_option, library_option, option_of, options_of
from img2music.cli.output import replacing, say
from img2music.cli.progress import unwinding
from img2music.cli.sheets import film_argument, film_plot_option, give, sheet_files_option, sheet_format_option, songs
from img2music.options import ScoreOptions, SpotOptions


@command()
@film_argument
@library_option
@options_of(SpotOptions, filters=filter_options(files=False, chooses=True))
@option_of(ScoreOptions, "duck")
@sheet_format_option
@sheet_files_option
@film_plot_option
@force_option
def spot(
    *,
    film: Path,
    library: str | None,
    options: SpotOptions,
    duck: float | None,
    format_: str | None,
    outputs: tuple[Path, ...],
    plot: Path | None,
    force: bool,
) -> None:
    """Choose music for a film: a cue sheet of passages of your songs that follow its scenes.

    Finds the film's shots and scenes, reads their affect, and lays passages under them whose affect runs the same way.
    Needs the extra "soundtrack". Seconds count from the film's first picture.
    """
    with songs(library) as opened, unwinding() as progress:
        found = opened.spot(
            film,
            scoring=ScoreOptions(duck=duck),
            outputs=outputs,
            format=format_ if outputs else None,
            plot=plot,
            replacing=replacing(force=force),
            progress=progress,
            **vars(options),
        )
    give(found.sheet, format_, outputs)
    if plot is not None:
        say(f"drawn to {plot}")
    for note in found.notes:
        say(note)

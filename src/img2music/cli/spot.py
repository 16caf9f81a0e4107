"""``img2music spot``: which passage of which song lies under which scene of a film."""

from pathlib import Path

from img2music.cli import sheets
from img2music.cli.options import command, filter_options, force_option, library_option, option_of, options_of
from img2music.cli.output import require_outputs, say
from img2music.cli.progress import counted, unwinding
from img2music.options import ScoreOptions, SpotOptions


@command()
@sheets.film_argument
@library_option
@options_of(SpotOptions, filters=filter_options(files=False, chooses=True))
@option_of(ScoreOptions, "duck")
@sheets.sheet_format_option
@sheets.sheet_files_option
@sheets.film_plot_option
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
    from img2music.app.spotting import spot_film
    from img2music.plots import PLOT, require_plotting
    from img2music.soundtrack import formats
    from img2music.soundtrack.plot import draw

    forms = sheets.forms_of(format_, outputs)
    if plot is not None:
        require_plotting(plot)
    require_outputs([*formats.kinds(forms, outputs), (plot, PLOT)], [("the film itself", film)], force=force)
    with unwinding() as progress:
        watching = counted(progress, "Watching", "seconds")
        found = spot_film(library, film, sheets.spotting_of(options), options.image_model, watching, duck=duck)
    sheets.give(found.sheet, forms, outputs)
    drawn: tuple[str, ...] = ()
    if plot is not None:
        drawn = draw(found, plot)
        say(f"drawn to {plot}")
    for note in (*found.notes, *drawn):
        say(note)

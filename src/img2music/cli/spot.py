"""``img2music spot``: which passage of which song lies under which scene of a film."""

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
    SheetFilesOption,
    SheetFormatOption,
    SheetMatchMode,
)
from img2music.filters import TrackFilter
from img2music.options import MatchMode


@filtered(files=False, chooses=True)
def spot(
    film: FilmArgument,
    *,
    library: LibraryOption = None,
    cues: CuesOption = CuesChoice.AUTO,
    least_scene: LeastSceneOption = 12.0,
    alternatives: AlternativesOption = 3,
    pin: PinOption = None,
    ban: BanOption = None,
    match_tempo: MatchTempoOption = False,
    duck: DuckOption = None,
    match: SheetMatchMode = MatchMode.RELATIVE,
    where: TrackFilter,
    image_model: ImageModelOption = None,
    format_: SheetFormatOption = None,
    output: SheetFilesOption = None,
    plot: FilmPlotOption = None,
    force: ForceOption = False,
) -> None:
    """Choose music for a film: a cue sheet of passages of your songs that follow its scenes.

    Finds the film's shots and scenes, reads their affect, and lays passages under them whose affect runs the same way.
    Needs the extra "soundtrack". Seconds count from the film's first picture.
    """
    import sys

    from img2music.app.spotting import spot_film
    from img2music.cli.output import counting, require_outputs, warn
    from img2music.cli.sheet_output import give
    from img2music.options import MatchMode
    from img2music.plots import PLOT, require_plotting
    from img2music.soundtrack import formats, table
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.spotting import Cues, Options

    forms = formats.chosen_formats(format_, output or [], terminal=sys.stdout.isatty())
    if plot is not None:
        require_plotting(plot)
    require_outputs([*formats.kinds(forms, output or []), (plot, PLOT)], [("the film itself", film)], force=force)
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
    with counting("Watching (seconds)") as progress:
        found = spot_film(
            *(library, film, options, image_model, lambda done, of: progress(int(done), int(max(done, of)))), duck=duck
        )
    give(found.sheet, forms, output or [])
    drawn: tuple[str, ...] = ()
    if plot is not None:
        drawn = draw(found, plot)
        warn(f"drawn to {plot}")
    for note in (*found.notes, *drawn):
        warn(note)

"""``img2music spot``: which passage of which song lies under which scene of a film."""

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
    SheetFilesOption,
    SheetFormatOption,
    SheetMatchMode,
)
from img2music.filters import TrackFilter
from img2music.options import CueCount, MatchMode, SpotOptions


@filtered(files=False, chooses=True)
def spot(
    film: FilmArgument,
    *,
    library: LibraryOption = None,
    cues: CuesOption = CueCount.AUTO,
    least_scene: LeastSceneOption = SpotOptions.least_scene,
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
    from img2music.app.spotting import spot_film
    from img2music.cli.output import replacing, warn
    from img2music.cli.sheet_output import give
    from img2music.cli.stage_progress import film_progress
    from img2music.options import ScoreOptions, pins_of

    files = output or []
    options = SpotOptions(
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
        found = spot_film(
            library,
            film,
            options,
            scoring=ScoreOptions(duck=duck),
            outputs=files,
            format=format_ if files else None,
            plot=plot,
            replacing=replacing(force=force),
            progress=progress,
        )
    give(found.sheet, format_, files)
    if plot is not None:
        warn(f"drawn to {plot}")
    for note in found.notes:
        warn(note)

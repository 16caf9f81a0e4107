"""``img2music spot``: which passage of which song lies under which scene of a film."""

from img2music.cli.options import (
    AlbumOption,
    ArtistOption,
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
    DuckOption,
    FilmArgument,
    FilmPlotOption,
    LeastSceneOption,
    MatchTempoOption,
    PinOption,
    SheetFilesOption,
    SheetFormatOption,
    SheetMatchOption,
)


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
    format_: SheetFormatOption = None,
    output: SheetFilesOption = None,
    plot: FilmPlotOption = None,
) -> None:
    """Choose music for a film: a cue sheet of passages of your songs that follow its scenes.

    Finds the film's shots and scenes, reads their affect, and lays passages under them whose affect runs the same way.
    Needs the extra "soundtrack". Seconds count from the film's first picture.
    """
    import sys

    from img2music.cli.output import counting, warn
    from img2music.cli.sheet_output import give
    from img2music.library.filter_text import track_filter
    from img2music.matching.calibration import Matching
    from img2music.soundtrack import formats, table
    from img2music.soundtrack.outputs import require_outputs
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.session import spot_film
    from img2music.soundtrack.spotting import Cues, Options

    forms = formats.chosen_formats(format_, output or [], terminal=sys.stdout.isatty())
    require_outputs(film, output or [], plot)
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
    with counting("Watching (seconds)") as progress:
        found = spot_film(
            *(library, film, options, image_model, lambda done, of: progress(int(done), int(max(done, of)))), duck=duck
        )
    give(found.sheet, forms, output or [])
    if plot is not None:
        draw(found, plot)
        warn(f"drawn to {plot}")
    for note in found.notes:
        warn(note)

"""``img2music spot``: which passage of which song lies under which scene of a film."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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


class CuesOption(StrEnum):
    """How many cues a film gets."""

    ONE = "one"
    SCENE = "scene"
    AUTO = "auto"


class SpotFormat(StrEnum):
    """How a cue sheet is printed or written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    OTIO = "otio"
    XML = "xml"
    FCPXML = "fcpxml"
    EDL = "edl"
    TXT = "txt"
    VTT = "vtt"
    FFMETADATA = "ffmetadata"


def spot(
    film: Annotated[Path, typer.Argument(metavar="FILM", help="A film.", readable=False)],
    *,
    library: LibraryOption = None,
    cues: Annotated[
        CuesOption,
        typer.Option(help="One song for the whole film, one passage a scene, or as many changes as are worth it."),
    ] = CuesOption.AUTO,
    least_scene: Annotated[
        float, typer.Option(metavar="SECONDS", min=1.0, max=3600.0, help="Least length of a scene.")
    ] = 12.0,
    alternatives: Annotated[int, typer.Option(min=0, help="Runners-up to list with each passage.")] = 3,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCENE=SONG", help="This song under this scene; its number, path or title. May be repeated."
        ),
    ] = None,
    ban: Annotated[
        list[str] | None, typer.Option(metavar="SONG", help="Never this song; as in --pin. May be repeated.")
    ] = None,
    match: Annotated[
        MatchOption, typer.Option(help="Compare ranks within pictures and within songs, or the affects as they are.")
    ] = MatchOption.RELATIVE,
    genre: GenreOption = None,
    artist: ArtistOption = None,
    album: AlbumOption = None,
    year: YearOption = None,
    tempo: TempoOption = None,
    length: LengthOption = None,
    instrumental: InstrumentalOption = None,
    key: KeyOption = None,
    image_model: ImageModelOption = None,
    format_: Annotated[
        SpotFormat | None,
        typer.Option(
            "--format",
            help="How to print or write the cue sheet.",
            show_default="the ending of --output; or table on a terminal, json elsewhere",
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write there instead of printing: a cue sheet (.json, .csv), a timeline for an editor (.otio, .xml, "
            ".fcpxml, .edl), or chapters (.txt, .vtt, .ffmetadata). May be repeated.",
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the film's mood, scenes and songs: .png or .svg.")
    ] = None,
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
    from img2music.soundtrack import cue_sheet, table
    from img2music.soundtrack.outputs import require_outputs
    from img2music.soundtrack.plot import draw
    from img2music.soundtrack.session import spot_film
    from img2music.soundtrack.spotting import Cues, Options

    forms = cue_sheet.chosen_formats(format_, output or [], terminal=sys.stdout.isatty())
    require_outputs(film, output or [], plot)
    options = Options(
        cues=Cues(cues),
        matching=Matching(match),
        alternatives=alternatives,
        least_scene=least_scene,
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
        found = spot_film(library, film, options, image_model, lambda done, of: progress(int(done), int(max(done, of))))
    give(found.sheet, forms, output or [])
    if plot is not None:
        draw(found, plot)
        warn(f"drawn to {plot}")
    for note in found.notes:
        warn(note)

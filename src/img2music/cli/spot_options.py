"""How music is chosen for a film: options that the commands which do so share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.options import MatchMode


class CuesChoice(StrEnum):
    """How many cues a film gets."""

    ONE = "one"
    SCENE = "scene"
    AUTO = "auto"


class SheetFormat(StrEnum):
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


FilmArgument = Annotated[Path, typer.Argument(metavar="FILM", help="A film.", readable=False)]
CuesOption = Annotated[
    CuesChoice,
    typer.Option(help="One song for the whole film, one passage a scene, or as many changes as are worth it."),
]
LeastSceneOption = Annotated[
    float, typer.Option(metavar="SECONDS", min=1.0, max=3600.0, help="Least length of a scene.")
]
MatchTempoOption = Annotated[
    bool, typer.Option("--match-tempo", help="Prefer quick music where the film cuts quickly, and slow where slowly.")
]
AlternativesOption = Annotated[int, typer.Option(min=0, help="Runners-up to list with each passage.")]
PinOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SCENE=SONG", help="This song under this scene: #17, its path or title. May be repeated."),
]
BanOption = Annotated[
    list[str] | None, typer.Option(metavar="SONG", help="Never this song, named as for --pin. May be repeated.")
]
FilmPlotOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Draw the film's mood, scenes and songs: .png or .svg.")
]
SheetMatchMode = Annotated[
    MatchMode, typer.Option(help="Compare ranks within pictures and within songs, or the affects as they are.")
]
SheetOutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Write the cue sheet there too, in any format that the command cues writes. May be repeated.",
    ),
]
DuckOption = Annotated[
    float | None,
    typer.Option(
        metavar="DB",
        min=0.0,
        max=60.0,
        help="By how much the music is lowered while someone speaks in the film; 0: not at all.",
        show_default="12",
    ),
]
SheetFormatOption = Annotated[
    SheetFormat | None,
    typer.Option(
        "--format",
        help="How to print or write the cue sheet.",
        show_default="the ending of --output; or table on a terminal, json elsewhere",
    ),
]
SheetFilesOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Write there instead of printing: a cue sheet (.json, .csv), a timeline for an editor (.otio, .xml, "
        ".fcpxml, .edl), or chapters (.txt, .vtt, .ffmetadata). May be repeated.",
    ),
]


def sheet_forms(files: list[Path]) -> list[str]:
    """Formats of cue sheets that are written beside a film, by the endings of their files."""
    from img2music.errors import UsageError
    from img2music.soundtrack.formats import WRITERS
    from img2music.soundtrack.timelines.writing import require_timelines

    forms = [file.suffix[1:].lower() for file in files]
    for form in forms:
        if form not in WRITERS:
            raise UsageError(f"--sheet-output must end in .{', .'.join(WRITERS)}.")
        require_timelines(form)
    return forms

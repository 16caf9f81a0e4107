"""``img2music recommend``: the songs of the library that feel like a picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.filters import TrackFilter


class RecommendFormat(StrEnum):
    """How recommendations are printed or written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    M3U8 = "m3u8"
    M3U = "m3u"
    XSPF = "xspf"
    JSPF = "jspf"


class MatchOption(StrEnum):
    """How pictures and songs are compared."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


def _moods(typed: str) -> list[str]:
    """Words that a person may be about to type."""
    from img2music.matching.query import MOODS

    return [word for word in MOODS if word.startswith(typed.lower())]


@filtered(chooses=True)
def recommend(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[IMAGE|AUDIO|DIR]...", help="Pictures, songs, and folders of them.", readable=False),
    ] = None,
    *,
    valence: Annotated[float | None, typer.Option(help="Unpleasant (0) to pleasant (1), instead of a picture.")] = None,
    arousal: Annotated[float | None, typer.Option(help="Calm (0) to excited (1), instead of a picture.")] = None,
    emotion: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="A basic emotion or a word such as serene, calm or lively, instead of a picture.",
            autocompletion=_moods,
        ),
    ] = None,
    library: LibraryOption = None,
    music: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Only the music in this folder, which is scanned first.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Songs for each query.")] = 10,
    match: Annotated[
        MatchOption, typer.Option(help="Compare ranks within pictures and within songs, or the affects as they are.")
    ] = MatchOption.RELATIVE,
    per_artist: Annotated[
        int | None,
        typer.Option(min=0, help="At most so many songs of one artist; 0 for any number.", show_default="2"),
    ] = None,
    together: Annotated[
        bool,
        typer.Option(
            "--together", help="One playlist through all pictures in their order, of at least --top songs and one each."
        ),
    ] = False,
    widen: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=2.0,
            help="Songs around a picture's point, as far as its reading is unsure (1: a standard deviation), "
            "instead of the nearest.",
        ),
    ] = 0.0,
    where: TrackFilter,
    image_model: ImageModelOption = None,
    format_: Annotated[
        RecommendFormat | None,
        typer.Option(
            "--format",
            help="How to print or write them.",
            show_default="the ending of --output; or table on a terminal, json elsewhere",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw pictures and songs on the affect plane: .png or .svg.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Recommend songs of your library that feel like pictures, like songs or like numbers.

    Every match has a similarity 1 / (1 + distance), from 0.41 to 1, the passage that fits best, and a reason. Exit
    code 1 if some inputs failed and the rest is done, 2 if nothing could be done.
    """
    import sys
    from dataclasses import replace

    from img2music.app.recommending import recommend_from
    from img2music.cli.output import counting, finish, given_files, print_table, require_outputs, warn
    from img2music.cli.progress import scan_progress
    from img2music.files import write_atomically
    from img2music.matching import formats, plane
    from img2music.matching.calibration import Matching
    from img2music.matching.query import asked_affects
    from img2music.matching.recommending import Options
    from img2music.plots import PLOT, require_plotting

    if music is not None:
        _require_alone(context)
    wanted = formats.chosen_format(format_, output, terminal=sys.stdout.isatty())
    if wanted in formats.FILES_ONLY:
        if where.file is False:
            raise typer.BadParameter(f"Songs without a file have no place in {wanted}: give --format xspf, or --files.")
        where = replace(where, file=True)
    if plot is not None:
        require_plotting(plot)
    outputs = [(plot, PLOT), *([(output, formats.KINDS[wanted])] if output is not None else [])]
    require_outputs(outputs, given_files("one of the inputs", paths or ()), force=force)
    options = Options(
        matching=Matching(match),
        top=top,
        per_artist=per_artist,
        together=together,
        where=where,
        image_model=image_model,
        widen=widen,
    )
    with counting("Reading") if music is None else scan_progress() as progress:
        found = recommend_from(
            library,
            paths or (),
            asked_affects(valence, arousal, emotion),
            options,
            music=music,
            progress=progress,
        )
    if wanted == RecommendFormat.TABLE:
        for answer in found.queries:
            print_table(
                formats.table_columns(found), formats.table_rows(found, answer), title=formats.table_title(answer)
            )
    elif output is None:
        typer.echo(formats.WRITERS[wanted](found, None), nl=False)
    else:
        write_atomically(formats.WRITERS[wanted](found, output.absolute().parent), output, formats.KINDS[wanted])
        warn(f"written to {output}")
    drawn: tuple[str, ...] = ()
    if plot is not None:
        drawn = plane.plot(found, plot)
        warn(f"drawn to {plot}")
    for note in (*found.notes, *drawn):
        warn(note)
    finish(len(found.queries), found.errors)


def _require_alone(context: typer.Context) -> None:
    """Refuse beside a folder of music what it takes the place of."""
    from click.core import ParameterSource

    for name in ("library", "folder"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise typer.BadParameter(f"Give either --{name} or --music; --folder chooses a folder of the library.")

"""``img2music recommend``: the songs of the library that feel like a picture."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.options import ForceOption, ImageModelOption, LibraryOption, filtered
from img2music.filters import TrackFilter
from img2music.matching.playlists import FORMATS
from img2music.options import MatchMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from img2music.matching.recommendation import Match, Recommendations
    from img2music.progress import Progress

TABLE = "table"
RecommendFormat = StrEnum("RecommendFormat", [TABLE, *FORMATS])  # type: ignore[misc]


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
        MatchMode, typer.Option(help="Compare ranks within pictures and within songs, or the affects as they are.")
    ] = MatchMode.RELATIVE,
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
    from dataclasses import replace

    from img2music.app.recommending import recommend as recommended
    from img2music.cli.output import counting, finish, given_files, require_outputs, warn
    from img2music.cli.progress import scan_progress
    from img2music.matching.query import asked_affects
    from img2music.options import RecommendOptions
    from img2music.plots import PLOT, require_plotting

    if music is not None:
        _require_alone(context)
    wanted = _format(format_, output)
    if wanted != TABLE and FORMATS[wanted].files_only:
        if where.file is False:
            raise typer.BadParameter(f"Songs without a file have no place in {wanted}: give --format xspf, or --files.")
        where = replace(where, file=True)
    if plot is not None:
        require_plotting(plot)
    outputs = [(plot, PLOT), *([(output, FORMATS[wanted].kind)] if output is not None else [])]
    require_outputs(outputs, given_files("one of the inputs", paths or ()), force=force)
    options = RecommendOptions(
        match=match,
        top=top,
        per_artist=per_artist,
        together=together,
        where=where,
        image_model=image_model,
        widen=widen,
    )
    asked = (*(paths or ()), *asked_affects(valence, arousal, emotion))
    with counting("Reading") if music is None else scan_progress() as bar:
        found = recommended(library, asked, options, music=music, progress=_steps(bar))
    if output is not None:
        found.save(output, wanted)
        warn(f"written to {output}")
    elif wanted == TABLE:
        print_tables(found)
    else:
        typer.echo(FORMATS[wanted].write(found, None), nl=False)
    notes = found.notes
    if plot is not None:
        notes += found.plot(plot)
        warn(f"drawn to {plot}")
    for note in notes:
        warn(note)
    finish(len(found), found.errors)


def _steps(bar: "Callable[[int, int], None] | None") -> "Progress":
    return lambda step: None if bar is None else bar(int(step.done), int(step.total or 0))


def _format(given: str | None, output: Path | None) -> str:
    """Name of the format that is meant; `TABLE` only goes to standard output."""
    if output is not None:
        return FORMATS.chosen(given, output).name
    return given or (TABLE if sys.stdout.isatty() else "json")


def print_tables(found: "Recommendations") -> None:
    """A table for each query, or one for a playlist: two rows a match, what it is and why."""
    from img2music.cli.output import print_table
    from img2music.matching.query import QueryKind

    if not found.together or len(found) == 1:
        for recommendation in found:
            rows = [row for match in recommendation.matches for row in _rows(match)]
            print_table([">#", "song, and why", ">passage", ">similarity"], rows, title=str(recommendation.query))
        return
    songs = sum(each.query.kind is QueryKind.SONG for each in found)
    counts = ((len(found) - songs, "pictures"), (songs, "songs"))
    title = f"One playlist for {' and '.join(f'{count} {what}' for count, what in counts if count)}"
    rows = [row for each in found for match in each.matches for row in _rows(match, Path(each.query.path or "").name)]
    print_table([">#", "song, and why", "for", ">passage", ">similarity"], rows, title=title)


def _rows(match: "Match", *query: str) -> list[list[str]]:
    return [
        [str(match.rank), match.track.label, *query, str(match.passage or ""), f"{match.similarity:.2f}"],
        ["", f"  {match.reason}", *[""] * len(query), "", ""],
    ]


def _require_alone(context: typer.Context) -> None:
    """Refuse beside a folder of music what it takes the place of."""
    from click.core import ParameterSource

    for name in ("library", "folder"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise typer.BadParameter(f"Give either --{name} or --music; --folder chooses a folder of the library.")

"""``img2music recommend``: the songs of the library that feel like a picture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from img2music.cli.options import (
    FormatChoice,
    argument,
    command,
    file_path,
    filter_options,
    force_option,
    library_option,
    option,
    options_of,
)
from img2music.cli.output import finish, for_people, print_table, require_outputs, say
from img2music.cli.progress import progress_bar
from img2music.cli.server_playlists import to_option, to_playlist_option, write_there
from img2music.errors import UsageError
from img2music.options import RecommendOptions

if TYPE_CHECKING:
    from img2music.affect import Affect
    from img2music.matching.playlists import PlaylistFormat
    from img2music.matching.recommendation import Match, Recommendations


def _moods(_context: click.Context, _option: click.Parameter, typed: str) -> list[str]:
    """Words that a person may be about to type."""
    from img2music.matching.query import MOODS

    return [word for word in MOODS if word.startswith(typed.lower())]


@command()
@argument(
    "paths",
    metavar="[IMAGE|AUDIO|DIR|ALBUM]...",
    nargs=-1,
    help="Pictures, songs, and folders of them; photos of a service (immich:album/Summer, immich:search/sunset); songs "
    "of the library also by number (#17) or identifier.",
)
@option("--valence", type=float, help="Unpleasant (0) to pleasant (1), instead of a picture.")
@option("--arousal", type=float, help="Calm (0) to excited (1), instead of a picture.")
@option(
    "--emotion",
    metavar="WORD",
    shell_complete=_moods,
    help="A basic emotion or a word such as serene, calm or lively, instead of a picture.",
)
@library_option
@option("--music", metavar="DIR|URL", help="Only the music in this folder, which is scanned first.")
@options_of(RecommendOptions, filters=filter_options(chooses=True))
@option(
    "--format",
    "format_",
    type=FormatChoice("img2music.matching.playlists:FORMATS"),
    help="How to print or write them.",
    show_default="the ending of --output; or table on a terminal, json elsewhere",
)
@option("--output", type=file_path, metavar="FILE", help="Write there instead of printing.")
@to_option
@to_playlist_option("as the first picture, song or word")
@option("--plot", type=file_path, metavar="FILE", help="Draw pictures and songs on the affect plane: .png or .svg.")
@force_option
def recommend(
    *,
    paths: tuple[str, ...],
    valence: float | None,
    arousal: float | None,
    emotion: str | None,
    library: str | None,
    music: str | None,
    options: RecommendOptions,
    format_: str | None,
    output: Path | None,
    connection: str | None,
    playlist: str | None,
    plot: Path | None,
    force: bool,
) -> None:
    """Recommend songs of your library that feel like pictures, like songs or like numbers.

    Every match has a similarity 1 / (1 + distance), from 0.41 to 1, the passage that fits best, and a reason. Exit
    code 1 if some inputs failed and the rest is done, 2 if nothing could be done.
    """
    from img2music.app.recommending import recommend as recommended
    from img2music.connectors.folders import given_pictures
    from img2music.matching.playlists import FORMATS
    from img2music.matching.query import asked_affects
    from img2music.plots import PLOT, require_plotting

    typed = click.get_current_context().get_parameter_source("library") is ParameterSource.COMMANDLINE
    if music is not None and typed:
        raise UsageError("Give either `library` or `music`; `folder` chooses a folder of the library.")
    if music is not None and connection is not None:
        raise UsageError("`to` writes songs of the library; give it without `music`.")
    if playlist is not None and connection is None:
        raise UsageError("`playlist` names what `to` writes; give both.")
    if output is None:
        written = None if for_people(format_) else FORMATS[format_ or "json"]
    else:
        written = FORMATS.chosen(format_, output)
    if written is not None and written.files_only:
        if options.where.file is False:
            raise UsageError(
                f"Songs without a file have no place in {written.name}: give `format=xspf`, or `file=True`."
            )
        options = replace(options, where=replace(options.where, file=True))
    if plot is not None:
        require_plotting(plot)
    outputs = [(plot, PLOT), *([(output, written.kind)] if written is not None else [])]
    require_outputs(outputs, given_pictures("one of the inputs", paths), force=force)
    asked: list[str | Affect] = [*paths, *asked_affects(valence, arousal, emotion)]
    with progress_bar() as progress:
        found = recommended(library, asked, options, music=music, progress=progress)
    if connection is None or output is not None:
        _give(found, written, output, plot)
    if connection is not None and found:
        write_there(library, connection, playlist or _title(asked, emotion), found.matches, found.notes)
    finish(len(found), found.errors)


def _title(asked: "Sequence[str | Affect]", emotion: str | None) -> str:
    """What a playlist is called that nobody has named."""
    first = asked[0]
    return emotion.capitalize() if emotion else Path(first).stem if isinstance(first, str) else f"Songs for {first}"


def _give(found: "Recommendations", written: "PlaylistFormat | None", output: Path | None, plot: Path | None) -> None:
    """Print what was recommended, or write it to a file, and draw it; where there is nothing, older files stay."""
    notes = found.notes
    if written is None:
        print_tables(found)
    elif output is None:
        click.echo(written.write(found, None), nl=False)
        notes += tuple(written.notes(found)) if found else ()
    elif found:
        notes += found.save(output, written.name)
        say(f"written to {output}")
    if plot is not None and found:
        notes += found.plot(plot)
        say(f"drawn to {plot}")
    for note in notes:
        say(note)


def print_tables(found: "Recommendations") -> None:
    """A table for each query, or one for a playlist: two rows a match, what it is and why."""
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
        [str(match.rank), match.track.display_name, *query, str(match.passage or ""), f"{match.similarity:.2f}"],
        ["", f"  {match.reason}", *[""] * len(query), "", ""],
    ]

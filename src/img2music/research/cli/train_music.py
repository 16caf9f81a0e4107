"""``img2music train music``: stacks of regressors for a table of songs, found by AutoML."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from img2music.cli.options import command, file_path, force_option, map_option, option, options_of
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, print_table, require_outputs, say
from img2music.cli.progress import progress_bar
from img2music.research.songs.options import StackOptions

if TYPE_CHECKING:
    from img2music.connectors.tables import SongTable
    from img2music.research.songs.groups import Sources

PROBLEMS_TOLD = 10
GIVEN = "Lyric embeddings that are ready, instead: a CSV with a row a song, in the table's order."
MORE = "Other songs with Spotify's columns, for other-songs; those of the table do not count."


def song_files(function: Any) -> Any:
    """Give a command the options that songs are read by, which it hands to `read_songs`."""
    for decorate in (
        map_option,
        option("--more-songs", type=file_path, metavar="FILE", help=MORE),
        option("--lyric-embedding", type=file_path, metavar="FILE", help=GIVEN),
        option("--table", required=True, type=file_path, metavar="FILE", help="Songs: CSV, TSV or Parquet."),
    ):
        function = decorate(function)
    return function


@command()
@song_files
@option(
    "--output", required=True, type=file_path, metavar="DIR", help="For the model, the report, the journal of fits."
)
@options_of(StackOptions)
@option("--resume", is_flag=True, show_default=False, help="Go on with a training that was stopped.")
@format_option
@force_option
def train_music(
    *,
    table: Path,
    output: Path,
    options: StackOptions,
    resume: bool,
    force: bool,
    format_: ReportFormat | None,
    **more: Any,
) -> None:
    """Train stacks of regressors that predict valence and arousal from a table of songs.

    All regressors are compared by 5-fold cross-validation on the training part; the best of three kinds are tuned,
    and stacked with those others that help, with the best of them as meta-learner. The report is of songs that nothing
    was chosen by. Spotify's columns, the targets unless ratings are named, are no ratings by people.
    """
    from img2music.research.songs.regressors import require_training
    from img2music.research.songs.stacking import OUTPUTS, SongSource, require_folder, train
    from img2music.shapes import to_dict

    source = SongSource.of(options, given=more["lyric_embedding"] is not None)
    require_training()
    require_folder(output, resume=resume)
    require_outputs([] if resume else [(output / name, kind) for name, kind in OUTPUTS.items()], force=force)
    songs, sources = read_songs(table, **more)
    data = source.read(songs, table, options.target.axes, options.groups, sources)
    with progress_bar() as progress:
        report = train(data, options, output, source=source, resume=resume, progress=progress)
    if for_people(format_):
        for part in report.tables():
            print_table(part.columns, part.rows, part.heading)
    else:
        print_json(to_dict(report))
    for note in report.notes:
        say(note)


def read_songs(
    table: Path, lyric_embedding: Path | None, more_songs: Path | None, mapping: dict[str, str]
) -> tuple["SongTable", "Sources"]:
    """Read songs and what else their inputs are made from, and say on stderr what can't be used."""
    from img2music.connectors import tables
    from img2music.research.songs.groups import Sources
    from img2music.research.songs.other_songs import Others, OtherSongs
    from img2music.research.songs.targets import given_embedding

    songs = tables.read_songs(table, mapping)
    for line in (*songs.notes, *songs.problems[:PROBLEMS_TOLD]):
        say(f"{table}: {line}")
    if len(songs.problems) > PROBLEMS_TOLD:
        say(f"{table}: and {len(songs.problems) - PROBLEMS_TOLD} more cells or rows that can't be used.")
    given = None if lyric_embedding is None else given_embedding(lyric_embedding, songs)
    if more_songs is None:
        return songs, Sources(given=given)
    others = Others(tables.read_songs(more_songs).songs, songs.songs)
    count = len(others.songs(by_artist=False))
    say(f"{more_songs}: {count:,} other songs; {others.shared:,} more do not count, since they are in the song table.")
    return songs, Sources(given=given, others=OtherSongs(others))

"""``img2music train music``: stacks of regressors for a table of songs, found by AutoML."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from img2music.cli.options import ForceOption
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    print_json,
    print_table,
    require_outputs,
    warn,
)
from img2music.cli.stage_progress import stage_progress

if TYPE_CHECKING:
    from img2music.connectors.tables import SongTable
    from img2music.research.songs.other_songs import Others


class TargetChoice(StrEnum):
    """What is predicted."""

    VALENCE = "valence"
    AROUSAL = "arousal"
    BOTH = "both"


class RecipeChoice(StrEnum):
    """What is stacked."""

    ORIGINAL = "original"
    AUTO = "auto"


class SplitChoice(StrEnum):
    """How songs are parted."""

    RANDOM = "random"
    ARTIST = "artist"


TableOption = Annotated[Path, typer.Option(metavar="FILE", help="Songs: CSV, TSV or Parquet.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="FIELD=COLUMN", help="Which column holds what, such as title=track_name; may be repeated."
    ),
]
LyricEmbeddingOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Lyric embeddings that are ready, instead: a CSV with a row a song, in the table's order."
    ),
]
MoreSongsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Other songs with Spotify's columns, for other-songs; those of the table do not count."
    ),
]


def train_music(  # noqa: PLR0917 - typer's way to declare options
    table: TableOption,
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the model, the report and the journal of fits.")
    ],
    target: Annotated[TargetChoice, typer.Option(help="What to predict.")] = TargetChoice.BOTH,
    inputs: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help="music, lyric-affect, lyric-embedding, lyric-style, lyric-words, title-words, artist, other-songs; "
            "or, for ratings by people only, spotify: music without key, acousticness, energy and valence.",
        ),
    ] = "music,lyric-affect,lyric-embedding",
    lexicon: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="NRC-VAD, Glasgow Norms or Warriner, for lyric-affect.", show_default="the text model"
        ),
    ] = None,
    embedding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Embedder of lyrics: word2vec or minilm.", show_default="word2vec"),
    ] = None,
    vectors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Word vectors in Google's format that word2vec starts from.")
    ] = None,
    components: Annotated[
        int | None, typer.Option(min=1, help="Principal components of lyric embeddings.", show_default="11")
    ] = None,
    lyric_embedding: LyricEmbeddingOption = None,
    more_songs: MoreSongsOption = None,
    recipe: Annotated[
        RecipeChoice,
        typer.Option(
            help="original: the stacks that the original's AutoML arrived at. auto: whatever of all regressors helps."
        ),
    ] = RecipeChoice.AUTO,
    split: Annotated[
        SplitChoice, typer.Option(help="Hold out songs at random, or all songs of some artists, also when tuning.")
    ] = SplitChoice.RANDOM,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Judge by so many folds and train on all songs.", show_default="hold out a fifth"),
    ] = None,
    trials: Annotated[int, typer.Option(min=0, help="Settings to try for each regressor that is tuned.")] = 10,
    valence_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="People's ratings of valence.", show_default="Spotify's valence")
    ] = None,
    arousal_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="People's ratings of arousal.", show_default="Spotify's energy")
    ] = None,
    scale: Annotated[str | None, typer.Option(help="How these ratings run: 1-9, 1-7, 0-1, -1-1.")] = None,
    map_: MapOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything in which chance has a part.")] = 42,
    time_budget: Annotated[
        float | None, typer.Option(min=1, metavar="SECONDS", help="Stop tuning when fits have taken so long.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a training that was stopped.")] = False,
    format_: ReportFormatOption = None,
    force: ForceOption = False,
) -> None:
    """Train stacks of regressors that predict valence and arousal from a table of songs.

    All regressors are compared by 5-fold cross-validation on the training part; the best of three kinds are tuned,
    and stacked with those others that help, with the best of them as meta-learner. The report is of songs that nothing
    was chosen by. Spotify's columns, the targets unless ratings are named, are no ratings by people.
    """
    from img2music.affect import Scale
    from img2music.errors import UsageError
    from img2music.research.songs.inputs import Sources, make_groups
    from img2music.research.songs.rated_songs import given_embedding, targets_of
    from img2music.research.songs.regressors import require_training
    from img2music.research.songs.splitting import Split
    from img2music.research.songs.training import OUTPUTS, Options, Recipe, complete, require_folder, train

    if lyric_embedding is not None and (embedding or vectors or components):
        raise UsageError("--lyric-embedding gives vectors that are ready: leave --embedding and its options out.")
    require_training()
    require_folder(output, resume=resume)
    require_outputs([] if resume else [(output / name, kind) for name, kind in OUTPUTS.items()], force=force)
    songs = read_table(table, map_)
    named = {"valence": valence_column, "arousal": arousal_column}
    columns = {axis: column for axis, column in named.items() if column is not None}
    targets = targets_of(
        songs,
        table,
        ("valence", "arousal") if target is TargetChoice.BOTH else (target.value,),
        columns,
        Scale.parse(scale) if scale else None,
    )
    sources = Sources(
        lexicon=lexicon,
        embedder=embedding or "word2vec",
        vectors=vectors,
        components=components or 11,
        given=None if lyric_embedding is None else given_embedding(lyric_embedding, songs),
        others=None if more_songs is None else read_more(more_songs, songs),
        seed=seed,
    )
    groups = make_groups([name.strip() for name in inputs.split(",")], sources)
    options = Options(Recipe(recipe), seed, Split(split), folds, trials, time_budget or float("inf"))
    with stage_progress() as progress:
        report = train(
            complete(songs.songs, targets, groups),
            options,
            output,
            source={"columns": columns, "scale": scale, "lyrics": sources.facts()},
            resume=resume,
            progress=progress,
        )
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(report)
    else:
        _print_report(report)
    for note in report["notes"]:
        warn(note)


def read_table(table: Path, mapping: list[str] | None) -> "SongTable":
    """Read songs, and say on stderr what can't be used of them."""
    from img2music.connectors.tables import parse_mapping, read_songs

    songs = read_songs(table, parse_mapping(mapping or ()))
    for note in songs.notes:
        warn(f"{table}: {note}")
    for problem in songs.problems[:PROBLEMS_TOLD]:
        warn(f"{table}: {problem}")
    if len(songs.problems) > PROBLEMS_TOLD:
        warn(f"{table}: and {len(songs.problems) - PROBLEMS_TOLD} more cells or rows that can't be used.")
    return songs


def read_more(table: Path, songs: "SongTable") -> "Others":
    """Read other songs, and say on stderr how many there are."""
    from img2music.research.songs.rated_songs import other_songs

    others = other_songs(table, songs)
    count = len(others.songs(by_artist=False))
    warn(f"{table}: {count:,} other songs; {others.shared:,} more do not count, since they are in the song table.")
    return others


PROBLEMS_TOLD = 10


def _print_report(report: dict[str, Any]) -> None:
    from img2music.research.songs.report import leaderboard_table, stack_table, test_table, title_of

    print_table(*test_table(report), title=title_of(report))
    print_table(*stack_table(report), title="Stacks")
    print_table(*leaderboard_table(report), title="Leaderboard: cross-validated on the training part, before tuning")

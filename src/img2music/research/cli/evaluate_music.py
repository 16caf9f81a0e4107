"""``img2music evaluate music``: judge what a training on a song table chose, split by split and input by input."""

from pathlib import Path
from typing import Annotated, Any

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
from img2music.research.cli.train_music import (
    LyricEmbeddingOption,
    MapOption,
    MoreSongsOption,
    TableOption,
    read_more,
    read_table,
)


def evaluate_music(  # noqa: PLR0917 - typer's way to declare options
    model: Annotated[Path, typer.Option(metavar="DIR", help="What train music wrote.")],
    table: TableOption,
    lyric_embedding: LyricEmbeddingOption = None,
    more_songs: MoreSongsOption = None,
    map_: MapOption = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json, report.md and report.html (plots) there.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of splits, regressors and intervals.")] = 42,
    format_: ReportFormatOption = None,
    force: ForceOption = False,
) -> None:
    """Judge the stacks that a training chose on songs that they have not seen.

    They are fitted anew for each split: a fifth of the songs held out at random, as the original did, and all songs of
    a fifth of the artists, which is nearer to what new music is. Beside them: the mean, the table's own columns, the
    same without each group of inputs and with each alone, and what each input is worth.
    """
    from img2music.affect import Scale
    from img2music.errors import ModelError, printable
    from img2music.research.pages import prepare
    from img2music.research.songs.evaluation import chosen_of, evaluate
    from img2music.research.songs.inputs import Sources, make_groups
    from img2music.research.songs.model import read_facts
    from img2music.research.songs.rated_songs import given_embedding, targets_of
    from img2music.research.songs.regressors import require_training
    from img2music.research.songs.report_page import KINDS, write_report
    from img2music.research.songs.training import complete

    require_training()
    facts = read_facts(model)
    chosen = chosen_of(facts)
    if report is not None:
        prepare(report)
        require_outputs([(report / name, kind) for name, kind in KINDS.items()], force=force)
    songs = read_table(table, map_)
    given = None if lyric_embedding is None else given_embedding(lyric_embedding, songs)
    others = None if more_songs is None else read_more(more_songs, songs)
    try:
        source, names = facts["source"], [group["name"] for group in facts["inputs"]]
        scale = None if source["scale"] is None else Scale.parse(source["scale"])
        sources = Sources.restore(source["lyrics"], given, others)
        targets = targets_of(songs, table, tuple(chosen), source["columns"], scale)
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{printable(str(model))} does not say what it was trained on ({error!r}).") from None
    data = complete(songs.songs, targets, make_groups(names, sources))
    with stage_progress() as progress:
        judged = evaluate(data, chosen, seed=seed, progress=progress)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(judged.report)
    else:
        _print_report(judged.report)
    for note in judged.report["notes"]:
        warn(note)
    if report is not None:
        warn(f"the report is in {write_report(judged, report)[-1]}")


def _print_report(report: dict[str, Any]) -> None:
    from img2music.research.songs.report import sections, title_of_evaluation

    typer.echo(title_of_evaluation(report))
    for heading, _, (columns, rows) in sections(report):
        if rows:
            print_table(columns, rows, title=heading)

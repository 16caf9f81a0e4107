"""``img2music evaluate music``: judge what a training on a song table chose, split by split and input by input."""

from pathlib import Path
from typing import Any

import click

from img2music.cli.options import command, file_path, force_option, option
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, print_table, require_outputs, say
from img2music.cli.progress import progress_bar
from img2music.research.cli.train_music import read_songs, song_files


@command()
@option("--model", required=True, type=file_path, metavar="DIR", help="What train music wrote.")
@song_files
@option("--report", type=file_path, metavar="DIR", help="Write report.json, report.md and report.html (plots) there.")
@option("--seed", type=click.IntRange(0), default=42, help="Seed of splits, regressors and intervals.")
@format_option
@force_option
def evaluate_music(
    *, model: Path, table: Path, report: Path | None, seed: int, format_: ReportFormat | None, force: bool, **more: Any
) -> None:
    """Judge the stacks that a training chose on songs that they have not seen.

    They are fitted anew for each split: a fifth of the songs held out at random, as the original did, and all songs of
    a fifth of the artists, which is nearer to what new music is. Beside them: the mean, the table's own columns, the
    same without each group of inputs and with each alone, and what each input is worth.
    """
    from img2music.research.songs.judging import Training, evaluate
    from img2music.research.songs.regressors import require_training
    from img2music.research.songs.reports import JUDGED

    require_training()
    training = Training.read(model)
    if report is not None:
        require_outputs(JUDGED.files(report), force=force)
    songs, sources = read_songs(table, **more)
    names = [group.name for group in training.inputs]
    data = training.source.read(songs, table, tuple(training.chosen), names, sources)
    with progress_bar() as progress:
        judged = evaluate(data, training.chosen, seed=seed, progress=progress)
    if for_people(format_):
        click.echo(judged.subtitle)
        for part in judged.tables:
            print_table(part.columns, part.rows, part.heading)
    else:
        print_json(judged.to_dict())
    for note in judged.content.notes:
        say(note)
    if report is not None:
        say(f"the report is in {judged.write(report)[-1]}")

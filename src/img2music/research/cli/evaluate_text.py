"""``img2music evaluate text``: judge models of text by people's ratings."""

from enum import StrEnum
from pathlib import Path

import click

from img2music.cli.options import Choice, command, file_path, option
from img2music.cli.output import ReportFormat, format_option, print_report
from img2music.cli.progress import progress_bar

emobank_option = option(
    "--emobank", type=file_path, required=True, metavar="CSV", help="EmoBank: emobank.csv, with its column split."
)


class EmoBankSplit(StrEnum):
    """A part of EmoBank."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


@command()
@emobank_option
@option("--model", type=file_path, metavar="FILE", help="A model of `train text`.", show_default="the shipped models")
@option(
    "--lexicon",
    "lexicons",
    type=file_path,
    multiple=True,
    metavar="FILE",
    help="Judge a lexicon beside (NRC-VAD, Glasgow, Warriner); may be repeated.",
)
@option("--split", type=Choice(EmoBankSplit), default="test", help="What to judge on.")
@option(
    "--folds", type=click.IntRange(2), help="Also train anew fold by fold, and judge on documents that were left out."
)
@option("--seed", type=click.IntRange(0), default=0, help="Seed of the intervals.")
@format_option
def evaluate_text(
    *,
    emobank: Path,
    model: Path | None,
    lexicons: tuple[Path, ...],
    split: EmoBankSplit,
    folds: int | None,
    seed: int,
    format_: ReportFormat | None,
) -> None:
    """Compare what is read in EmoBank's sentences with people's ratings.

    The shipped models learned from the training split, and their settings were chosen on the dev split. The models
    that read the vectors of encoders are judged where the extras lyrics, which lexicons need too, and languages are
    installed.
    """
    from img2music.music.lyrics.affect_model import shipped_readers
    from img2music.music.lyrics.text_model import load_reader
    from img2music.research.text.evaluation import evaluate_text as judge
    from img2music.research.text.lexicon import Lexicon
    from img2music.research.text.rated_texts import read_emobank

    beside = [Lexicon.load(path) for path in lexicons]
    models = shipped_readers() if model is None else [load_reader(model)]
    rated = read_emobank(emobank)
    with progress_bar() as progress:
        report = judge(rated, models, beside, split=split.value, folds=folds, progress=progress, seed=seed)
    (table,) = report.tables
    print_report(format_, report.to_dict(), table.columns, table.rows, title=report.subtitle)

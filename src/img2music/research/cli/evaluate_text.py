"""``img2music evaluate text``: judge models of text by people's ratings."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, counting, print_json, print_table


class EmoBankSplit(StrEnum):
    """A part of EmoBank."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


def evaluate_text(  # noqa: PLR0917 - typer's way to declare options
    emobank: Annotated[Path, typer.Option(metavar="CSV", help="EmoBank: emobank.csv, with its column split.")],
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A model of `train text`.", show_default="the shipped models"),
    ] = None,
    lexicon: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Judge a lexicon beside (NRC-VAD, Glasgow, Warriner); may be repeated."),
    ] = None,
    split: Annotated[EmoBankSplit, typer.Option(help="What to judge on.")] = EmoBankSplit.TEST,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Also train anew fold by fold, and judge on documents that were left out."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals.")] = 0,
    format_: ReportFormatOption = None,
) -> None:
    """Compare what is read in EmoBank's sentences with people's ratings.

    The shipped models learned from the training split, and their settings were chosen on the dev split. The model that
    reads MiniLM's vectors is judged where the extra lyrics is installed, which lexicons need too.
    """
    from img2music.music.lyrics.affect_model import shipped_readers
    from img2music.music.lyrics.lexicon import Lexicon
    from img2music.music.lyrics.text_model import load_reader
    from img2music.research.text.evaluation import evaluate_text as judge
    from img2music.research.text.rated_texts import read_emobank

    lexicons = [Lexicon.load(path) for path in lexicon or ()]
    models = shipped_readers() if model is None else [load_reader(model)]
    rated = read_emobank(emobank)
    with counting("Reading") as progress:
        report = judge(rated, models, lexicons, split=split.value, folds=folds, progress=progress, seed=seed)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json(report.to_json())
    else:
        print_table(*report.table(), title=f"EmoBank, {report.split} split: {report.count} sentences")

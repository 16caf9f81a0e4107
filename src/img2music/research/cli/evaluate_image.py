"""``img2music evaluate image``: judge an image model, or the recipe that makes it, by people's ratings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from img2music.cli.options import Choice, command, file_path, force_option, option
from img2music.cli.output import (
    ReportFormat,
    finish,
    for_people,
    format_option,
    print_json,
    print_table,
    require_outputs,
    say,
)
from img2music.cli.progress import progress_bar
from img2music.research.images.networks.settings import DEFAULT_NETWORK, Device, HeadKind

if TYPE_CHECKING:
    from img2music.research.images.datasets import RatedImages
    from img2music.research.images.evaluation import Judged
    from img2music.research.images.word_norms import WordNorms
    from img2music.research.report import Report

data_option = option(
    "--data",
    type=file_path,
    required=True,
    multiple=True,
    metavar="DIR|CSV",
    help="A data set's folder, or a CSV: file,valence,arousal. Where it is repeated, the network of the shipped model "
    "learns from all, to read as people of the first.",
)
dataset_option = option("--dataset", help="oasis, emotion6 or csv.", show_default="told by what is there")
scale_option = option("--scale", help="How a CSV's ratings run: 1-7, 1-9, 0-1, -1-1, or a name such as oasis.")
lexicon_option = option(
    "--lexicon",
    type=file_path,
    metavar="FILE",
    help="Word norms of what the images show, read beside their features: Glasgow Norms, NRC-VAD or Warriner.",
)
seed_option = option("--seed", type=click.IntRange(0), default=0, help="Seed of the folds.")

FOR_NETWORKS = (
    f"is for networks that PyTorch runs, and {DEFAULT_NETWORK} is not one: it and its head are those of the shipped "
    "model. Name another with `network`, or leave the option out."
)
NO_LEXICON = f"is for `network={DEFAULT_NETWORK}`: no other reads word norms of what it sees."
RETRAINING = "is for retraining, and `model` judges a model as it is: give one of them."


@command()
@data_option
@dataset_option
@scale_option
@option("--folds", type=click.IntRange(2), help="Number of folds.", show_default="10")
@option("--model", metavar="NAME|FILE", help="Judge this finished model as it is; nothing is retrained.")
@option(
    "--network",
    metavar="NAME",
    help="Judge a head on the frozen features of this network, as img2music train image names it.",
    show_default="that of the shipped model",
)
@option("--head", type=Choice(HeadKind), help="Of that network: ridge or kernel.", show_default="kernel")
@option("--weights", metavar="pretrained|FILE|none", help="Of that network.", show_default="pretrained")
@option("--size", type=click.IntRange(16, 2048), help="Side of its input in pixels.", show_default="the network's own")
@option("--batch-size", type=click.IntRange(1), help="Images it reads at once.", show_default="32")
@option("--device", type=Choice(Device), help="Where it runs.", show_default="a GPU if there is one")
@option("--report", type=file_path, metavar="DIR", help="Write report.json, report.md and report.html (plots) there.")
@lexicon_option
@seed_option
@format_option
@force_option
def evaluate_image(
    *,
    data: tuple[Path, ...],
    dataset: str | None,
    scale: str | None,
    folds: int | None,
    model: str | None,
    network: str | None,
    report: Path | None,
    lexicon: Path | None,
    seed: int,
    format_: ReportFormat | None,
    force: bool,
    **of_network: Any,
) -> None:
    """Compare what is read in images with people's ratings.

    Without --model, the shipped model's recipe is retrained fold by fold and judged on the images left out: in random
    folds, and with all images of a theme in the same fold. Further --data are learned from in every fold. The shipped
    model itself learned from Emotion6 and OASIS, with the Glasgow Norms as --lexicon.
    With --network, so is a head that is solved for on the features of that network. With --model, a finished model is
    judged on any images, also of another data set than it was trained on. File names in a CSV are relative to it; its
    optional columns are scale, group (images that must stay in one fold) and category.
    """
    from img2music.research.images.evaluation import FOLDS, judge_model
    from img2music.research.images.report import KIND, notes_on, report_on
    from img2music.research.match.training_files import contents_of, overlap
    from img2music.vision.model import ImageModel

    if model is not None:
        refuse({"folds": folds, "network": network, "lexicon": lexicon}, RETRAINING)
    if network is None or network == DEFAULT_NETWORK:
        network = None
        refuse(of_network, FOR_NETWORKS)
    else:
        refuse({"lexicon": lexicon}, NO_LEXICON)
    sets = rated_images(data, dataset, scale)
    images = sets[0]
    if model is not None or network is not None:
        require_one(sets)
    norms = word_norms(lexicon)
    if report is not None:
        require_outputs(KIND.files(report), force=force)
    if model is None:
        judged = _retrained(sets, network, norms, of_network, folds=folds or FOLDS, seed=seed)
        notes = notes_on(judged)
    else:
        reader = ImageModel.load(model)
        with progress_bar() as progress:
            judged = judge_model(reader, images, seed=seed, progress=progress)
        notes = (overlap("images", "image", contents_of(judged.images.paths), reader.name), *notes_on(judged))
        if reader.read_as(images.name) is not reader:
            notes = (*notes, f"The model reads as the people of {images.name} rate, whose ratings it learned from too.")

    found = report_on(judged, notes)
    print_evaluation(found, format_)
    for note in notes:
        say(note)
    if report is not None:
        say(f"the report is in {found.write(report)[-1]}")
    finish(judged.evaluation.images, judged.errors)


def _retrained(
    sets: "list[RatedImages]",
    network: str | None,
    norms: "WordNorms | None",
    of_network: Mapping[str, Any],
    *,
    folds: int,
    seed: int,
) -> "Judged":
    from img2music.research.images.networks.settings import Settings
    from img2music.research.images.networks.solving import judge_head
    from img2music.research.images.training import read_sets

    with progress_bar() as progress:
        if network is None:
            return read_sets(sets, norms, progress).judge(folds, seed)
        given = {name: of_network[name] for name in ("weights", "size", "batch_size") if of_network[name] is not None}
        settings = Settings(network, seed=seed, **given)
        head, device = of_network["head"] or HeadKind.KERNEL, of_network["device"] or Device.AUTO
        return judge_head(sets[0], settings, head, folds=folds, device=device, progress=progress)


def rated_images(data: Sequence[Path], dataset: str | None, scale: str | None) -> "list[RatedImages]":
    """Read the sets of images that a command is given."""
    from img2music.affect import Scale
    from img2music.research.images import datasets

    return [datasets.load(one, dataset, Scale.parse(scale) if scale else None) for one in data]


def require_one(sets: "Sequence[RatedImages]") -> None:
    """Refuse several sets where one is asked for."""
    from img2music.errors import UsageError

    if len(sets) > 1:
        raise UsageError(f"`data` may be given {len(sets)} times only for `network={DEFAULT_NETWORK}`.")


def word_norms(lexicon: Path | None) -> "WordNorms | None":
    """Read the word norms of the things that images show."""
    if lexicon is None:
        return None
    from img2music.research.images.word_norms import WordNorms
    from img2music.research.text.lexicon import Lexicon

    read = Lexicon.load(lexicon)
    return WordNorms.fit(read.name, lexicon.name, read.terms)


def print_evaluation(report: "Report", format_: ReportFormat | None) -> None:
    """Print accuracy on stdout."""
    from img2music.research.images.report import for_terminal

    if not for_people(format_):
        print_json(report.to_dict())
        return
    title = report.subtitle
    for table in for_terminal(report):
        print_table(table.columns, table.rows, title=title or table.heading)
        title = ""


def refuse(options: Mapping[str, object], why: str) -> None:
    """Say so if options are given that have no meaning beside others."""
    from img2music.errors import UsageError

    for name, value in options.items():
        if value is not None and value is not False and value != ():
            raise UsageError(f"`{name}` {why}")

"""``img2music evaluate image``: judge an image model, or the recipe that makes it, by people's ratings."""

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
    print_report,
    print_table,
    require_outputs,
    say,
)
from img2music.cli.progress import counted, progress_bar, staged
from img2music.research.images.networks.settings import DEFAULT_NETWORK, Device, HeadKind

if TYPE_CHECKING:
    from img2music.research.images.evaluation import Evaluation, Judged
    from img2music.research.images.rated_images import RatedImages
    from img2music.research.images.word_norms import WordNorms

data_option = option(
    "--data",
    type=file_path,
    required=True,
    metavar="DIR|CSV",
    help="A data set's folder, or a CSV: file,valence,arousal.",
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
    data: Path,
    dataset: str | None,
    scale: str | None,
    folds: int | None,
    model: str | None,
    network: str | None,
    head: HeadKind | None,
    weights: str | None,
    size: int | None,
    batch_size: int | None,
    device: Device | None,
    report: Path | None,
    lexicon: Path | None,
    seed: int,
    format_: ReportFormat | None,
    force: bool,
) -> None:
    """Compare what is read in images with people's ratings.

    Without --model, the shipped model's recipe is retrained fold by fold and judged on the images left out: in random
    folds, and with all images of a theme in the same fold; the shipped model itself had the Glasgow Norms as --lexicon.
    With --network, so is a head that is solved for on the features of that network. With --model, a finished model is
    judged on any images, also of another data set than it was trained on. File names in a CSV are relative to it; its
    optional columns are scale, group (images that must stay in one fold) and category.
    """
    from img2music.affect import Scale
    from img2music.research.images import datasets, report_page
    from img2music.research.images.evaluation import FOLDS, judge_model
    from img2music.research.images.networks.running import refuse_network_options, refuse_retraining
    from img2music.research.images.report import anchors_table, categories_table, full_json, notes_on, without
    from img2music.research.images.report_page import KINDS
    from img2music.research.match.training_files import contents_of, overlap
    from img2music.research.pages import prepare
    from img2music.vision.model import ImageModel

    refuse_retraining(model, {"folds": folds, "network": network, "lexicon": lexicon})
    given: dict[str, Any] = {"weights": weights, "size": size, "batch_size": batch_size}
    if network is None or network == DEFAULT_NETWORK:
        refuse_network_options({**given, "head": head, "device": device})
    else:
        refuse_word_norms(lexicon)
    images = datasets.load(data, dataset, Scale.parse(scale) if scale else None)
    norms = word_norms(lexicon)
    if report is not None:
        prepare(report)
        require_outputs([(report / name, kind) for name, kind in KINDS.items()], force=force)
    if model is None:
        judged = _retrained(images, network, head, device, given, norms, folds=folds or FOLDS, seed=seed)
        notes = notes_on(judged)
    else:
        reader = ImageModel.load(model)
        with progress_bar() as progress:
            judged = judge_model(reader, images, seed=seed, progress=counted(progress, "Reading", "images"))
        notes = (overlap("images", "image", contents_of(judged.images.paths), reader.name), *notes_on(judged))

    if not for_people(format_):
        print_json(full_json(judged, notes))
    else:
        print_evaluation(judged.evaluation, ReportFormat.TABLE)
        for title, (columns, rows) in (
            ("By category", without(categories_table(judged.evaluation), {"R2", "MAE", "MSE", "right side of 0.5"})),
            ("Published by others, not measured here", anchors_table(judged.evaluation)),
        ):
            print_table(columns, rows, title=title)
    for note in notes:
        say(note)
    if report is not None:
        files = report_page.write_report(judged, notes, report)
        say(f"the report is in {files[-1]}")
    finish(judged.evaluation.images, judged.errors)


def _retrained(  # noqa: PLR0917
    images: "RatedImages",
    network: str | None,
    head: HeadKind | None,
    device: Device | None,
    given: dict[str, Any],
    norms: "WordNorms | None",
    *,
    folds: int,
    seed: int,
) -> "Judged":
    from img2music.research.images.evaluation import judge_recipe
    from img2music.research.images.networks.settings import Settings
    from img2music.research.images.networks.solving import judge_head
    from img2music.research.images.training import pooled_features

    if network is None or network == DEFAULT_NETWORK:
        with progress_bar() as progress:
            features = pooled_features(images, counted(progress, "Reading", "images"), norms=norms)
        return judge_recipe(features, images, folds=folds, seed=seed)
    settings = Settings(network, seed=seed, **{key: value for key, value in given.items() if value is not None})
    with progress_bar() as progress:
        return judge_head(
            images,
            settings,
            head or HeadKind.KERNEL,
            folds=folds,
            device=device or Device.AUTO,
            progress=staged(progress),
        )


def word_norms(lexicon: Path | None) -> "WordNorms | None":
    """Read the word norms of the things that images show."""
    if lexicon is None:
        return None
    from img2music.music.lyrics.lexicon import Lexicon
    from img2music.research.images.word_norms import WordNorms

    read = Lexicon.load(lexicon)
    return WordNorms.fit(read.name, lexicon.name, read.terms)


def refuse_word_norms(lexicon: Path | None) -> None:
    """Say so if word norms are given for a network that has no use for them."""
    from img2music.errors import UsageError

    if lexicon is not None:
        raise UsageError(f"--lexicon is for --network {DEFAULT_NETWORK}: no other reads word norms of what it sees.")


def print_evaluation(evaluation: "Evaluation", format_: ReportFormat | None) -> None:
    """Print accuracy on stdout."""
    from img2music.research.images.report import accuracy_table, title_of, to_json, without

    table = without(accuracy_table(evaluation), {"MSE"})
    print_report(format_, to_json(evaluation), *table, title=title_of(evaluation))

"""``img2music train image``: train an image model on people's ratings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from img2music.cli.options import Choice, command, file_path, force_option, option
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, print_table, require_outputs
from img2music.cli.progress import progress_bar
from img2music.research.cli.evaluate_image import (
    FOR_NETWORKS,
    NO_LEXICON,
    data_option,
    dataset_option,
    lexicon_option,
    print_evaluation,
    rated_images,
    refuse,
    require_one,
    scale_option,
    seed_option,
    word_norms,
)
from img2music.research.images.networks.settings import (
    DEFAULT_NETWORK,
    Device,
    HeadKind,
    Learning,
    Normalization,
    Recipe,
)
from img2music.research.report import figure

IN_SETTINGS = ("weights", "recipe", "momentum", "batch_size", "normalization", "validation", "size")
OF_STEPS = ("recipe", "momentum", "normalization", "lr", "epochs", "resume", "jobs")
FOLDERS = ("checkpoint_dir", "log_dir", "result_dir")


@command()
@data_option
@option("--out", type=file_path, required=True, metavar="FILE", help="Model file to write (ONNX).")
@option("--name", default="", help="Name of the model.", show_default="that of the file")
@dataset_option
@scale_option
@lexicon_option
@seed_option
@option(
    "--network",
    metavar="NAME",
    default=DEFAULT_NETWORK,
    help="efficientnet_lite, the shipped model's, which needs no torch; or vgg16_bn, vgg19_bn, resnet50, "
    "resnet101, alexnet, densenet161, densenet201, efficientnet_lite0, 1 or 2, or timm:NAME. The options below "
    "are for these.",
)
@option(
    "--weights",
    metavar="pretrained|FILE|none",
    help="Where the weights come from: the network's authors, a file, or chance.",
    show_default="pretrained",
)
@option(
    "--learning",
    type=Choice(Learning),
    multiple=True,
    help="Train the head only, or all weights; may be repeated.",
    show_default="frozen",
)
@option(
    "--head",
    type=Choice(HeadKind),
    help="linear: trained step by step. ridge, kernel: solved for in one go, on frozen features: ridge "
    "regression, or that with the quadratic kernel of the shipped model.",
    show_default="linear",
)
@option(
    "--recipe",
    type=Choice(Recipe),
    help="original: SGD, the learning rate a tenth every 7 epochs. modern: AdamW, the learning rate along a "
    "cosine, bfloat16 on a GPU.",
    show_default="original",
)
@option("--lr", type=float, multiple=True, help="Learning rate; may be repeated.", show_default="0.0001")
@option("--momentum", type=click.FloatRange(0, 1), help="Of SGD.", show_default="0.9")
@option("--batch-size", type=click.IntRange(1), help="Images a step.", show_default="32")
@option("--epochs", type=int, multiple=True, help="Passes over the images; may be repeated.", show_default="50")
@option(
    "--normalization",
    type=Choice(Normalization),
    help="What the network learns to say: the training images' ratings stretched to [0, 1], or their scale.",
    show_default="minmax",
)
@option("--validation", type=click.FloatRange(0.01, 0.9), help="Share of images kept apart.", show_default="0.2")
@option("--group-by-theme", is_flag=True, help="Keep apart whole themes, not single images.")
@option(
    "--size",
    type=click.IntRange(16, 2048),
    help="Side of the network's input in pixels.",
    show_default="the network's own",
)
@option("--resume", is_flag=True, help="Go on with the checkpoints of an earlier run.")
@option("--device", type=Choice(Device), help="Where to train.", show_default="a GPU if there is one")
@option("--jobs", type=click.IntRange(0), help="Processes that prepare images.", show_default="0: between the steps")
@option("--checkpoint-dir", type=file_path, help="Folder of checkpoints.", show_default="beside the model file")
@option("--log-dir", type=file_path, help="Folder of CSV and TensorBoard logs.", show_default="beside the model file")
@option("--result-dir", type=file_path, help="Folder of the results.", show_default="beside the model file")
@format_option
@force_option
def train_image(
    *,
    data: tuple[Path, ...],
    out: Path,
    name: str,
    dataset: str | None,
    scale: str | None,
    lexicon: Path | None,
    seed: int,
    network: str,
    format_: ReportFormat | None,
    force: bool,
    **of_networks: Any,
) -> None:
    """Train an image model on people's ratings, and report how it does on images that it has not seen.

    The default network is fitted on all the images, also of several sets; the figures are of the same recipe, trained
    fold by fold, on images of the first set. Any other
    learns from a part of the images and is judged on the rest; where an option is repeated, all combinations are
    trained and the best becomes the model. A head that is solved for has no steps, and no options of steps.
    """
    from img2music.files import ONNX
    from img2music.research.images.networks.running import Folders, run_all, sweep
    from img2music.research.images.networks.settings import Settings
    from img2music.research.images.networks.solving import train_head
    from img2music.research.images.report import report_of_training
    from img2music.research.images.training import train

    if network == DEFAULT_NETWORK:
        refuse(of_networks, FOR_NETWORKS)
        require_outputs([(out, ONNX)], force=force)
        sets = rated_images(data, dataset, scale)
        norms = word_norms(lexicon)
        with progress_bar() as progress:
            evaluation = train(sets, out, seed=seed, name=name, norms=norms, progress=progress)
        print_evaluation(report_of_training(evaluation), format_)
        return

    refuse({"lexicon": lexicon}, NO_LEXICON)
    head, learning, resume = of_networks["head"] or HeadKind.LINEAR, of_networks["learning"], of_networks["resume"]
    if head is not HeadKind.LINEAR:
        finetune = Learning.FINETUNE if Learning.FINETUNE in learning else None
        refuse(
            {"learning": finetune, **{option: of_networks[option] for option in (*OF_STEPS, *FOLDERS)}},
            f"is for training step by step, and `head={head}` is solved for in one go, on features that stay as they "
            "are: leave one of them out.",
        )
    given = {option: of_networks[option] for option in IN_SETTINGS if of_networks[option] is not None}
    first = Settings(network, by_theme=of_networks["group_by_theme"], seed=seed, **given)
    folders = Folders.beside(out, *(of_networks[option] for option in FOLDERS))
    require_outputs([(out, ONNX), *([] if resume else folders.files())], force=force or resume)
    sets = rated_images(data, dataset, scale)
    require_one(sets)
    device = of_networks["device"] or Device.AUTO
    with progress_bar() as progress:
        if head is not HeadKind.LINEAR:
            found = train_head(sets[0], first, head, out, name=name, device=device, progress=progress)
        else:
            runs = sweep(first, learning, of_networks["lr"], of_networks["epochs"])
            jobs = of_networks["jobs"] or 0
            found = run_all(
                sets[0], runs, out, folders, name=name, resume=resume, device=device, jobs=jobs, progress=progress
            )
    if not for_people(format_):
        print_json(found)
    elif head is not HeadKind.LINEAR:
        _print_model(found, f"{network}, {head} head, validation images")
    else:
        _print_runs(found, network)
        _print_model(found, "The model file on the same images, whole")


def _print_model(found: Mapping[str, Any], what: str) -> None:
    """Print what a model file reads on stdout."""
    model = found["model"]
    print_table(
        ["axis", ">r", ">RMSE", ">MSE", ">MSE of the mean"],
        [
            (axis, figure(one["r"]), figure(one["rmse"], 4), figure(one["mse"], 5), figure(one["baseline_mse"], 5))
            for axis, one in ((axis, model[axis]) for axis in ("valence", "arousal"))
        ],
        title=f"{what}; unit scale. It differs from PyTorch by {model['difference']:.1g}",
    )


def _print_runs(found: Mapping[str, Any], network: str) -> None:
    print_table(
        ["run", ">best epoch", ">loss", ">valence r", ">arousal r", ">seconds"],
        [
            (
                f"{run['label']}{' (best)' if run['label'] == found['best'] else ''}",
                str(run["best_epoch"]),
                figure(run["validation_loss"], 5),
                figure(run["valence_r"]),
                figure(run["arousal_r"]),
                figure(run["seconds"], 0),
            )
            for run in found["runs"]
        ],
        title=f"{network}, validation images, cropped as in training",
    )

"""``img2music train image``: train an image model on people's ratings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from img2music.cli.options import Choice, command, file_path, force_option, option
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, print_table, require_outputs
from img2music.cli.progress import counted, progress_bar, staged
from img2music.research.cli.evaluate_image import (
    data_option,
    dataset_option,
    lexicon_option,
    print_evaluation,
    refuse_word_norms,
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

if TYPE_CHECKING:
    from img2music.research.images.networks.exporting import Exported
    from img2music.research.images.networks.running import Run
    from img2music.research.images.networks.solving import Solved
    from img2music.research.images.rated_images import RatedImages


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
    data: Path,
    out: Path,
    name: str,
    dataset: str | None,
    scale: str | None,
    lexicon: Path | None,
    seed: int,
    network: str,
    weights: str | None,
    learning: tuple[Learning, ...],
    head: HeadKind | None,
    recipe: Recipe | None,
    lr: tuple[float, ...],
    momentum: float | None,
    batch_size: int | None,
    epochs: tuple[int, ...],
    normalization: Normalization | None,
    validation: float | None,
    group_by_theme: bool,
    size: int | None,
    resume: bool,
    device: Device | None,
    jobs: int | None,
    checkpoint_dir: Path | None,
    log_dir: Path | None,
    result_dir: Path | None,
    format_: ReportFormat | None,
    force: bool,
) -> None:
    """Train an image model on people's ratings, and report how it does on images that it has not seen.

    The default network is fitted on all the images; the figures are of the same recipe, trained fold by fold. Any other
    learns from a part of the images and is judged on the rest; where an option is repeated, all combinations are
    trained and the best becomes the model. A head that is solved for has no steps, and no options of steps.
    """
    from img2music.affect import Scale
    from img2music.files import ONNX
    from img2music.research.images import datasets
    from img2music.research.images.networks.running import (
        RESULTS,
        Folders,
        refuse_network_options,
        refuse_step_options,
        run_all,
        sweep,
    )
    from img2music.research.images.networks.settings import Settings
    from img2music.research.images.networks.solving import train_head
    from img2music.research.images.training import train

    def rated() -> "RatedImages":
        return datasets.load(data, dataset, Scale.parse(scale) if scale else None)

    given: dict[str, Any] = {"weights": weights, "batch_size": batch_size, "validation": validation, "size": size}
    of_steps: dict[str, Any] = {"recipe": recipe, "momentum": momentum, "normalization": normalization}
    others = {"lr": lr or None, "epochs": epochs or None, "resume": resume, "jobs": jobs}
    places = {"checkpoint-dir": checkpoint_dir, "log-dir": log_dir, "result-dir": result_dir}
    if network == DEFAULT_NETWORK:
        more = {"learning": learning or None, "head": head, "group-by-theme": group_by_theme, "device": device}
        refuse_network_options({**given, **of_steps, **more, **others, **places})
        require_outputs([(out, ONNX)], force=force)
        images = rated()
        norms = word_norms(lexicon)
        with progress_bar() as progress:
            reading = counted(progress, "Reading", "images")
            evaluation = train(images, out, seed=seed, name=name, norms=norms, progress=reading)
        print_evaluation(evaluation, format_)
        return

    refuse_word_norms(lexicon)
    kind = head or HeadKind.LINEAR
    if kind is not HeadKind.LINEAR:
        refuse_step_options(kind, learning, {**of_steps, **others, **places})
    known = {key: value for key, value in {**given, **of_steps}.items() if value is not None}
    folders = Folders.beside(out, checkpoint_dir, log_dir, result_dir)
    results = (
        [] if resume else [(folders.results / name, RESULTS[name]) for name in RESULTS if folders.results.is_dir()]
    )
    require_outputs([(out, ONNX), *results], force=force or resume)
    first = Settings(network, by_theme=group_by_theme, seed=seed, **known)
    images = rated()
    if kind is not HeadKind.LINEAR:
        with progress_bar() as progress:
            solved, exported = train_head(
                images,
                first,
                kind,
                out,
                name=name,
                data=data.resolve().name,
                device=device or Device.AUTO,
                progress=staged(progress),
            )
        print_solved(solved, exported, format_)
        return

    with progress_bar() as progress:
        runs, exported = run_all(
            images,
            sweep(first, learning, lr, epochs),
            out,
            folders,
            name=name,
            data=data.resolve().name,
            resume=resume,
            device=device or Device.AUTO,
            jobs=jobs or 0,
            progress=staged(progress),
        )
    print_runs(runs, exported, format_)


def print_solved(solved: "Solved", exported: "Exported", format_: ReportFormat | None) -> None:
    """Print what was solved for on stdout."""
    from img2music.research.images.networks.solving import report

    if not for_people(format_):
        print_json({"schema": "img2music/train-image-head/1", **report(solved, exported)})
        return
    print_model(exported, f"{solved.settings.network}, {solved.head} head, validation images")


def print_model(exported: "Exported", what: str) -> None:
    """Print what a model file reads on stdout."""
    axes = {"valence": exported.valence, "arousal": exported.arousal}
    print_table(
        ["axis", ">r", ">RMSE", ">MSE", ">MSE of the mean"],
        [
            (axis, figure(one.r), figure(one.rmse, 4), figure(one.mse, 5), figure(one.baseline_mse, 5))
            for axis, one in axes.items()
        ],
        title=f"{what}; unit scale. It differs from PyTorch by {exported.difference:.1g}",
    )


def figure(value: float | None, places: int = 3) -> str:
    """Write a figure, if there is one."""
    return "-" if value is None else f"{value:.{places}f}"


def print_runs(runs: "list[Run]", exported: "Exported", format_: ReportFormat | None) -> None:
    """Print what was trained on stdout."""
    from img2music.research.images.networks.running import report

    found = report(runs, exported)
    if not for_people(format_):
        print_json({"schema": "img2music/train-image/1", **found})
        return

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
        title=f"{runs[0].settings.network}, validation images, cropped as in training",
    )
    print_model(exported, "The model file on the same images, whole")

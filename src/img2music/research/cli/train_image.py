"""``img2music train image``: train an image model on people's ratings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from img2music.cli.options import ForceOption
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    counting,
    print_json,
    print_table,
    require_outputs,
)
from img2music.cli.stage_progress import stage_progress
from img2music.research.cli.evaluate_image import (
    DataOption,
    DatasetOption,
    LexiconOption,
    ScaleOption,
    SeedOption,
    print_evaluation,
    refuse_word_norms,
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


def train_image(  # noqa: PLR0917 - typer's way to declare options
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Model file to write (ONNX).")],
    name: Annotated[str, typer.Option(help="Name of the model.", show_default="that of the file")] = "",
    dataset: DatasetOption = None,
    scale: ScaleOption = None,
    lexicon: LexiconOption = None,
    seed: SeedOption = 0,
    network: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="efficientnet_lite, the shipped model's, which needs no torch; or vgg16_bn, vgg19_bn, resnet50, "
            "resnet101, alexnet, densenet161, densenet201, efficientnet_lite0, 1 or 2, or timm:NAME. The options below "
            "are for these.",
        ),
    ] = DEFAULT_NETWORK,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="pretrained|FILE|none",
            help="Where the weights come from: the network's authors, a file, or chance.",
            show_default="pretrained",
        ),
    ] = None,
    learning: Annotated[
        list[Learning] | None,
        typer.Option(help="Train the head only, or all weights; may be repeated.", show_default="frozen"),
    ] = None,
    head: Annotated[
        HeadKind | None,
        typer.Option(
            help="linear: trained step by step. ridge, kernel: solved for in one go, on frozen features: ridge "
            "regression, or that with the quadratic kernel of the shipped model.",
            show_default="linear",
        ),
    ] = None,
    recipe: Annotated[
        Recipe | None,
        typer.Option(
            help="original: SGD, the learning rate a tenth every 7 epochs. modern: AdamW, the learning rate along a "
            "cosine, bfloat16 on a GPU.",
            show_default="original",
        ),
    ] = None,
    lr: Annotated[
        list[float] | None, typer.Option(help="Learning rate; may be repeated.", show_default="0.0001")
    ] = None,
    momentum: Annotated[float | None, typer.Option(min=0, max=1, help="Of SGD.", show_default="0.9")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Images a step.", show_default="32")] = None,
    epochs: Annotated[
        list[int] | None, typer.Option(help="Passes over the images; may be repeated.", show_default="50")
    ] = None,
    normalization: Annotated[
        Normalization | None,
        typer.Option(
            help="What the network learns to say: the training images' ratings stretched to [0, 1], or their scale.",
            show_default="minmax",
        ),
    ] = None,
    validation: Annotated[
        float | None, typer.Option(min=0.01, max=0.9, help="Share of images kept apart.", show_default="0.2")
    ] = None,
    group_by_theme: Annotated[
        bool, typer.Option("--group-by-theme", help="Keep apart whole themes, not single images.")
    ] = False,
    size: Annotated[
        int | None,
        typer.Option(min=16, max=2048, help="Side of the network's input in pixels.", show_default="the network's own"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the checkpoints of an earlier run.")] = False,
    device: Annotated[Device | None, typer.Option(help="Where to train.", show_default="a GPU if there is one")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=0, help="Processes that prepare images.", show_default="0: between the steps")
    ] = None,
    checkpoint_dir: Annotated[
        Path | None, typer.Option(help="Folder of checkpoints.", show_default="beside the model file")
    ] = None,
    log_dir: Annotated[
        Path | None, typer.Option(help="Folder of CSV and TensorBoard logs.", show_default="beside the model file")
    ] = None,
    result_dir: Annotated[
        Path | None, typer.Option(help="Folder of the results.", show_default="beside the model file")
    ] = None,
    format_: ReportFormatOption = None,
    force: ForceOption = False,
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
    others = {"lr": lr, "epochs": epochs, "resume": resume, "jobs": jobs}
    places = {"checkpoint-dir": checkpoint_dir, "log-dir": log_dir, "result-dir": result_dir}
    if network == DEFAULT_NETWORK:
        more = {"learning": learning, "head": head, "group-by-theme": group_by_theme, "device": device}
        refuse_network_options({**given, **of_steps, **more, **others, **places})
        require_outputs([(out, ONNX)], force=force)
        images = rated()
        norms = word_norms(lexicon)
        with counting("Reading images") as progress:
            evaluation = train(images, out, seed=seed, name=name, norms=norms, progress=progress)
        print_evaluation(evaluation, format_)
        return

    refuse_word_norms(lexicon)
    kind = head or HeadKind.LINEAR
    if kind is not HeadKind.LINEAR:
        refuse_step_options(kind, learning or [], {**of_steps, **others, **places})
    known = {key: value for key, value in {**given, **of_steps}.items() if value is not None}
    folders = Folders.beside(out, checkpoint_dir, log_dir, result_dir)
    results = (
        [] if resume else [(folders.results / name, RESULTS[name]) for name in RESULTS if folders.results.is_dir()]
    )
    require_outputs([(out, ONNX), *results], force=force or resume)
    first = Settings(network, by_theme=group_by_theme, seed=seed, **known)
    images = rated()
    if kind is not HeadKind.LINEAR:
        with stage_progress() as stages:
            solved, exported = train_head(
                images,
                first,
                kind,
                out,
                name=name,
                data=data.resolve().name,
                device=device or Device.AUTO,
                progress=stages,
            )
        print_solved(solved, exported, format_)
        return

    with stage_progress() as stages:
        runs, exported = run_all(
            images,
            sweep(first, learning or [], lr or [], epochs or []),
            out,
            folders,
            name=name,
            data=data.resolve().name,
            resume=resume,
            device=device or Device.AUTO,
            jobs=jobs or 0,
            progress=stages,
        )
    print_runs(runs, exported, format_)


def print_solved(solved: "Solved", exported: "Exported", format_: ReportFormat | None) -> None:
    """Print what was solved for on stdout."""
    from img2music.research.images.networks.solving import report

    if chosen_format(format_) is ReportFormat.JSON:
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
    if chosen_format(format_) is ReportFormat.JSON:
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

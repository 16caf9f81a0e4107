"""``img2music evaluate image``: judge the image model's recipe on OASIS."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, counting, print_json, print_table

if TYPE_CHECKING:
    from img2music.vision.evaluation import Evaluation

SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the folds.")]


def evaluate_image(
    data: Annotated[Path, typer.Option(help="Folder of OASIS: OASIS.csv, and images beside it.")],
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = 10,
    seed: SeedOption = 0,
    format_: ReportFormatOption = None,
) -> None:
    """Retrain the image model fold by fold, and compare what it reads in the images left out with people's ratings.

    Twice: with images in random folds, and with all images of a theme in the same fold.
    """
    from img2music.vision.evaluation import evaluate
    from img2music.vision.oasis import load_oasis
    from img2music.vision.training import pooled_features

    images = load_oasis(data)
    with counting("Reading images") as progress:
        features = pooled_features(images, progress)
    print_evaluation(evaluate(features, images, folds=folds, seed=seed), format_)


def print_evaluation(evaluation: "Evaluation", format_: ReportFormat | None) -> None:
    """Print accuracy on unseen images on stdout."""
    from dataclasses import asdict

    if chosen_format(format_) is ReportFormat.JSON:
        print_json({"schema": "img2music/evaluate-image/1", "scale": "unit", **asdict(evaluation)})
        return
    rows = []
    for kind, split in (("random", evaluation.random), ("by theme", evaluation.grouped)):
        for who, results in (
            ("model", {"valence": split.valence, "arousal": split.arousal}),
            ("mean", {"valence": split.baseline_valence, "arousal": split.baseline_arousal}),
        ):
            for axis, found in results.items():
                r = "-" if found.r is None else f"{found.r:.3f}"
                figures = (f"{found.r2:.3f}", f"{found.rmse:.4f}", f"{found.mse:.5f}", f"{found.accuracy:.3f}")
                rows.append((kind, who, axis, r, *figures))
    print_table(
        ["folds", "predictor", "axis", ">r", ">R2", ">RMSE", ">MSE", ">right side of 0.5"],
        rows,
        title=f"{evaluation.images} images of {evaluation.themes} themes, {evaluation.folds} folds, "
        f"seed {evaluation.seed}, unit scale",
    )

"""``img2music evaluate image``: judge an image model, or the recipe that makes it, by people's ratings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    counting,
    finish,
    print_json,
    print_table,
    warn,
)

if TYPE_CHECKING:
    from img2music.vision.evaluation import Evaluation

DataOption = Annotated[
    Path, typer.Option(metavar="DIR|CSV", help="A data set's folder, or a CSV: file,valence,arousal.")
]
DatasetOption = Annotated[
    str | None, typer.Option(help="oasis, emotion6 or csv.", show_default="told by what is there")
]
ScaleOption = Annotated[
    str | None, typer.Option(help="How a CSV's ratings run: 1-7, 1-9, 0-1, -1-1, or a name such as oasis.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the folds.")]


def evaluate_image(  # noqa: PLR0917 - typer's way to declare options
    data: DataOption,
    dataset: DatasetOption = None,
    scale: ScaleOption = None,
    folds: Annotated[int | None, typer.Option(min=2, help="Number of folds.", show_default="10")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="Judge this finished model as it is; nothing is retrained.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.json, report.md and report.html (plots) there.")
    ] = None,
    seed: SeedOption = 0,
    format_: ReportFormatOption = None,
) -> None:
    """Compare what is read in images with people's ratings.

    Without --model, the shipped model's recipe is retrained fold by fold and judged on the images left out: in random
    folds, and with all images of a theme in the same fold. With --model, a finished model is judged on any images, also
    of another data set than it was trained on. File names in a CSV are relative to it; its optional columns are scale,
    group (images that must stay in one fold) and category.
    """
    from img2music.affect import Scale
    from img2music.errors import UsageError
    from img2music.matching.training_files import contents_of, overlap
    from img2music.pages import prepare
    from img2music.vision import datasets, report_page
    from img2music.vision.evaluation import FOLDS, judge_model, judge_recipe
    from img2music.vision.model import ImageModel
    from img2music.vision.report import anchors_table, categories_table, full_json, notes_on, without
    from img2music.vision.training import pooled_features

    if model is not None and folds is not None:
        raise UsageError("--folds are for retraining, and --model judges a model as it is: give one of them.")
    images = datasets.load(data, dataset, Scale.parse(scale) if scale else None)
    if report is not None:
        prepare(report)
    if model is None:
        with counting("Reading images") as progress:
            features = pooled_features(images, progress)
        judged = judge_recipe(features, images, folds=folds or FOLDS, seed=seed)
        notes = notes_on(judged)
    else:
        reader = ImageModel.load(model)
        with counting("Reading images") as progress:
            judged = judge_model(reader, images, seed=seed, progress=progress)
        notes = (overlap("images", "image", contents_of(judged.images.paths), reader.name), *notes_on(judged))

    if chosen_format(format_) is ReportFormat.JSON:
        print_json(full_json(judged, notes))
    else:
        print_evaluation(judged.evaluation, ReportFormat.TABLE)
        for title, (columns, rows) in (
            ("By category", without(categories_table(judged.evaluation), {"R2", "MAE", "MSE", "right side of 0.5"})),
            ("Published by others, not measured here", anchors_table(judged.evaluation)),
        ):
            if rows:
                print_table(columns, rows, title=title)
    for note in notes:
        warn(note)
    if report is not None:
        files = report_page.write_report(judged, notes, report)
        warn(f"the report is in {files[-1]}")
    finish(judged.evaluation.images, judged.errors)


def print_evaluation(evaluation: "Evaluation", format_: ReportFormat | None) -> None:
    """Print accuracy on stdout."""
    from img2music.vision.report import accuracy_table, title_of, to_json, without

    if chosen_format(format_) is ReportFormat.JSON:
        print_json(to_json(evaluation))
    else:
        columns, rows = without(accuracy_table(evaluation), {"MSE"})
        print_table(columns, rows, title=title_of(evaluation))

"""``img2music train image``: train the image model on OASIS."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.evaluate_image import SeedOption, print_evaluation
from img2music.cli.output import ReportFormatOption, counting


def train_image(
    data: Annotated[Path, typer.Option(help="Folder of OASIS: OASIS.csv, and images beside it.")],
    out: Annotated[Path, typer.Option(help="Model file to write (ONNX); an old one is replaced.")],
    name: Annotated[str, typer.Option(help="Name of the model.", show_default="that of the file")] = "",
    seed: SeedOption = 0,
    format_: ReportFormatOption = None,
) -> None:
    """Train the image model on people's ratings, and report how it does on images that it has not seen.

    The model is fitted on all the images; the figures are of the same recipe, trained fold by fold.
    """
    from img2music.vision.oasis import load_oasis
    from img2music.vision.training import train

    images = load_oasis(data)
    with counting("Reading images") as progress:
        evaluation = train(images, out, seed=seed, name=name, progress=progress)
    print_evaluation(evaluation, format_)

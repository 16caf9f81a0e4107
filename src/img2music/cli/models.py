"""``img2music models``: the models that read pictures."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.output import ReportFormat, ReportFormatOption, chosen_format, print_json, print_table, warn

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of a model, as 'models list' has it.")]


def list_(format_: ReportFormatOption = None) -> None:
    """List the models, shipped and added, and tell which one reads pictures."""
    from img2music.errors import ModelError
    from img2music.vision import registry

    found, default = registry.models(), registry.chosen()
    if chosen_format(format_) is ReportFormat.JSON:
        listed = [{"name": m.name, "origin": m.origin, "default": m.default, "path": str(m.path)} for m in found]
        print_json({"schema": "img2music/models/1", "default": default, "models": listed})
    else:
        rows = [(m.name, "default" if m.default else "", m.origin, str(m.path)) for m in found]
        print_table(["name", "", "from", "file"], rows)
        if not any(model.default for model in found):
            warn(f"the default is {default}")
    try:
        registry.locate()
    except ModelError as error:
        warn(error)


def show(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE]", help="A model of the list, or a file.", show_default="the default"),
    ] = None,
    format_: ReportFormatOption = None,
) -> None:
    """Print the facts of a model's card, and measure how long it takes for a picture here."""
    from img2music.vision.description import describe
    from img2music.vision.registry import locate

    found = describe(locate(model))
    if chosen_format(format_) is ReportFormat.JSON:
        print_json({"schema": "img2music/model/1", **found.to_json()})
    else:
        print_table(["image model", ""], found.rows())


def use(name: NameArgument) -> None:
    """Choose the model that reads pictures from now on, in every command."""
    import os

    from img2music.vision import registry

    registry.use(name)
    warn(f"{name} reads pictures from now on.")
    if os.environ.get(registry.VARIABLE):
        warn(f"but {registry.VARIABLE} is set, and goes before it.")


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What train image has written.", readable=False)],
) -> None:
    """Check a model file and copy it to your data folder, so that it can be used by name."""
    from img2music.vision import registry

    name = registry.add(file).name
    warn(f"{name} is added; img2music models use {name} makes it the default.")


def remove(name: NameArgument) -> None:
    """Delete a model that was added."""
    from img2music.vision import registry

    registry.remove(name)
    warn(f"{name} is removed.")

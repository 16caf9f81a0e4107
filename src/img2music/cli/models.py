"""``img2music models``: the models that read pictures."""

import os
from pathlib import Path

from img2music.cli.options import argument, command, file_path
from img2music.cli.output import ReportFormat, for_people, format_option, print_report, say
from img2music.cli.tables import model_rows
from img2music.errors import ModelError

name_argument = argument("name", metavar="NAME", help="Name of a model, as 'models list' has it.")


@command("list")
@format_option
def list_(format_: ReportFormat | None) -> None:
    """List the models, shipped and added, and tell which one reads pictures."""
    from img2music.app import models

    found = models.models()
    rows = [(each.name, "default" if each.default else "", each.origin, each.path) for each in found.models]
    print_report(format_, found, ("name", "", "from", "file"), rows)
    if for_people(format_) and not any(each.default for each in found.models):
        say(f"the default is {found.default}")
    try:
        models.locate()
    except ModelError as error:
        say(error)


@command()
@argument("model", metavar="[NAME|FILE]", required=False, help="A model of the list, or a file; else the default.")
@format_option
def show(model: str | None, format_: ReportFormat | None) -> None:
    """Print the facts of a model's card, and measure how long it takes for a picture here."""
    from img2music.app.models import describe

    found = describe(model)
    print_report(format_, found, ("image model", ""), model_rows(found))


@command()
@name_argument
def use(name: str) -> None:
    """Choose the model that reads pictures from now on, in every command."""
    from img2music.app import models

    models.use(name)
    say(f"{name} reads pictures from now on.")
    if os.environ.get(models.VARIABLE):
        say(f"but {models.VARIABLE} is set, and goes before it.")


@command()
@argument("file", metavar="FILE", type=file_path, help="What train image has written.")
def add(file: Path) -> None:
    """Check a model file and copy it to your data folder, so that it can be used by name."""
    from img2music.app import models

    name = models.add(file).name
    say(f"{name} is added; img2music models use {name} makes it the default.")


@command()
@name_argument
def remove(name: str) -> None:
    """Delete a model that was added."""
    from img2music.app import models

    models.remove(name)
    say(f"{name} is removed.")

"""Options that several commands share."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from img2music.filters import TrackFilter

LibraryOption = Annotated[
    str | None,
    typer.Option(
        "--library",
        envvar="IMG2MUSIC_LIBRARY",
        metavar="PATH|URL",
        help="The library: a file, or the URL of a database.",
        show_default="in the user's data folder",
    ),
]
ImageModelOption = Annotated[
    str | None,
    typer.Option(
        "--image-model",
        metavar="NAME|FILE",
        help="What reads pictures: a model of 'models list', or a model file.",
        show_default="IMG2MUSIC_IMAGE_MODEL, or the choice of 'models use'",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Replace output files that are there, if they are of the same kind.")
]


def _option_of(field: "dataclasses.Field[Any]") -> Any:
    kind, words = field.metadata["kind"], field.metadata
    if kind == "flag":
        flag = (words["flag"] or field.name).replace("_", "-")
        return Annotated[bool | None, typer.Option(f"--{flag}/--no-{flag}", help=words["help"])]
    types = {"text": list[str] | None, "folder": list[Path] | None}
    return Annotated[
        types.get(kind, str | None), typer.Option(metavar=words["metavar"], help=words["help"], readable=False)
    ]


FILTERS: dict[str, Any] = {
    field.metadata["flag"] or field.name: _option_of(field) for field in dataclasses.fields(TrackFilter)
}
"""By name, the options that make a `TrackFilter`."""
NAMES = {field.metadata["flag"] or field.name: field.name for field in dataclasses.fields(TrackFilter)}


def filtered(*, files: bool = True, chooses: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options `FILTERS` in place of its parameter ``where``, a `TrackFilter`."""
    speech = typer.Option(
        "--speech/--no-speech",
        help="Speech, noise and sounds shorter than 5 seconds, too, or not.",
        show_default="no-speech" if chooses else "speech",
    )
    options = {name: option for name, option in FILTERS.items() if files or name != "files"}
    options["speech"] = Annotated[bool | None, speech]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            wishes = {NAMES[name]: given.pop(name) for name in options}
            command(**given, where=TrackFilter(**{name: wish for name, wish in wishes.items() if wish is not None}))

        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(command).parameters.values():
            of = options if parameter.name == "where" else {parameter.name: parameter.annotation}
            default = None if parameter.name == "where" else parameter.default
            parameters += (
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
                for name, annotation in of.items()
            )
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate

"""Options that several commands share."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

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


def _containing(name: str) -> Any:
    return Annotated[list[str] | None, typer.Option(help=f"{name} contains this; may be repeated (one must fit).")]


def _not_containing(name: str) -> Any:
    return Annotated[list[str] | None, typer.Option(help=f"{name} does not contain this; may be repeated.")]


FILTERS: dict[str, Any] = {
    "genre": _containing("Genre"),
    "not_genre": _not_containing("Genre"),
    "artist": _containing("Artist"),
    "not_artist": _not_containing("Artist"),
    "album": _containing("Album"),
    "not_album": _not_containing("Album"),
    "folder": Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="In this folder, or below; may be repeated (one must fit).", readable=False),
    ],
    "not_folder": Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Not in this folder; may be repeated.", readable=False)
    ],
    "year": Annotated[
        str | None, typer.Option(metavar="FROM-TO", help="Year of release, such as 1990-1999, 90s or ..1979.")
    ],
    "tempo": Annotated[
        str | None, typer.Option(metavar="FROM-TO", help="Beats per minute, such as 90-120, 90- or ..120.")
    ],
    "length": Annotated[str | None, typer.Option(metavar="FROM-TO", help="Length, such as 2:00-5:00, 90- or ..5:00.")],
    "instrumental": Annotated[
        bool | None, typer.Option("--instrumental/--no-instrumental", help="Without voice, or with.")
    ],
    "key": Annotated[str | None, typer.Option(metavar="KEY", help="Musical key, such as 'D minor', 'F# major' or Bb.")],
    "files": Annotated[
        bool | None, typer.Option("--files/--no-files", help="Songs with a file, or those of imported tables.")
    ],
}
"""By name, the options that make a `TrackFilter`."""


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
            from img2music.library.filter_text import track_filter

            wishes = {name: given.pop(name) for name in options}
            command(**given, where=track_filter(**{name: wish for name, wish in wishes.items() if wish is not None}))

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

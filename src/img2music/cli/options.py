"""Options that several commands share."""

from typing import Annotated

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
GenreOption = Annotated[
    list[str] | None, typer.Option("--genre", help="Genre contains this; may be repeated (one must fit).")
]
ArtistOption = Annotated[
    list[str] | None, typer.Option("--artist", help="Artist contains this; may be repeated (one must fit).")
]
AlbumOption = Annotated[
    list[str] | None, typer.Option("--album", help="Album contains this; may be repeated (one must fit).")
]
YearOption = Annotated[
    str | None, typer.Option("--year", metavar="FROM-TO", help="Year of release, such as 1990-1999 or ..1979.")
]
TempoOption = Annotated[
    str | None,
    typer.Option("--tempo", metavar="FROM-TO", help="Beats per minute, such as 90-120, 90- or ..120."),
]
LengthOption = Annotated[
    str | None, typer.Option("--length", metavar="FROM-TO", help="Length, such as 2:00-5:00, 90- or ..5:00.")
]
InstrumentalOption = Annotated[
    bool | None, typer.Option("--instrumental/--no-instrumental", help="Without voice, or with.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", metavar="KEY", help="Musical key, such as 'D minor', 'F# major' or Bb.")
]
FilesOption = Annotated[
    bool | None, typer.Option("--files/--no-files", help="Songs with a file, or those of imported tables.")
]

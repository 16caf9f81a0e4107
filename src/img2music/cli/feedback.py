"""``img2music feedback``: what people say of songs and pictures."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from img2music.cli.options import (
    FormatChoice,
    argument,
    command,
    file_path,
    force_option,
    image_model_option,
    library_option,
    option,
)
from img2music.cli.output import finish, for_people, print_json, print_table, require_outputs, say
from img2music.errors import InputError, UsageError
from img2music.options import ME

if TYPE_CHECKING:
    from img2music.app.feedback import LibraryFeedback
    from img2music.library.record import Feedback

person_option = option("--person", default=ME, metavar="NAME", help="Who says it.")
anybody_option = option("--person", metavar="NAME", help="Only of this person.")
song_argument = argument("song", metavar="SONG", help="Number of a song in the library (#17), its file or identifier.")
songs_argument = argument(
    "songs", metavar="SONG...", nargs=-1, required=True, help="Numbers of songs (#17), files or identifiers."
)
picture_argument = argument("picture", metavar="PICTURE", type=file_path, help="A picture.")


@command()
@argument("item", metavar="PICTURE|SONG", help="A picture, or a song: its number (#17), file or identifier.")
@argument("valence", metavar="VALENCE", type=float, help="Unpleasant (0) to pleasant (1).")
@argument("arousal", metavar="AROUSAL", type=float, help="Calm (0) to excited (1).")
@person_option
@library_option
@image_model_option
def affect(
    *, item: str, valence: float, arousal: float, person: str, library: str | None, image_model: str | None
) -> None:
    """Say what a picture or a song feels like to you.

    Other pictures, or other songs, are then read a little more as you feel them, the more the more you say.
    """
    with _feedback(library) as feedback:
        _told(feedback.affect(item, valence, arousal, person=person, image_model=image_model))
        for sentence in feedback.tendencies(person=person):
            say(sentence)


@command()
@songs_argument
@person_option
@library_option
def like(songs: tuple[str, ...], person: str, library: str | None) -> None:
    """Say that you like songs: of those that fit about as well they come first."""
    _of_each(library, songs, lambda feedback, song: feedback.like(song, person=person))


@command()
@songs_argument
@person_option
@library_option
def never(songs: tuple[str, ...], person: str, library: str | None) -> None:
    """Say that you never want songs: neither they nor their copies are chosen any more, for nothing."""
    _of_each(library, songs, lambda feedback, song: feedback.never(song, person=person))


@command()
@song_argument
@picture_argument
@person_option
@library_option
@image_model_option
def fits(song: str, picture: Path, person: str, library: str | None, image_model: str | None) -> None:
    """Say that a song fits a picture: of those that fit it about as well it comes first."""
    with _feedback(library) as feedback:
        _told(feedback.fits(song, picture, person=person, image_model=image_model))


@command()
@song_argument
@picture_argument
@person_option
@library_option
@image_model_option
def unfit(song: str, picture: Path, person: str, library: str | None, image_model: str | None) -> None:
    """Say that a song does not fit a picture: it is not chosen for that any more."""
    with _feedback(library) as feedback:
        _told(feedback.unfit(song, picture, person=person, image_model=image_model))


@command("list")
@anybody_option
@library_option
@option(
    "--format",
    "format_",
    type=FormatChoice("img2music.app.feedback:FORMATS"),
    help="How to print it.",
    show_default="table on a terminal, json elsewhere",
)
def list_(person: str | None, library: str | None, format_: str | None) -> None:
    """List what was said, in order of time, and what is made of it."""
    with _feedback(library, read_only=True) as feedback:
        found = feedback.list(person)
        people = [person] if person is not None else dict.fromkeys(each.person for each in found.feedback)
        tendencies = [(who, sentence) for who in people for sentence in feedback.tendencies(person=who)]
    if format_ == "csv":
        click.echo(found.to_csv(), nl=False)
    elif for_people(format_):
        print_table((">id", "said", "who", "what", "of", "with"), map(_row, found.feedback))
        for who, sentence in tendencies:
            say(sentence if len(people) == 1 else f"{who}: {sentence}")
    else:
        print_json(found)


@command()
@argument("ids", metavar="[ID]...", nargs=-1, type=int, help="Numbers of what was said; else what was said last.")
@person_option
@library_option
def undo(ids: tuple[int, ...], person: str, library: str | None) -> None:
    """Take back what you said; what you said before that holds again."""
    _of_each(library, ids or (None,), lambda feedback, each: feedback.undo(each, person=person), "taken back: ")


@command()
@argument("file", metavar="FILE", type=file_path, help="JSON, which can be imported, or CSV: by its ending.")
@anybody_option
@library_option
@force_option
def export(file: Path, person: str | None, library: str | None, force: bool) -> None:
    """Write what was said to a file."""
    from img2music.app.feedback import FORMATS

    require_outputs([(file, FORMATS.chosen(None, file).kind)], force=force)
    with _feedback(library, read_only=True) as feedback:
        say(f"{feedback.export(file, person=person)} entries exported.")


@command("import")
@argument("file", metavar="FILE", type=file_path, help="JSON that feedback export has written.")
@library_option
def import_(file: Path, library: str | None) -> None:
    """Read what was said from a file; what is there already is not said twice."""
    with _feedback(library) as feedback:
        say(f"{feedback.import_file(file)} new entries imported.")


@contextlib.contextmanager
def _feedback(library: str | None, *, read_only: bool = False) -> "Iterator[LibraryFeedback]":
    from img2music.app.library import Library

    with Library.open(library, create=False, read_only=read_only) as opened:
        yield opened.feedback


def _of_each(
    library: str | None,
    items: Iterable[Any],
    say_it: "Callable[[LibraryFeedback, Any], Feedback]",
    before: str = "",
) -> None:
    """Say something of each, also if it can't be said of another."""
    done, errors = 0, list[InputError]()
    with _feedback(library) as feedback:
        for item in items:
            try:
                _told(say_it(feedback, item), before)
                done += 1
            except InputError as error:
                errors.append(error)
            except UsageError as error:
                errors.append(InputError(str(error)))
    finish(done, errors)


def _told(entry: "Feedback", before: str = "") -> None:
    _, _, who, what, *of = _row(entry)
    say(f"{before}{who}: {what} {' with '.join(filter(None, of))} ({entry.id})")


def _row(entry: "Feedback") -> tuple[str, ...]:
    felt, track, picture = entry.affect, entry.track, entry.picture
    what = str(entry.kind) if felt is None else f"feels like {felt.valence:.2f} {felt.arousal:.2f}"
    names = [*([track.name] if track is not None else []), *([Path(picture.path).name] if picture is not None else [])]
    return str(entry.id), entry.said[:16].replace("T", " "), entry.person, what, names[0], "".join(names[1:])

"""``img2music library``: look after the library."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from img2music.cli.options import argument, command, file_path, force_option, opened_library, option
from img2music.cli.output import ReportFormat, finish, format_option, print_report, require_outputs, say
from img2music.cli.progress import progress_bar
from img2music.cli.tables import info_rows
from img2music.errors import InputError, LibraryError, printable

if TYPE_CHECKING:
    from img2music.app.library import Library


@command()
@opened_library(read_only=True)
@format_option
def info(library: "Library", format_: ReportFormat | None) -> None:
    """Tell where the library is and what is in it."""
    found = library.info()
    print_report(format_, found, ("library", ""), info_rows(found))


@command()
@opened_library(read_only=True)
@option("--content", is_flag=True, help="Read every file and compare its bytes, too.")
def verify(library: "Library", content: bool) -> None:
    """Check that the database is sound and that the tracks' files are there as they were analysed.

    Exit code 1 if files are gone, changed or unreadable, 2 if the database is damaged.
    """
    with progress_bar() as progress:
        found = library.verify(content=content, progress=progress)
    for error in found.files:
        say(error)
    if found.database:
        raise LibraryError(
            f"Library {library.location}: it is damaged ({found.database[0]});",
            remedy="restore it from a copy, or scan into a new one.",
        )
    click.echo(f"Database sound; {found.checked} files checked, {len(found.files)} of them not as they were.")
    if found.files:
        raise click.exceptions.Exit(1)


@command()
@opened_library(read_only=True)
@format_option
def failures(library: "Library", format_: ReportFormat | None) -> None:
    """List the files that could not be analysed, and why; those that hold nothing to hear, too.

    They are left alone until they change; scan --retry-failed tries those again that failed.
    """
    from img2music.app.library import store_of
    from img2music.library.listing import failure_list

    found = failure_list(store_of(library).failures())
    print_report(format_, found, ("file", "why"), [(file.path, file.error) for file in found.failures])


@command()
@opened_library(create=False)
@option("--no-files", is_flag=True, help="Songs without a file, too.")
@option("--dry-run", is_flag=True, help="Only count them.")
def prune(library: "Library", no_files: bool, dry_run: bool) -> None:
    """Remove the tracks whose file was gone at the last scan."""
    count = library.prune(without_file=no_files, dry_run=dry_run)
    click.echo(f"{'Would remove' if dry_run else 'Removed'} {count} tracks.")


@command()
@argument(
    "what",
    metavar="DIR|FILE|TABLE...",
    nargs=-1,
    required=True,
    help="Folders, sound files, imported tables, playlists.",
)
@opened_library(create=False)
def forget(what: tuple[str, ...], library: "Library") -> None:
    """Remove from the library what it has of folders, files, tables or playlists; no file is touched.

    A table or a playlist is called as library info lists it, or by the name of its file; songs that are from another,
    too, stay. A folder that is scanned again comes back. Exit code 1 if the library had nothing of some, 2 of all.
    """
    errors = []
    for each in what:
        try:
            click.echo(f"Removed {library.forget(each)} tracks of {printable(each)}.")
        except InputError as error:
            errors.append(error)
    finish(len(what) - len(errors), errors)


@command()
@argument("file", metavar="FILE", type=file_path, help="JSON Lines.")
@opened_library(read_only=True)
@force_option
def export(file: Path, library: "Library", force: bool) -> None:
    """Write the library to a file, as JSON Lines."""
    from img2music.library.exchange import EXPORT

    require_outputs([(file, EXPORT)], force=force)
    with progress_bar() as progress:
        count = library.export(file, progress=progress)
    say(f"{count} tracks exported.")


@command()
@argument("source", metavar="FROM", help="The library to copy: a file, or the URL of a database.")
@argument("target", metavar="TO", help="An empty one, or one that is not there yet.")
def copy(source: str, target: str) -> None:
    """Copy a library, to a PostgreSQL server or from it, with all that it holds and the numbers of tracks.

    Whatever stops it, the new library holds all or nothing.
    """
    from img2music.app.library import Library

    with Library.open(source, create=False, read_only=True) as library, progress_bar() as progress:
        count = library.copy(target, progress=progress)
    say(f"{count} tracks copied.")


@command("import")
@argument("file", metavar="FILE", type=file_path, help="What library export has written.")
@opened_library()
def import_(file: Path, library: "Library") -> None:
    """Read tracks from an exported file into the library; a track of the same path is replaced."""
    with progress_bar() as progress:
        found = library.import_file(file, progress=progress)
    for note in found.notes:
        say(f"{file}: {note}")
    say(f"{found.count} tracks imported.")
    finish(found.count, found.errors)

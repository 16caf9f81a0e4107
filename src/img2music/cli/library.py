"""``img2music library``: look after the library."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption, LibraryOption
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    finish,
    print_json,
    print_table,
    require_outputs,
    warn,
)
from img2music.errors import printable


def info(library: LibraryOption = None, format_: ReportFormatOption = None) -> None:
    """Tell where the library is and what is in it."""
    import dataclasses

    from img2music.cli.tables import info_rows
    from img2music.library.store import LibraryStore
    from img2music.library.upkeep import info as library_info

    with LibraryStore.open(library, read_only=True) as store:
        found = library_info(store)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json({"schema": "img2music/library-info/1", **dataclasses.asdict(found)})
    else:
        print_table(["library", ""], info_rows(found))


def verify(
    library: LibraryOption = None,
    content: Annotated[bool, typer.Option("--content", help="Read every file and compare its bytes, too.")] = False,
) -> None:
    """Check that the database is sound and that the tracks' files are there as they were analysed.

    Exit code 1 if files are gone, changed or unreadable, 2 if the database is damaged.
    """
    from img2music.errors import LibraryError
    from img2music.library.store import LibraryStore
    from img2music.library.upkeep import verify as verify_library

    with LibraryStore.open(library, read_only=True) as store:
        found = verify_library(store, content=content)
        location = store.location
    for error in found.files:
        warn(error)
    if found.database:
        raise LibraryError(
            f"Library {location}: it is damaged ({found.database[0]}); restore it from a copy, or scan into a new one."
        )
    print(f"Database sound; {found.checked} files checked, {len(found.files)} of them not as they were.")  # noqa: T201
    if found.files:
        raise typer.Exit(1)


def failures(library: LibraryOption = None, format_: ReportFormatOption = None) -> None:
    """List the files that could not be analysed, and why; those that hold nothing to hear, too.

    They are left alone until they change; scan --retry-failed tries those again that failed.
    """
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library, read_only=True) as store:
        found = list(store.failures())
    if chosen_format(format_) is ReportFormat.JSON:
        rows = [{"path": each.file.path, "error": each.reason, "silent": each.silent} for each in found]
        print_json({"schema": "img2music/failures/1", "failures": rows})
    else:
        print_table(["file", "why"], [(each.file.path, each.reason) for each in found])


def prune(
    library: LibraryOption = None,
    no_files: Annotated[bool, typer.Option("--no-files", help="Songs without a file, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
) -> None:
    """Remove the tracks whose file was gone at the last scan."""
    from img2music.library.store import LibraryStore
    from img2music.library.upkeep import prune as prune_library

    with LibraryStore.open(library, read_only=dry_run) as store:
        count = prune_library(store, without_file=no_files, dry_run=dry_run)
    print(f"{'Would remove' if dry_run else 'Removed'} {count} tracks.")  # noqa: T201


def forget(
    what: Annotated[
        list[str], typer.Argument(metavar="DIR|FILE|TABLE...", help="Folders, sound files, imported tables, playlists.")
    ],
    library: LibraryOption = None,
) -> None:
    """Remove from the library what it has of folders, files, tables or playlists; no file is touched.

    A table or a playlist is called as library info lists it, or by the name of its file; songs that are from another,
    too, stay. A folder that is scanned again comes back. Exit code 1 if the library had nothing of some, 2 of all.
    """
    from img2music.errors import InputError
    from img2music.library.store import LibraryStore
    from img2music.library.upkeep import forget as forget_tracks

    errors = []
    with LibraryStore.open(library) as store:
        for each in what:
            try:
                print(f"Removed {forget_tracks(store, each)} tracks of {printable(each)}.")  # noqa: T201
            except InputError as error:
                errors.append(error)
    finish(len(what) - len(errors), errors)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines.")],
    library: LibraryOption = None,
    force: ForceOption = False,
) -> None:
    """Write the library to a file, as JSON Lines."""
    from img2music.library.exchange import EXPORT, export_library
    from img2music.library.store import LibraryStore

    require_outputs([(file, EXPORT)], force=force)
    with LibraryStore.open(library, read_only=True) as store:
        count = export_library(store, file)
    warn(f"{count} tracks exported.")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What library export has written.")],
    library: LibraryOption = None,
) -> None:
    """Read tracks from an exported file into the library; a track of the same path is replaced."""
    from img2music.library.exchange import import_library
    from img2music.library.store import LibraryStore

    with LibraryStore.open(library, create=True) as store:
        found = import_library(store, file)
    for note in found.notes:
        warn(f"{file}: {note}")
    warn(f"{found.count} tracks imported.")
    finish(found.count, found.errors)

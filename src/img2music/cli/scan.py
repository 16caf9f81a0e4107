"""``img2music scan``: bring the library up to date with folders."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import LibraryOption


def scan(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of music.", readable=False)],
    *,
    library: LibraryOption = None,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Processes.", show_default="one a processor")] = None,
    full: Annotated[bool, typer.Option("--full", help="Analyse every file again, unchanged ones too.")] = False,
    tags: Annotated[
        bool, typer.Option("--tags", help="Read the tags of known files again, without listening again.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try files again that failed before and have not changed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and write nothing.")] = False,
) -> None:
    """Look for music in folders, listen to what is new, and store it in the library.

    Unchanged files are not opened. A moved or retagged file is known by its sound. Tracks whose file is gone are marked
    missing, never removed (library prune removes them). May be stopped at any time: what is finished is kept. Exit
    code 1 if some files failed, 2 if no folder could be read.
    """
    from img2music.cli.output import warn
    from img2music.cli.progress import scan_progress
    from img2music.library.scanning import scan_library
    from img2music.options import ScanOptions

    options = ScanOptions(jobs=jobs, full=full, tags=tags, retry_failed=retry_failed, dry_run=dry_run)
    with scan_progress() as progress:
        report = scan_library(library, folders, options, progress)
    for told in (*report.notes, *report.failed):
        warn(told)
    warn(report)
    if report.failed_before:
        warn("library failures lists those that failed before.")
    if report.failed:
        raise typer.Exit(2 if report.unusable else 1)

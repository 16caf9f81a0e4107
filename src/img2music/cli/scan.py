"""``img2music scan``: bring the library up to date with folders."""

import click

from img2music.cli.options import argument, command, library_option, option, options_of
from img2music.cli.output import ReportFormat, format_option, print_report, say
from img2music.cli.progress import progress_bar
from img2music.cli.tables import status_rows
from img2music.errors import UsageError
from img2music.options import ScanOptions


@command()
@argument("folders", metavar="DIR|URL...", nargs=-1, help="Folders of music, here or in a store, or server://NAME.")
@library_option
@options_of(ScanOptions)
@option("--status", is_flag=True, help="Only tell what scans have done and have yet to do, on whatever machine.")
@format_option
def scan(
    folders: tuple[str, ...], library: str | None, options: ScanOptions, status: bool, format_: ReportFormat | None
) -> None:
    """Look for music in folders, listen to what is new, and store it in the library.

    Unchanged files are not opened. A moved or retagged file is known by its sound. Tracks whose file is gone are marked
    missing, never removed (library prune removes them). May be stopped at any time: what is finished is kept. Exit
    code 1 if some files failed, 2 if no folder could be read, or more files failed than may.
    """
    if status:
        from img2music.app.library import Library

        with Library.open(library, create=False, read_only=True) as opened:
            found = opened.scan_status()
        print_report(format_, found, ("scans", ""), status_rows(found))
        return
    if not folders:
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    if format_ is not None:
        raise UsageError("`format` is for `status`.")
    from img2music.app import importing

    with progress_bar() as progress:
        report = importing.scan(library, folders, options, progress)
    for told in (*report.notes, *report.failed, report):
        say(told)
    if report.failed_before:
        say("library failures lists those that failed before.")
    if report.failed:
        raise click.exceptions.Exit(2 if report.unusable else 1)

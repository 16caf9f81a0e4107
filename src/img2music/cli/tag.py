"""``img2music tag``: moods in the files' own tags."""

from typing import Annotated

import typer

from img2music.cli.options import LibraryOption, filtered
from img2music.cli.output import (
    ReportFormat,
    ReportFormatOption,
    chosen_format,
    counting,
    errors_as_json,
    finish,
    print_json,
    print_table,
    warn,
)
from img2music.errors import UsageError
from img2music.filters import TrackFilter


@filtered(files=False)
def tag(
    *,
    library: LibraryOption = None,
    all_: Annotated[bool, typer.Option("--all", help="All tracks of the library; instead of filters.")] = False,
    where: TrackFilter,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take out again what was written, and bring back what it replaced.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace moods, tempi and keys that others have written, too.")
    ] = False,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Let files keep the time of their last modification.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and write nothing.")] = False,
    format_: ReportFormatOption = None,
) -> None:
    """Write valence, arousal, a mood word, tempo and key of tracks into the tags of their files.

    In the fields that players and DJ software read; nothing else in a file changes, and its sound is compared before
    and after. What others have written stays. A scan does not listen to these files again. May be stopped at any time:
    every file is whole. Exit code 1 if some files failed, 2 if all did.
    """
    from img2music.cli.tables import tag_columns, tag_rows
    from img2music.library.store import LibraryStore
    from img2music.library.tagging import tag as tag_files
    from img2music.options import TagOptions

    if (where == TrackFilter()) is not all_:
        raise UsageError(
            "--all means all tracks; leave it out, or the filters."
            if all_
            else "This writes into music files: give a filter, such as --artist NAME, or --all for the whole library."
        )
    options = TagOptions(remove=remove, overwrite=overwrite, keep_times=keep_times, dry_run=dry_run)
    with LibraryStore.open(library, read_only=dry_run) as store, counting("Tags") as progress:
        report = tag_files(store, where, options, progress)
    if chosen_format(format_) is ReportFormat.JSON:
        print_json({**report.to_dict(), "errors": errors_as_json(report.failed)})
    elif dry_run and (rows := tag_rows(report)):
        print_table(tag_columns(), rows)
    warn(report)
    if report.kept and not remove:
        warn("--overwrite replaces what others have written, too.")
    finish(len(report.files), report.failed)

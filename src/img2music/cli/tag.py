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
    from img2music.library.store import LibraryStore
    from img2music.library.tagging import TABLE_COLUMNS
    from img2music.library.tagging import tag as tag_files

    with LibraryStore.open(library, read_only=dry_run) as store, counting("Tags") as progress:
        report = tag_files(
            store,
            where,
            everything=all_,
            remove=remove,
            overwrite=overwrite,
            keep_times=keep_times,
            dry_run=dry_run,
            progress=progress,
        )
    if chosen_format(format_) is ReportFormat.JSON:
        print_json({**report.to_json(), "errors": errors_as_json(report.failed)})
    elif dry_run and report.rows():
        print_table(TABLE_COLUMNS, report.rows())
    warn(report)
    finish(len(report.files), report.failed)

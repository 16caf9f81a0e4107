"""``img2music tag``: moods in the files' own tags."""

from img2music.cli.options import command, filtered, library_option, option, options_of
from img2music.cli.output import ReportFormat, finish, for_people, format_option, print_report, say
from img2music.cli.progress import progress_bar
from img2music.cli.tables import tag_columns, tag_rows
from img2music.errors import UsageError
from img2music.filters import TrackFilter
from img2music.options import TagOptions


@command()
@library_option
@option("--all", "everything", is_flag=True, help="All tracks of the library; instead of filters.")
@filtered(files=False)
@options_of(TagOptions)
@format_option
def tag(
    library: str | None, everything: bool, where: TrackFilter, options: TagOptions, format_: ReportFormat | None
) -> None:
    """Write valence, arousal, a mood word, tempo and key of tracks into the tags of their files.

    In the fields that players and DJ software read; nothing else in a file changes, and its sound is compared before
    and after. What others have written stays. A scan does not listen to these files again. May be stopped at any time:
    every file is whole. Exit code 1 if some files failed, 2 if all did.
    """
    import dataclasses

    from img2music.app.library import Library

    if (where == TrackFilter()) is not everything:
        raise UsageError(
            "`everything` means all tracks; leave it out, or the filters."
            if everything
            else "This writes into music files: give a filter, such as `artist=NAME`, or `everything` for all of them."
        )
    with Library.open(library, create=False, read_only=options.dry_run) as opened, progress_bar() as progress:
        report = opened.tag(where, progress=progress, **dataclasses.asdict(options))
    if options.dry_run or not for_people(format_):
        print_report(format_, report.to_dict(), tag_columns(), tag_rows(report))
    say(report)
    if report.kept and not options.remove:
        say("`overwrite` replaces what others have written, too.")
    finish(len(report.items), report.errors)

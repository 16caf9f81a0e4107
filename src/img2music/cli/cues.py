"""``img2music cues``: check a cue sheet, show it, write it as another kind of file."""

from pathlib import Path

import click

from img2music.cli.options import argument, command, file_path, force_option, library_option, option_of
from img2music.cli.output import replacing, say
from img2music.cli.server_playlists import to_option, to_playlist_option, write_there
from img2music.cli.sheets import give, sheet_files_option, sheet_format_option
from img2music.errors import UsageError
from img2music.locations import stem
from img2music.options import ScoreOptions


@command()
@argument("sheet", metavar="SHEET", type=file_path, help="A cue sheet, or a project that the page exported, as JSON.")
@option_of(ScoreOptions, "uses")
@sheet_format_option
@sheet_files_option
@library_option
@to_option
@to_playlist_option("as the film or album")
@force_option
def cues(
    *,
    sheet: Path,
    uses: tuple[str, ...],
    format_: str | None,
    outputs: tuple[Path, ...],
    library: str | None,
    connection: str | None,
    playlist: str | None,
    force: bool,
) -> None:
    """Check a cue sheet that was edited, and show it, write it as another kind of file, or send its songs to a server.

    Files that it names and that are not there are told; the exit code is then 1.
    """
    from img2music.app.cues import convert_cues

    if playlist is not None and connection is None:
        raise UsageError("`playlist` names what `to` writes; give both.")
    written = format_ if outputs else None
    found = convert_cues(sheet, outputs, written, uses=uses, replacing=replacing(force=force), told=say)
    if connection is None or outputs:
        give(found.sheet, format_, outputs)
    if connection is not None:
        write_there(library, connection, playlist or stem(found.sheet.film.path), found.sheet)
    for where, file in found.missing:
        say(f"{where}: {file} is not there")
    if found.missing:
        raise click.exceptions.Exit(1)

"""``img2music playlist``: playlists and likes that go to a music server, or come from one."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from img2music.cli.options import Decorator, argument, command, opened_library, option, options_of
from img2music.cli.output import ReportFormat, for_people, format_option, print_json, print_table, say
from img2music.cli.progress import progress_bar
from img2music.errors import UsageError, counted, shown
from img2music.options import ME, ExchangeOptions

if TYPE_CHECKING:
    from img2music.app.library import Library
    from img2music.app.playlists import Song
    from img2music.app.server_reports import (
        ExchangeReport,
        LeftOutSong,
        LikesReport,
        PlaylistComparison,
        PullReport,
        PushReport,
    )
    from img2music.soundtrack.cue_sheet import CueSheet

connection_argument = argument(
    "connection", metavar="CONNECTION", help="A music server, by the name of its connection."
)
refresh_option = option(
    "--refresh", is_flag=True, help="Read all songs of the server again, and match all of them anew."
)
person_option = option("--person", default=ME, metavar="NAME", help="Whose likes.")


to_option = option(
    "--to",
    "connection",
    metavar="CONNECTION",
    help="Keep them as a playlist of the library, and write that to this music server; renewed when run again.",
)


def to_playlist_option(name: str) -> Decorator[Any]:
    """Add an option for what that playlist is called, by default as something else is."""
    called: Decorator[Any] = option(
        "--playlist", metavar="NAME", help="What that playlist is called.", show_default=name
    )
    return called


def _said(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, int | None]:
    """What songs of a server are, by their ids: numbers of tracks."""
    found: dict[str, int | None] = {}
    for text in given:
        song, equals, track = text.rpartition("=")
        number = track.strip().removeprefix("#")
        if not (song and equals and (not number or (number.isascii() and number.isdigit()))):
            raise click.BadParameter(f"{shown(text)} is not ID=TRACK, with the number of a track, or nothing for none.")
        found[song] = int(number) if number else None
    return found


def _two(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str | None, str]:
    """A playlist and a connection, or a connection alone."""
    if not 1 <= len(names) <= 2:
        raise click.BadParameter(f"give a playlist and a connection, not {len(names)} names.")
    return (None, names[0]) if len(names) == 1 else (names[0], names[1])


def _playlist_and_connection(what: str) -> Decorator[Any]:
    declared: Decorator[Any] = argument(
        "names", metavar="[PLAYLIST] CONNECTION", nargs=-1, required=True, callback=_two, help=f"{what}, and a server."
    )
    return declared


@command()
@_playlist_and_connection("A playlist of the library (none with --likes)")
@option("--likes", is_flag=True, help="Mark songs at the server as liked that you like here.")
@person_option
@options_of(ExchangeOptions)
@opened_library(create=False)
@format_option
def push(
    *,
    library: "Library",
    names: tuple[str | None, str],
    likes: bool,
    person: str,
    options: ExchangeOptions,
    format_: ReportFormat | None,
) -> None:
    """Write a playlist of the library to a music server, in place, or likes.

    It is known there by a mark in its comment, and nothing else there changes. What somebody changed in it there is not
    overwritten unless you say so. May be stopped at any time, and run again. Exit code 1 if songs are left out.
    """
    playlist, connection = names
    _require_either(playlist, likes)
    with library.playlists.at(connection) as server, progress_bar() as progress:
        if playlist is None:
            _give_likes(server.push_likes(person=person, dry_run=options.dry_run, progress=progress), format_)
            return
        pushed = server.push(playlist, progress=progress, **vars(options))
    told = f"{pushed.name} at {connection}: {done_words(pushed)}"
    _give(pushed, told, format_)


@command()
@_playlist_and_connection("A playlist of the server, by name or id (none with --likes)")
@option("--likes", is_flag=True, help="Store that you like here what is liked at the server.")
@person_option
@options_of(ExchangeOptions, without=("take_over",))
@opened_library()
@format_option
def pull(
    *,
    library: "Library",
    names: tuple[str | None, str],
    likes: bool,
    person: str,
    options: ExchangeOptions,
    format_: ReportFormat | None,
) -> None:
    """Take a playlist of a music server into the library, in place, or likes.

    Passages are kept, and so are songs that the server does not have. What was changed in it here is not overwritten
    unless you say so. May be stopped at any time, and run again. Exit code 1 if songs are left out.
    """
    playlist, connection = names
    _require_either(playlist, likes)
    with library.playlists.at(connection) as server, progress_bar() as progress:
        if playlist is None:
            _give_likes(server.pull_likes(person=person, dry_run=options.dry_run, progress=progress), format_)
            return
        pulled = server.pull(playlist, progress=progress, **vars(options))
    told = f"{pulled.playlist}, from {connection}: {done_words(pulled)}"
    if pulled.kept:
        told += f", {pulled.kept} kept that are here only"
    _give(pulled, told, format_)


@command()
@argument("playlist", metavar="PLAYLIST", help="Name of a playlist of the library.")
@connection_argument
@opened_library(create=False)
@refresh_option
@format_option
def diff(library: "Library", playlist: str, connection: str, refresh: bool, format_: ReportFormat | None) -> None:
    """Compare a playlist of the library with the one of a music server that stands for it.

    Exit code 1 if they differ.
    """
    with library.playlists.at(connection) as server, progress_bar() as progress:
        found = server.compare(playlist, refresh=refresh, progress=progress)
    if for_people(format_):
        _print_difference(found)
    else:
        print_json(found)
    for note in found.notes:
        say(note)
    if not found.same:
        raise click.exceptions.Exit(1)


@command()
@connection_argument
@opened_library(create=False)
@refresh_option
@option(
    "--settle",
    "said",
    multiple=True,
    callback=_said,
    metavar="ID=TRACK",
    help="The song of the server that has this id is that track, by its number, or none (ID=), whatever both tell. May "
    "be given several times.",
)
@option("--unsettle", "open_again", multiple=True, metavar="ID", help="Forget what --settle said of this song.")
@format_option
def match(
    library: "Library",
    connection: str,
    *,
    refresh: bool,
    said: dict[str, int | None],
    open_again: tuple[str, ...],
    format_: ReportFormat | None,
) -> None:
    """Tell which songs of a music server are tracks of the library, and list those of which that is unsure."""
    with library.playlists.at(connection) as server, progress_bar() as progress:
        for song in open_again:
            server.unsettle(song)
        for song, track in said.items():
            server.settle(song, track)
        found = server.match(refresh=refresh, progress=progress)
    if for_people(format_):
        print_left_out(found.unsure, "unsure")
    else:
        print_json(found)
    for note in found.notes:
        say(note)
    ways = ", ".join(f"{count} by {how}" for how, count in found.ways.items())
    known = f"{found.mapped} are tracks of the library{f' ({ways})' if ways else ''}"
    say(f"{counted(found.songs, 'song')} at {connection}: {known}, {len(found.unsure)} may be, {found.absent} are not.")
    if found.unsure:
        say(
            f"Say what they are: img2music playlist match {connection} --settle ID=TRACK (ID= for none); or correct "
            "the tags on either side, and do this with `refresh=True`."
        )


def _require_either(playlist: str | None, likes: bool) -> None:
    if (playlist is None) is not likes:
        raise UsageError("Give either a playlist and a connection, or `likes` and a connection.")


def done_words(report: "ExchangeReport") -> str:
    """Say what became of a playlist."""
    done = f"would be {report.done}" if report.dry_run and report.done != "unchanged" else report.done
    left = f", {len(report.left_out)} left out" if report.left_out else ""
    return f"{done}, {counted(len(report.matched), 'song')}{left}"


def say_unsure(connection: str, songs: "Sequence[LeftOutSong]") -> None:
    """Tell how to go on with songs that may be at the server, or here, and are left out since that is unsure."""
    unsure = sum(each.unsure for each in songs)
    if unsure:
        may = f"{counted(unsure, 'song')} left out may be there after all"
        say(
            f"{may}: img2music playlist match {connection} --settle ID=TRACK says so; without, it lists what is unsure."
        )


def _give(report: "PushReport | PullReport", told: str, format_: ReportFormat | None) -> None:
    if for_people(format_):
        if report.dry_run:
            rows = [(f"#{each.track}", each.name, each.how) for each in report.matched]
            print_table((">track", "song", "known by"), rows)
        print_left_out(report.left_out)
    else:
        print_json(report)
    for note in report.notes:
        say(note)
    for needed in report.needs:
        say(f"It is refused without `{needed}=True`.")
    say_unsure(report.connection, report.left_out)
    say(f"{told}.")
    if report.left_out:
        raise click.exceptions.Exit(1)


def _give_likes(report: "LikesReport", format_: ReportFormat | None) -> None:
    if for_people(format_):
        print_table(("newly liked",), [(name,) for name in report.new])
        print_left_out(report.left_out)
    else:
        print_json(report)
    where = f"at {report.connection}" if report.to == "server" else f"here, from {report.connection}"
    would = "would be " if report.dry_run else ""
    new = counted(len(report.new), "song")
    say_unsure(report.connection, report.left_out)
    say(f"{new} {would}newly liked {where}, {report.known} before, {len(report.left_out)} left out.")


def write_there(
    library: str | None, connection: str, name: str, songs: "Iterable[Song] | CueSheet", notes: Sequence[str] = ()
) -> None:
    """Keep songs as a playlist of the library, and write that to a music server."""
    from img2music.app.library import Library

    with Library.open(library) as opened, opened.playlists.at(connection) as server, progress_bar() as progress:
        pushed = server.write(name, songs, progress=progress)
    print_left_out(pushed.left_out)
    for note in (*notes, *pushed.notes):
        say(note)
    say_unsure(connection, pushed.left_out)
    say(f"{pushed.name} at {connection}: {done_words(pushed)}.")


def print_left_out(songs: "Sequence[LeftOutSong]", called: str = "left out") -> None:
    """Print songs of one side with what they may be on the other, and the numbers and ids by which a person says so."""
    rows = []
    for each in songs:
        own, sign = (f"#{each.track}", "") if each.song is None else (each.song, "#")
        alike = zip(each.candidate_ids, each.candidates, strict=True)
        rows.append((own, each.name, each.why, "\n".join(f"{sign}{id_} {name}" for id_, name in alike)))
    print_table(("", called, "why", "what it may be"), rows)


def _print_difference(found: "PlaylistComparison") -> None:
    signs = {"both": "", "here": "only here", "there": "only there"}
    rows = [
        ("" if each.track is None else f"#{each.track}", each.name, signs[each.where], each.why) for each in found.songs
    ]
    print_table((">track", "song", "", "why"), rows, found.playlist)

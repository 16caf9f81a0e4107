"""``img2music connect`` and ``connections``: music servers and photo services that are named once."""

import sys

import click

from img2music.cli.options import argument, command, option
from img2music.cli.output import ReportFormat, format_option, print_report, say
from img2music.connectors.connections import given_secret, require_name, secret_variable
from img2music.connectors.registry import KINDS

LONGEST = 4096
"""Characters of a secret on standard input."""


@command()
@argument("name", metavar="NAME", help="What to call it, in small letters.")
@argument("url", metavar="URL", help="Its address, such as http://192.168.1.5:4533 or mpd://host:6600.")
@option("--kind", type=click.Choice(list(KINDS)), help="What it is.", show_default="found out, but for MPD")
@option("--user", metavar="NAME", help="Who logs in with a password; else a key or token does.")
@format_option
def connect(name: str, url: str, kind: str | None, user: str | None, format_: ReportFormat | None) -> None:
    """Connect a music server or a photo service: log in, keep that under a name, and tell what is seen.

    The password or key is asked for; without a terminal it is read from standard input, as one line, or from
    IMG2MUSIC_NAME_SECRET. It is kept in the system's keyring, or in a file that only you read. The songs of a music
    server are analysed by: scan server://NAME. Exit code 2 if it can't be logged in at; nothing is kept then.
    """
    from img2music.app import connections as use

    require_name(name)
    found_kind = use.find_kind(url, kind)
    what, asks = KINDS[found_kind], sys.stdin.isatty() and given_secret(name) is None
    if asks and user is None and what.login_of_user is not None:
        user = click.prompt(f"User ({what.title}; none for an {what.login})", default="", show_default=False, err=True)
    found = use.connect(name, url, found_kind, user or None, _secret(name, what.login_of_user if user else what.login))
    for note in found.notes:
        say(note)
    shown = found.connection
    rows = [
        ("name", shown.name),
        ("kind", KINDS[shown.kind].title),
        ("address", shown.url),
        ("user", shown.user or ""),
        ("calls itself", found.product),
        *((what, f"{count:,}") for what, count in found.counts.items()),
        ("secret", _where(shown.secret, shown.name)),
    ]
    print_report(format_, found, ("connection", ""), [row for row in rows if row[1]])


@command()
@option("--forget", metavar="NAME", help="Forget this one and its password or key.")
@format_option
def connections(forget: str | None, format_: ReportFormat | None) -> None:
    """List the music servers and photo services that are connected, or forget one."""
    from img2music.app import connections as use

    if forget is not None:
        use.forget(forget)
        say(f"{forget} is forgotten.")
        return
    found = use.listed()
    rows = [
        (each.name, KINDS[each.kind].title, each.url, each.user or "", _where(each.secret, each.name))
        for each in found.connections
    ]
    print_report(format_, found, ("name", "kind", "address", "user", "secret"), rows)


def _secret(name: str, what: str | None) -> str | None:
    """The secret that is typed or piped, if the environment has none."""
    if given_secret(name) is not None:
        return None
    if not sys.stdin.isatty():
        return sys.stdin.readline(LONGEST).rstrip("\r\n") or None
    typed: str = click.prompt((what or "").capitalize(), hide_input=True, default="", show_default=False, err=True)
    return typed or None


def _where(kept: str, name: str) -> str:
    places = {"environment": secret_variable(name), "file": "in the file of connections", "keyring": "in the keyring"}
    return places.get(kept, "none")

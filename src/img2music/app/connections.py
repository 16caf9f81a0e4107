"""Servers and services that a person connects once: found out about, tested, kept, listed, forgotten."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from img2music import remote
from img2music.connectors import connections as kept
from img2music.connectors import registry
from img2music.connectors.connections import Connection, Kept
from img2music.errors import UsageError, printable, require_extra
from img2music.shapes import Result

SCHEMES = ("http", "https", "mpd")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEntry:
    """A connection of a list."""

    name: str
    kind: str
    """"subsonic", "jellyfin", "plex", "mpd", "immich" or "photoprism"."""
    url: str
    """Its address, without a password."""
    user: str | None
    """Whose login it is; None for that of a key, or of nobody."""
    secret: Kept
    """Where its password or key is kept: "keyring", "file" (of mode 600), "environment", or "nowhere"."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConnectionList(Result):
    """``img2music/connections/1``."""

    schema: Literal["img2music/connections/1"] = field(default="img2music/connections/1", init=False)
    connections: list[ConnectionEntry]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Connected(Result):
    """``img2music/connection/1``."""

    schema: Literal["img2music/connection/1"] = field(default="img2music/connection/1", init=False)
    connection: ConnectionEntry
    product: str
    """What the server or service calls itself."""
    counts: dict[str, int]
    """How many there are of what it shows to this login: "songs", "albums", "playlists", "photos"."""
    notes: list[str]
    """What is worth knowing about the login."""


def listed() -> ConnectionList:
    """List the connections, by name."""
    return ConnectionList(connections=[_entry(each) for each in kept.connections()])


def find_kind(url: str, kind: str | None = None) -> str:
    """Find out what kind of server or service there is at an address, unless that is said."""
    url = address(url)
    if kind is None:
        with require_extra("Music servers and photo services", "servers"):
            kind = registry.kind_of(url)
    if kind not in registry.KINDS:
        titles = ", ".join(each.title for each in registry.KINDS.values())
        raise UsageError(f"{printable(url)} is none of {titles}, as far as can be told: check it, or give the `kind`.")
    if url.startswith("mpd:") != (kind == "mpd"):
        raise UsageError("The address of MPD is like mpd://host:6600, of all others like https://host.")
    return kind


def connect(
    name: str, url: str, kind: str | None = None, user: str | None = None, secret: str | None = None
) -> Connected:
    """Log in at a server or service, and keep that under a name, in place of what has the name by now.

    ``secret`` is the password of ``user`` or, without one, a key; that of the environment goes before it, and is not
    kept. What can't be logged in at is not kept.
    """
    kept.require_name(name)
    url = address(url)
    kind = find_kind(url, kind)
    given = kept.given_secret(name)
    secret = given or secret
    what = registry.KINDS[kind]
    if user is not None and what.login_of_user is None:
        raise UsageError(f"{what.title} has no users here: leave out the `user`, and give the {what.login}.")
    if not secret and what.required:
        needed = what.login if user is None else what.login_of_user
        raise UsageError(f"{what.title} needs the {needed}: on a terminal, as standard input, or in {_variable(name)}.")
    if secret:
        require_private(url)
    with require_extra("Music servers and photo services", "servers"):
        trying = Connection(name=f"{name} ({url})", kind=kind, url=url, user=user or None)  # as errors call it
        made, secret_to_keep, seen = registry.try_login(trying, secret or None)
    made = replace(made, name=name)
    notes = []
    if (
        made.settings.get("login") == "password"
        and url.startswith("http:")
        and not _all(url, lambda each: each.is_loopback)
    ):
        notes.append("It takes no tokens: the password itself goes over the network, and unencrypted.")
    if given is not None and secret_to_keep != given:
        notes.append(
            f"The password was changed into a token, which is kept: unset {_variable(name)}, which goes first."
        )
    kept.keep(made, None if secret_to_keep == given else secret_to_keep)
    remote.renew(f"server://{name}")
    return Connected(connection=_entry(made), product=seen.product, counts=dict(seen.counts), notes=notes)


def see(name: str) -> Connected:
    """Log in at a connection, and tell what is seen."""
    made = kept.connection(name)
    with require_extra("Music servers and photo services", "servers"):
        seen = registry.look(made)
    return Connected(connection=_entry(made), product=seen.product, counts=dict(seen.counts), notes=[])


def forget(name: str) -> None:
    """Forget a connection and its secret; songs of it that the library knows stay there."""
    kept.forget(name)
    remote.renew(f"server://{name}")


def address(url: str) -> str:
    """Write an address as it is kept: without a slash at its end, and with nothing that may be secret in it."""
    try:
        parts = urlsplit(url.strip())
        port = "" if parts.port is None else f":{parts.port}"
        host = parts.hostname or ""
    except ValueError:
        host, parts, port = "", urlsplit(""), ""
    is_socket = parts.scheme == "mpd" and len(parts.path) > 1  # of this machine
    if parts.scheme not in SCHEMES or not (host or is_socket) or not url.isprintable() or " " in url.strip():
        raise UsageError("An address is like https://music.example.org, http://192.168.1.5:4533 or mpd://host:6600.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError("An address holds no user, password or query; the password is asked for.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def require_private(url: str) -> None:
    """Refuse to send what is secret unencrypted beyond this machine and its own network."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _all(url, lambda each: not each.is_global):
        raise UsageError(
            f"{printable(parts.hostname or '')} is beyond your own network, and {parts.scheme}:// would send your "
            "password there for all to read: give its https:// address."
        )


def _all(url: str, holds: Callable[[Address], bool]) -> bool:
    """Whether all addresses of a host are of a kind; also where it has none, which is told when it is asked."""
    try:
        found = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(urlsplit(url).hostname, None)}
    except (OSError, UnicodeError):
        found = set()
    return all(holds(ipaddress.ip_address(each)) for each in found)


def _entry(connection: Connection) -> ConnectionEntry:
    where = kept.find_secret(connection.name)[1]
    return ConnectionEntry(
        name=connection.name, kind=connection.kind, url=connection.url, user=connection.user, secret=where
    )


def _variable(name: str) -> str:
    return kept.secret_variable(name)

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
from img2music.remarks import Remark, remark
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
    notes: list[str] = field(init=False)
    """What is worth knowing about the login, in English."""
    remarks: list[Remark]
    """The same in parts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", list(map(str, self.remarks)))


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
        none = remark("unknown-kind", printable(url), ", ".join(each.title for each in registry.KINDS.values()))
        raise UsageError(f"{str(none)[:-1]}: check it, or give the `kind`.", remark=none)
    if url.startswith("mpd:") != (kind == "mpd"):
        raise _wrong("address-of-mpd")
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
        raise _wrong("no-users", what.title, what.login)
    if not secret and what.required:
        needed = what.login if user is None else what.login_of_user
        told = remark("needs-secret", what.title, needed)
        raise UsageError(f"{str(told)[:-1]}: on a terminal, as standard input, or in {_variable(name)}.", remark=told)
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
        notes.append(remark("unencrypted"))
    if given is not None and secret_to_keep != given:
        notes.append(remark("token-kept", _variable(name)))
    kept.keep(made, None if secret_to_keep == given else secret_to_keep)
    remote.renew(f"server://{name}")
    return Connected(connection=_entry(made), product=seen.product, counts=dict(seen.counts), remarks=notes)


def see(name: str) -> Connected:
    """Log in at a connection, and tell what is seen."""
    made = kept.connection(name)
    with require_extra("Music servers and photo services", "servers"):
        seen = registry.look(made)
    return Connected(connection=_entry(made), product=seen.product, counts=dict(seen.counts), remarks=[])


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
        raise _wrong("no-address")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise _wrong("secret-in-address")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def require_private(url: str) -> None:
    """Refuse to send what is secret unencrypted beyond this machine and its own network."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not _all(url, lambda each: not each.is_global):
        raise _wrong("would-be-read", printable(parts.hostname or ""), parts.scheme)


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


def _wrong(code: str, *values: str) -> UsageError:
    told = remark(code, *values)
    return UsageError(str(told), remark=told)


def _variable(name: str) -> str:
    return kept.secret_variable(name)

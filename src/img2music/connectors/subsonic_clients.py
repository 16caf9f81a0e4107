"""What clients of a Subsonic server say to it, asked of that server: whether their login holds, what it offers."""

from collections.abc import Mapping
from typing import Any

from img2music.connectors import told
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.errors import SourceError

LIMITS = Limits(tries=1, read=5, total=5, body=1 << 20, rate=50)
LOGIN = ("u", "p", "t", "s", "apiKey")
"""What a client logs in with."""
_CLIENT = {"v": "1.16.1", "c": "img2music", "f": "json"}


def may_log_in(connection: Connection, params: Mapping[str, str]) -> bool:
    """Whether a server lets in who logs in so; where it can't be asked, that is a `SourceError`."""
    login = {name: params[name] for name in LOGIN if name in params}
    try:
        return _ask(connection, "ping", login).get("status") == "ok"
    except SourceError as error:
        if error.status is None or error.status >= 500:
            raise
        return False


def extensions(connection: Connection) -> list[dict[str, Any]] | None:
    """The extensions of OpenSubsonic that a server offers; None where it can't be asked."""
    try:
        answer = _ask(connection, "getOpenSubsonicExtensions", {})
    except SourceError:
        return None
    found = [
        (told.text(each.get("name")), each.get("versions")) for each in told.items(answer, "openSubsonicExtensions")
    ]
    return [
        {
            "name": name,
            "versions": [one for one in (versions if isinstance(versions, list) else ()) if type(one) is int],
        }
        for name, versions in found
        if name
    ]


def _ask(connection: Connection, what: str, login: Mapping[str, str]) -> dict[str, Any]:
    hidden = tuple(value for name, value in login.items() if name != "u")
    with Session(connection.name, LIMITS, secrets=hidden, pinned=connection.url) as session:
        answer = session.ask(f"{connection.url}/rest/{what}", method="POST", data={**_CLIENT, **login})
    return told.within(answer, "subsonic-response")

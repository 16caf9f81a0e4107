"""What clients of a Subsonic server say to it, asked of that server: whether their login holds, what it offers."""

from collections.abc import Mapping
from typing import Any

from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.errors import SourceError

LIMITS = Limits(tries=1, read=5, total=5, body=1 << 20, rate=50)
LOGIN = ("u", "p", "t", "s", "apiKey")
"""What a client logs in with."""
_CLIENT = {"v": "1.16.1", "c": "img2music", "f": "json"}


def may_log_in(connection: Connection, params: Mapping[str, str]) -> bool:
    """Whether a server lets in who logs in so; not where it can't be asked."""
    login = {name: params[name] for name in LOGIN if name in params}
    try:
        return _ask(connection, "ping", login).get("status") == "ok"
    except SourceError:
        return False


def extensions(connection: Connection) -> list[dict[str, Any]] | None:
    """The extensions of OpenSubsonic that a server offers; None where it can't be asked."""
    try:
        told = _ask(connection, "getOpenSubsonicExtensions", {}).get("openSubsonicExtensions")
    except SourceError:
        return None
    found = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return [
        {"name": str(each.get("name")), "versions": [one for one in each.get("versions") or () if type(one) is int]}
        for each in found
    ]


def _ask(connection: Connection, what: str, login: Mapping[str, str]) -> dict[str, Any]:
    hidden = tuple(value for name, value in login.items() if name != "u")
    with Session(connection.name, LIMITS, secrets=hidden, pinned=connection.url) as session:
        told = session.ask(f"{connection.url}/rest/{what}", method="POST", data={**_CLIENT, **login})
    answer = told.get("subsonic-response") if isinstance(told, dict) else None
    return answer if isinstance(answer, dict) else {}

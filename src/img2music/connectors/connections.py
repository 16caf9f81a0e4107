"""Servers and services that a person has named: what is known of each, and its secret, kept where nobody else reads it.

A secret is in the system's keyring; where there is none, in the file of connections, which only its owner reads. An
environment variable comes first (``IMG2MUSIC_HOME_SECRET`` for a connection ``home``), for containers.
"""

import contextlib
import dataclasses
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from img2music.connectors.settings import variable_of
from img2music.errors import InputError, UsageError, printable
from img2music.files import open_regular
from img2music.shapes import from_dict

MAX_BYTES = 1 << 20
"""Of the file of connections."""
MOST = 100
"""Connections of one person."""
SERVICE = "img2music"
"""What our secrets are filed under in a keyring."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A server or service that a person has named."""

    name: str
    kind: str  # a key of `registry.KINDS`
    url: str  # without a slash at its end, without a password
    user: str | None = None
    settings: dict[str, str] = field(
        default_factory=dict
    )  # what its kind needs beside, such as the folder of its music


def connections_file() -> Path:
    """Tell which file connections are kept in."""
    import platformdirs

    return platformdirs.user_config_path("img2music") / "connections.json"


def connections() -> list[Connection]:
    """List the connections, by name."""
    return [_connection(name, entry) for name, entry in sorted(_read().items())]


def connection(name: str) -> Connection:
    """Find a connection by its name."""
    found = {each.name: each for each in connections()}
    if name not in found:
        known = f"there {'is' if len(found) == 1 else 'are'} {', '.join(found)}" if found else "there is none yet"
        raise UsageError(f"There is no connection {printable(name)}; {known}.")
    return found[name]


def require_name(name: str) -> None:
    """Refuse what can't be the name of a connection."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            "The name of a connection is of at most 32 small letters, digits and -, and begins with a letter."
        )


def keep(given: Connection, secret: str | None) -> None:
    """Keep a connection in place of one of the same name, with its secret; None where it has none, or only there."""
    require_name(given.name)
    if secret is not None and (not secret or not secret.isprintable()):
        raise UsageError("A password or key is one line.")
    with _changing() as entries:
        if given.name not in entries and len(entries) >= MOST:
            raise UsageError(f"There are {MOST} connections; remove one first.")
        entry = dataclasses.asdict(given)
        del entry["name"]
        _from_keyring(given.name)
        if secret is not None and not _into_keyring(given.name, secret):
            entry["secret"] = secret
        entries[given.name] = entry


def forget(name: str) -> None:
    """Forget a connection and its secret."""
    connection(name)
    with _changing() as entries:
        entries.pop(name, None)
    _from_keyring(name)


class Kept(StrEnum):
    """Where the secret of a connection is."""

    ENVIRONMENT = "environment"
    FILE = "file"
    KEYRING = "keyring"
    NOWHERE = "nowhere"


def secret_of(name: str) -> str | None:
    """The password or key of a connection; None where it has none."""
    return find_secret(name)[0]


def find_secret(name: str) -> tuple[str | None, Kept]:
    """The same, and where it is."""
    given = given_secret(name)
    if given:
        return given, Kept.ENVIRONMENT
    entry = _read().get(name, {})
    if "secret" in entry:
        return str(entry["secret"]), Kept.FILE
    with _keyring() as ring:
        found = None if ring is None else ring.get_password(SERVICE, name)
        return found, Kept.NOWHERE if found is None else Kept.KEYRING
    return None, Kept.NOWHERE


def given_secret(name: str) -> str | None:
    """The secret of a connection that the environment holds."""
    return os.environ.get(secret_variable(name)) or None


def secret_variable(name: str) -> str:
    """Name the environment variable of a connection's secret."""
    return variable_of(name.replace("-", "_"), "secret")


def _connection(name: str, entry: dict[str, Any]) -> Connection:
    from img2music.connectors.registry import MUSIC, PHOTOS

    told = {key: value for key, value in entry.items() if key != "secret"}
    found = from_dict({**told, "name": name}, Connection, str(connections_file()))
    address = found.url.isprintable() and found.url.startswith(("http://", "https://", "mpd://"))
    if found.kind not in MUSIC | PHOTOS or not _NAME.fullmatch(name) or not address:
        told_name = printable(name)
        raise InputError(
            f"{told_name} is no connection; correct it, or remove it and connect again.", str(connections_file())
        )
    return found


def _read() -> dict[str, dict[str, Any]]:
    path = connections_file()
    try:
        with open_regular(path, "file of connections") as stream:
            content, mode = stream.read(MAX_BYTES + 1), os.fstat(stream.fileno()).st_mode
    except InputError:
        if not path.exists():
            return {}
        raise
    try:
        found = json.loads(content)
        if len(content) > MAX_BYTES or not all(isinstance(each, dict) for each in found.values()):
            raise ValueError
    except (ValueError, AttributeError, RecursionError):
        raise InputError("is no file of connections; correct it, or remove it and connect again.", str(path)) from None
    if os.name == "posix" and mode & 0o077 and any("secret" in each for each in found.values()):
        _close(path)
    return dict(found)


def _close(path: Path) -> None:
    """Take a file that holds secrets out of the hands of others, which may have read them by now."""
    try:
        path.chmod(0o600)
        now = "now only you can"
    except OSError:
        now = "let only you do that (chmod 600)"
    _LOG.warning("%s holds passwords, and others could read or change it; %s. Change the passwords.", path, now)


@contextlib.contextmanager
def _changing() -> Iterator[dict[str, dict[str, Any]]]:
    """Read, have changed, and write in place; one process at a time, and whole or not at all."""
    from filelock import FileLock

    path = connections_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        entries = _read()
        yield entries
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # of mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(entries, stream, indent=2, ensure_ascii=True)
                stream.flush()
                os.fsync(stream.fileno())
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise


def _from_keyring(name: str) -> None:
    with _keyring() as ring:
        if ring is not None and ring.get_password(SERVICE, name) is not None:
            ring.delete_password(SERVICE, name)


def _into_keyring(name: str, secret: str) -> bool:
    with _keyring() as ring:
        if ring is None:
            return False
        ring.set_password(SERVICE, name, secret)
        return bool(ring.get_password(SERVICE, name) == secret)
    return False


@contextlib.contextmanager
def _keyring() -> Iterator[Any]:
    """The system's keyring; None where there is none that keeps anything. Its faults end what is within.

    These are of any kind, such as of a backend that is named and not there, and their words may hold secrets.
    """
    ring = None
    with contextlib.suppress(Exception):  # ImportError among them
        import keyring

        ring = keyring if keyring.get_keyring().priority >= 1 else None
    with contextlib.suppress(Exception):
        yield ring

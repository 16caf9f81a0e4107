"""Keys and addresses of web services: from the environment, or from a file in the user's configuration folder."""

import os
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from img2music.errors import UsageError, printable

MAX_BYTES = 1 << 16  # of the file; it holds a few lines


def settings_file() -> Path:
    """Tell which file settings are read from."""
    import platformdirs

    return platformdirs.user_config_path("img2music") / "sources.toml"


def setting(service: str, name: str) -> str | None:
    """Read a setting of a service."""
    variable = variable_of(service, name)
    value: object = os.environ.get(variable)
    where = f"The environment variable {variable}"
    if not value:
        path = settings_file()
        table = _table(path, service)
        value, where = table.get(name), f"{printable(str(path))}: {service}.{name}"
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError(f"{where} must be one line of ASCII letters, digits and signs, without spaces.")
    return value


def address(service: str, default: str, name: str = "url") -> str:
    """Tell where a service is: an ``http://`` or ``https://`` URL without a slash at its end."""
    url = setting(service, name)
    if url is None:
        return default
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"The address of {service} ({variable_of(service, name)}) must be like {default}.")
    return url.rstrip("/")


def require(service: str, *names: str) -> tuple[str, ...]:
    """Read settings that a service can't do without."""
    values = {name: setting(service, name) for name in names}
    lacking = [variable_of(service, name) for name, value in values.items() if value is None]
    if lacking:
        raise UsageError(
            f"{service} needs a key of yours: set {' and '.join(lacking)}, or write it to "
            f"{printable(str(settings_file()))} (docs/sources.md says how to get one)."
        )
    return tuple(value for value in values.values() if value is not None)


def variable_of(service: str, name: str) -> str:
    """Name the environment variable of a setting."""
    return f"IMG2MUSIC_{service}_{name}".upper()


def _table(path: Path, service: str) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UsageError(f"{printable(str(path))} is too large to be a file of settings.")
        table = tomllib.loads(content.decode()).get(service, {})
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{printable(str(path))} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:  # TOML's complaint quotes at most one letter
        where = str(error).rpartition("(")[2].rstrip(")") if str(error).endswith(")") else "its encoding"
        raise UsageError(f"{printable(str(path))} is no TOML file ({where}); see docs/sources.md.") from None
    if not isinstance(table, dict):
        raise UsageError(f"{printable(str(path))}: {service} must be a table, [{service}]; see docs/sources.md.")
    return table

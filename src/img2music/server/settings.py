"""What a server is started with, and who may use it."""

import ipaddress
import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from img2music.errors import UsageError, require_extra
from img2music.files import FileKind, write_atomically

TOKEN = "IMG2MUSIC_TOKEN"  # noqa: S105 - the name of the variable
OIDC = "IMG2MUSIC_OIDC_"
"""How the variables of OpenID Connect begin."""
LEAST_PASSWORD = 8
HASH = FileKind("a password", (), rb"\$argon2")


def password_file() -> Path:
    """Where the hash of the password is kept."""
    import platformdirs

    return platformdirs.user_config_path("img2music", ensure_exists=True) / "password"


def set_password(password: str) -> None:
    """Keep a hash of a password (argon2), in a file that only its owner reads."""
    from argon2 import PasswordHasher

    if len(password) < LEAST_PASSWORD:
        raise UsageError(f"A password needs at least {LEAST_PASSWORD} characters.")
    file = password_file()
    write_atomically(PasswordHasher().hash(password).encode(), file, HASH)
    file.chmod(0o600)


@dataclass(frozen=True)
class Provider:
    """An OpenID provider, and whom of those that it knows the server lets in."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)  # None for a public client
    people: frozenset[str]  # addresses (with an @), or what the provider itself calls people by (`sub`)

    @classmethod
    def read(cls) -> "Provider | None":
        """Find it in the environment."""
        issuer, client_id, secret, people = (
            os.environ.get(OIDC + name, "").strip() for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "PEOPLE")
        )
        if not issuer:
            return None
        if not client_id or not people:
            raise UsageError(f"{OIDC}ISSUER needs {OIDC}CLIENT_ID and, for who may enter, {OIDC}PEOPLE.")
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise UsageError(f"{OIDC}ISSUER must be an https address.")
        with require_extra("OpenID Connect", "oidc"):
            import authlib  # noqa: F401
            import httpx2  # noqa: F401
        return cls(issuer, client_id, secret or None, frozenset(people.replace(",", " ").split()))


@dataclass(frozen=True)
class Settings:
    """What a server is started with."""

    host: str = "127.0.0.1"
    port: int = 8750
    root_path: str = ""  # below which a proxy shows it
    names: tuple[str, ...] = ()  # host names that it may be called by, beside localhost and addresses
    token: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    provider: Provider | None = None

    @property
    def by_password(self) -> bool:
        """Whether one logs in with a password, or with the token in its stead."""
        return self.token is not None or self.password_hash is not None

    @property
    def guarded(self) -> bool:
        """Whether a login is needed."""
        return self.by_password or self.provider is not None

    @classmethod
    def read(cls, host: str, port: int, root_path: str, names: tuple[str, ...], *, proxied: bool = False) -> "Settings":
        """Add the logins that are set; where others than this machine reach the server one of them is needed."""
        file = password_file()
        hashed = file.read_text(encoding="ascii").strip() if file.is_file() else None
        root_path = "/" + root_path.strip("/") if root_path.strip("/") else ""
        beyond = not is_loopback(host)
        others = f"at {host}" if beyond else "through a proxy" if proxied or root_path or names else ""
        if beyond:
            own = socket.gethostname().lower()
            names = (*names, own, f"{own}.local")
        settings = cls(host, port, root_path, names, os.environ.get(TOKEN) or None, hashed, Provider.read())
        if others and not settings.guarded:
            raise UsageError(
                f"Others could reach the library {others}: set a password first (`set_password`), a token in {TOKEN}, "
                f"or {OIDC}ISSUER."
            )
        return settings

    def knows(self, host: str) -> bool:
        """Whether it may be called by this name: an address, localhost or one that was named (DNS rebinding)."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def has_token(self, given: str) -> bool:
        """Whether this is the token."""
        return self.token is not None and secrets.compare_digest(given.encode(), self.token.encode())

    def has_password(self, given: str) -> bool:
        """Whether this is the password, or the token in its stead."""
        if self.has_token(given):
            return True
        if self.password_hash is None:
            return False
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        try:
            return PasswordHasher().verify(self.password_hash, given)
        except (Argon2Error, InvalidHashError):
            return False


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""What a server is started with, and who may use it."""

import ipaddress
import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from img2music.errors import UsageError
from img2music.files import FileKind, write_atomically

TOKEN = "IMG2MUSIC_TOKEN"  # noqa: S105 - the name of the variable
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
class Settings:
    """What a server is started with."""

    host: str = "127.0.0.1"
    port: int = 8750
    root_path: str = ""  # below which a proxy shows it
    names: tuple[str, ...] = ()  # host names that it may be called by, beside localhost and addresses
    token: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)

    @property
    def guarded(self) -> bool:
        """Whether a login is needed."""
        return self.token is not None or self.password_hash is not None

    @classmethod
    def read(cls, host: str, port: int, root_path: str, names: tuple[str, ...]) -> "Settings":
        """Add the token and the password that are kept; beyond this machine one of them is needed."""
        file = password_file()
        hashed = file.read_text(encoding="ascii").strip() if file.is_file() else None
        root_path = "/" + root_path.strip("/") if root_path.strip("/") else ""
        if not is_loopback(host):
            own = socket.gethostname().lower()
            names = (*names, own, f"{own}.local")
        settings = cls(host, port, root_path, names, os.environ.get(TOKEN) or None, hashed)
        if not is_loopback(host) and not settings.guarded:
            raise UsageError(
                f"Others could reach the library at {host}: set a password first (`set_password`), or a token in "
                f"{TOKEN}."
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

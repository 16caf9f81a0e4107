"""What img2music asks of a photo service, whatever its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from img2music.connectors.music_server import Seen
from img2music.media import xmp

MOST_PAGES = 400
"""Pages of a list of albums or photos, after which a service is taken to have no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """An album of a photo service."""

    id: str
    name: str
    photos: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePhoto:
    """A photo as its service tells of it."""

    id: str
    name: str  # of its file
    taken: str | None = None  # ISO 8601, by the camera's clock
    title: str | None = None  # what a person has written of it, in one line
    mark: str = ""  # which changes when the picture does: a checksum, or the time of the last change


class PhotoService(Protocol):
    """A login at a photo service. Whatever goes wrong is a `SourceError`."""

    def look(self) -> Seen:
        """Test the login, and tell what it shows."""
        ...

    def albums(self) -> list[Album]:
        """List the albums."""
        ...

    def photos(self, album: str) -> Iterator[ServicePhoto]:
        """Walk the photos of an album, by its id, in its order, without films."""
        ...

    def search(self, text: str) -> Iterator[ServicePhoto]:
        """Walk the photos that the service finds for a text, the best first."""
        ...

    def picture(self, photo: str, least: int) -> bytes:
        """Fetch the smallest picture of a photo that has so many pixels on its longer side, or the largest there is.

        It is a file of a format that `media.images` reads; not the original where a thumbnail will do.
        """
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def line(value: Any) -> str | None:
    """One line of text, whatever a service gives; None where there is none."""
    if not isinstance(value, str):
        return None
    return " ".join("".join(char if char.isprintable() else " " for char in value[:1000]).split()) or None


def moment(value: Any) -> str | None:
    """A time by the camera's clock, which services write as if it were UTC; None where it is none."""
    taken = xmp.moment(value)
    return None if taken is None else taken.isoformat()

"""Albums of photo services, one photo after the other, for interfaces that show how far they are."""

from dataclasses import dataclass
from pathlib import Path

from img2music.connectors import service_photos
from img2music.connectors.photo_service import ServicePhoto, line, moment
from img2music.errors import require_extra

LARGE = 1920
"""Pixels of the longer side of a photo that a film shows."""
PURPOSE = "Music servers and photo services", "servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlbum:
    """An album of a photo service."""

    id: str
    """The service's id of it."""
    name: str
    """What it is called there."""
    photos: int | None
    """How many it holds, if the service tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumList:
    """The albums of a photo service."""

    connection: str
    """The service."""
    albums: tuple[ListedAlbum, ...]
    """By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPhoto:
    """A photo of a photo service."""

    id: str
    """The service's id of it."""
    name: str
    """Of its file."""
    taken: str | None
    """ISO 8601, by the camera's clock."""
    title: str | None
    """What a person has written of it."""
    mark: str
    """What changes when the picture does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoList:
    """Photos of a photo service."""

    connection: str
    """The service."""
    photos: tuple[ListedPhoto, ...]
    """In the service's order."""


def list_albums(name: str) -> AlbumList:
    """List the albums of a photo service."""
    with require_extra(*PURPOSE):
        found = service_photos.albums_of(name)
    albums = (ListedAlbum(id=each.id, name=each.name, photos=each.photos) for each in found)
    return AlbumList(connection=name, albums=tuple(sorted(albums, key=lambda each: (each.name.casefold(), each.id))))


def list_photos(name: str, *, album: str | None = None, search: str | None = None) -> PhotoList:
    """List the photos of an album, by its id, or those that the service finds for words."""
    with require_extra(*PURPOSE):
        found = service_photos.photos_of(name, album, search)
    photos = (
        ListedPhoto(id=each.id, name=each.name, taken=each.taken, title=each.title, mark=each.mark) for each in found
    )
    return PhotoList(connection=name, photos=tuple(photos))


def fetch_photo(name: str, photo: ListedPhoto, *, large: bool = False) -> Path:
    """Fetch a photo, as large as it is read or shown; what the service says of it is in an XMP file beside it."""
    taken, title = moment(photo.taken), line(photo.title)  # which come from elsewhere again
    known = ServicePhoto(id=photo.id, name=photo.name, taken=taken, title=title, mark=photo.mark)
    with require_extra(*PURPOSE):
        return service_photos.fetch_photo(name, known, LARGE if large else service_photos.READING)

"""Photos of an Immich server, by its API (https://api.immich.app): of versions 1.118 to 3.3.

Wanted of the key: ``album.read``, ``asset.read`` and ``asset.view``; ``asset.download`` only where pictures larger than
previews are asked for. Nothing is written there.
"""

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from img2music.connectors import photo_service
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.connectors.music_server import Seen
from img2music.connectors.photo_service import Album, ServicePhoto, line, moment
from img2music.errors import SourceError, UsageError

THUMBNAIL, PREVIEW = 250, 1440
"""Least pixels of the shorter side of what the server keeps of each photo, unless its owner has set other sizes."""
LIMITS = Limits(total=60.0, body=48 << 20, rate=40.0)
"""A server of one's own, whose lists and pictures are large."""
PAGE = 1000
"""Photos a request, the most that the server gives."""
FOUND = 100
"""Photos a request of a search, of which the first are wanted."""


class Immich:
    """A login at an Immich server."""

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        if secret is None:
            raise UsageError(f"Immich needs an API key: connect {connection.name} again with one.")
        self._name = connection.name
        self._api = connection.url.removesuffix("/api") + "/api"
        self._headers = {"x-api-key": secret}
        self._session = Session(connection.name, limits, secrets=(secret,), pinned=connection.url)

    def close(self) -> None:
        """End the connection."""
        self._session.__exit__()

    def look(self) -> Seen:
        """Test the login, and each permission that is needed, and tell what it shows."""
        version = self._ask("/server/version")
        parts = [version.get(name) for name in ("major", "minor", "patch")] if isinstance(version, dict) else []
        albums = self.albums()
        for photo in self._found("metadata", {"size": 1}):
            self.picture(photo.id, THUMBNAIL)
            break
        product = "Immich " + ".".join(str(part) for part in parts if isinstance(part, int))
        return Seen(product=product.strip(), user=None, counts={"albums": len(albums)})

    def albums(self) -> list[Album]:
        """List one's own albums and those that others share, which up to version 2 must be asked for."""
        found = self._list("/albums")
        try:
            found += self._list("/albums", {"shared": "true"})
        except SourceError as error:
            if error.status != 400:  # a version that does not know the question
                raise
        albums = {
            each["id"]: Album(
                id=each["id"], name=line(each.get("albumName")) or "", photos=_count(each.get("assetCount"))
            )
            for each in found
            if isinstance(each.get("id"), str)
        }
        return list(albums.values())

    def photos(self, album: str) -> Iterator[ServicePhoto]:
        """Walk the photos of an album: all that its page tells (up to version 2), or else by search."""
        told = self._ask(f"/albums/{quote(album, safe='')}")
        if not isinstance(told, dict):
            raise self._strange()
        assets = told.get("assets")
        if isinstance(assets, list) and assets:
            yield from filter(None, map(_photo, assets))
        elif told.get("assetCount") != 0:  # where a version that knows no search within albums would find all there are
            order = "asc" if told.get("order") == "asc" else "desc"
            yield from self._found("metadata", {"albumIds": [album], "order": order, "withExif": True})

    def search(self, text: str) -> Iterator[ServicePhoto]:
        """Walk what a picture shows, as the server's own model finds it; without that, descriptions and file names."""
        try:
            yield from self._found("smart", {"query": text, "withExif": True, "size": FOUND})
        except SourceError as error:
            if error.status != 400:  # smart search is not enabled
                raise
            seen = set()
            for field in ("description", "originalFileName"):
                for photo in self._found("metadata", {field: text, "withExif": True, "size": FOUND}):
                    if photo.id not in seen:
                        seen.add(photo.id)
                        yield photo

    def picture(self, photo: str, least: int) -> bytes:
        """Fetch a thumbnail, a preview, or where neither will do and the key may, the photo itself; with its edits."""
        path = f"/assets/{quote(photo, safe='')}"
        preview = self._read(f"{path}/thumbnail", size="thumbnail" if least <= THUMBNAIL else "preview")
        if least <= PREVIEW or _longer_side(preview) >= least:
            return preview
        try:
            whole = self._read(f"{path}/original")
        except SourceError as error:
            if error.final and error.status is None:
                raise
            return preview  # the key lacks asset.download, or it is too large
        return max(preview, whole, key=_longer_side)

    def _read(self, path: str, **params: str) -> bytes:
        headers = {**self._headers, "Accept": "image/*, application/json"}
        return self._session.read(self._api + path, {"edited": "true", **params}, headers=headers).body

    def _ask(self, path: str, params: dict[str, str] | None = None, method: str = "GET", **content: Any) -> Any:
        return self._session.ask(self._api + path, params, method, headers=self._headers, **content)

    def _list(self, path: str, params: dict[str, str] | None = None) -> list[dict[str, Any]]:
        found = self._ask(path, params)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self._strange()
        return found

    def _found(self, kind: str, wanted: dict[str, Any]) -> Iterator[ServicePhoto]:
        page = 1
        for _ in range(photo_service.MOST_PAGES):
            body = {"type": "IMAGE", "size": PAGE, **wanted, "page": page}
            answer = self._ask(f"/search/{kind}", method="POST", json=body)
            assets = answer.get("assets") if isinstance(answer, dict) else None
            if not isinstance(assets, dict) or not isinstance(assets.get("items"), list):
                raise self._strange()
            yield from filter(None, map(_photo, assets["items"]))
            following = str(assets.get("nextPage") or "")
            if not following.isdecimal() or int(following[:9]) <= page or not assets["items"]:
                return
            page = int(following[:9])
        raise SourceError(f"{self._name}: its lists do not end; check its address and version.", final=True)

    def _strange(self) -> SourceError:
        return SourceError(f"{self._name}: its answer is none of Immich's; check its address and version.", final=True)


def _photo(asset: Any) -> ServicePhoto | None:
    if not isinstance(asset, dict) or not isinstance(asset.get("id"), str):
        return None
    if asset.get("type") != "IMAGE" or asset.get("isTrashed") is True:
        return None
    exif = asset.get("exifInfo")
    return ServicePhoto(
        id=asset["id"],
        name=line(asset.get("originalFileName")) or asset["id"],
        taken=moment(asset.get("localDateTime")),
        title=line(exif.get("description")) if isinstance(exif, dict) else None,
        mark=f"{asset.get('checksum')} {asset.get('thumbhash')}",
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _longer_side(picture: bytes) -> int:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as image:
            return max(image.size)
    except Exception:  # noqa: BLE001 - decoders of what is no picture raise anything; whoever reads it says so
        return 0

"""Photos of a PhotoPrism server, by its API (https://docs.photoprism.app/developer-guide/api).

Wanted of the app password: the scope ``albums photos``, or full access. Nothing is written there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from img2music.connectors import photo_service
from img2music.connectors.connections import Connection
from img2music.connectors.http import Limits, Session
from img2music.connectors.music_server import Seen
from img2music.connectors.photo_service import Album, ServicePhoto, line, moment
from img2music.errors import SourceError, UsageError

SIZES = (720, 2048, 4096)
"""Of the thumbnails that are as high as wide at most, so that the longer side of each photo has so many pixels.

https://docs.photoprism.app/developer-guide/media/thumbnails
"""
LIMITS = Limits(total=60.0, body=48 << 20, rate=40.0)
"""A server of one's own, whose lists and pictures are large."""
PAGE = 500
"""Photos or albums a request."""
PUBLIC = "public"
"""Token of a server that asks for no login."""
ORDERS = frozenset({"added", "duration", "imported", "name", "newest", "oldest", "relevance", "size", "title"})
"""Orders of an album that show all its photos, each on one page; others leave out what was not edited, say."""
FILMS = frozenset({"video", "audio", "document"})
"""Kinds of what is in an album beside photos."""
_HASH = re.compile(r"[0-9a-f]{40}")  # SHA-1 of a file, by which it gives thumbnails


class PhotoPrism:
    """A login at a PhotoPrism server."""

    def __init__(self, connection: Connection, secret: str | None, limits: Limits = LIMITS) -> None:
        if secret is None:
            raise UsageError(f"PhotoPrism needs an app password: connect {connection.name} again with one.")
        self._connection = connection
        self._api = f"{connection.url}/api/v1"
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._session = Session(connection.name, limits, secrets=(secret,), pinned=connection.url)
        self._token: str | None = None

    def close(self) -> None:
        """End the connection."""
        self._session.__exit__()

    def look(self) -> Seen:
        """Test the login, and what it shows."""
        albums = self.albums()
        for photo in self._found({}, 1):
            self.picture(photo.id, SIZES[0])
            break
        return Seen(product="PhotoPrism", user=self._connection.user, counts={"albums": len(albums)})

    def albums(self) -> list[Album]:
        """List the albums that people have made."""
        found: dict[str, Album] = {}
        for album in self._pages("albums", {"type": "album", "order": "name"}, PAGE):
            if isinstance(album.get("UID"), str):
                count = album.get("PhotoCount")
                name = line(album.get("Title")) or ""
                photos = count if isinstance(count, int) else None
                found[album["UID"]] = Album(id=album["UID"], name=name, photos=photos)
        return list(found.values())

    def photos(self, album: str) -> Iterator[ServicePhoto]:
        """Walk the photos of an album, in the order that was chosen for it."""
        told = self._ask(f"albums/{quote(album, safe='')}")
        order = told.get("Order") if isinstance(told, dict) else None
        yield from self._found({"s": album, "order": order if str(order) in ORDERS else "oldest"})

    def search(self, text: str) -> Iterator[ServicePhoto]:
        """Walk what the server's own search finds."""
        yield from self._found({"q": text})

    def picture(self, photo: str, least: int) -> bytes:
        """Fetch a thumbnail."""
        side = next((side for side in SIZES if side >= least), SIZES[-1])
        token = self._token or self._renewed()
        try:
            return self._thumbnail(photo, token, side)
        except SourceError as error:
            if error.status != 403:
                raise
        # A server that was started again knows no token until somebody logs in.
        token = self._renewed() if token == self._token else (self._token or token)
        try:
            return self._thumbnail(photo, token, side)
        except SourceError as error:
            if error.status != 403:
                raise
        raise self._wrong("it does not take its own token for thumbnails; look into its settings.", final=True)

    def _thumbnail(self, photo: str, token: str, side: int) -> bytes:
        url = f"{self._api}/t/{quote(photo, safe='')}/{quote(token, safe='')}/fit_{side}"
        answer = self._session.read(url, headers={"Accept": "image/*, application/json"})
        if "svg" in answer.headers.get("Content-Type", ""):  # it draws a sign where it has no thumbnail
            raise self._wrong("it has no thumbnail of this photo; index it there again.")
        return answer.body

    def _renewed(self) -> str:
        """The token for thumbnails, which searches tell beside what they find, or else the settings of its page."""
        self._token = None
        self._ask("photos", {"count": 1})
        if self._token is None:
            told = self._ask("config")
            token = told.get("previewToken") if isinstance(told, dict) else None
            self._take(token if isinstance(token, str) and token else PUBLIC)
        return self._token or PUBLIC

    def _take(self, token: str) -> None:
        self._token = token
        if token != PUBLIC:
            self._session.hide(token)

    def _found(self, wanted: Mapping[str, Any], page: int = PAGE) -> Iterator[ServicePhoto]:
        for photo in self._pages("photos", {**wanted, "primary": "true"}, page):
            hash_ = photo.get("Hash")
            hidden = str(photo.get("Quality")) == "-1" or str(photo.get("Type")) in FILMS
            if isinstance(hash_, str) and _HASH.fullmatch(hash_) and not hidden:
                name = line(photo.get("OriginalName")) or line(photo.get("FileName")) or line(photo.get("Name"))
                yield ServicePhoto(
                    id=hash_,
                    name=name or hash_,
                    taken=moment(photo.get("TakenAtLocal")),
                    title=line(photo.get("Caption") or photo.get("Description")) or line(photo.get("Title")),
                    mark=hash_,
                )

    def _pages(self, what: str, wanted: Mapping[str, Any], count: int) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        offset = 0
        for _ in range(photo_service.MOST_PAGES):
            page = self._ask(what, {**wanted, "count": count, "offset": offset})
            if not isinstance(page, list) or not all(isinstance(each, dict) for each in page):
                raise self._wrong("its answer is none of PhotoPrism's; check its address and version.", final=True)
            before = len(seen)
            for each in page:
                if str(each.get("UID")) not in seen:
                    seen.add(str(each.get("UID")))
                    yield each
            offset += count
            if len(page) < count or len(seen) == before:  # one that knows no offset would go on for ever
                return
        raise self._wrong("its lists do not end; check its address and version.", final=True)

    def _ask(self, what: str, params: Mapping[str, Any] | None = None) -> Any:
        """Ask for JSON; what stands beside it in the headers is a token for thumbnails."""
        answer = self._session.read(f"{self._api}/{what}", params, headers=self._headers)
        if token := answer.headers.get("X-Preview-Token"):
            self._take(token)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._wrong("its answer is not JSON; check its address.", final=True) from None

    def _wrong(self, reason: str, *, final: bool = False) -> SourceError:
        return SourceError(f"{self._connection.name}: {reason}", final=final)

"""Photo services on loopback that behave as their published APIs say, failures included."""

import hashlib
import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from PIL import Image

from img2music.connectors import photoprism
from tests.support.servers import Answer, Asked, Server

KEY = "immich-key-0123456789/+abc"
PASSWORD = "HY8fxO-8hvNqB-43UV4q-1AZ0vu"
TOKEN = "previewtoken8x"


@dataclass
class Picture:
    """A photo of a server: one colour, so large."""

    name: str
    colour: tuple[int, int, int] = (200, 120, 40)
    size: tuple[int, int] = (4000, 3000)
    taken: str = "2021-05-06T07:08:09"
    kind: str = "IMAGE"
    description: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def hash(self) -> str:
        return hashlib.sha1(f"{self.id}{self.colour}".encode()).hexdigest()

    def jpeg(self, size: tuple[float, float], form: str = "JPEG") -> bytes:
        content = io.BytesIO()
        Image.new("RGB", (max(1, round(size[0])), max(1, round(size[1]))), self.colour).save(content, form)
        return content.getvalue()

    def covering(self, side: int, form: str = "JPEG") -> bytes:
        """So many pixels on the shorter side, never larger than it is."""
        share = min(1.0, side / min(self.size))
        return self.jpeg((self.size[0] * share, self.size[1] * share), form)

    def within(self, side: int) -> bytes:
        share = min(1.0, side / max(self.size))
        return self.jpeg((self.size[0] * share, self.size[1] * share))


def picture_answer(content: bytes, kind: str = "image/jpeg") -> Answer:
    return Answer(raw=content, headers={"Content-Type": kind})


class ImmichServer(Server):
    """https://api.immich.app, of version 3, whose albums do not tell their assets, of 2, whose do, or of 1.118.

    That takes no notice of what it does not know, as a search within albums.
    """

    def __init__(
        self,
        albums: dict[str, list[Picture]],
        *,
        version: int = 3,
        scopes: Sequence[str] = ("album.read", "asset.read", "asset.view"),
    ) -> None:
        super().__init__()
        self.albums = {str(uuid.uuid4()): (name, pictures) for name, pictures in albums.items()}
        self.version = version
        self.scopes = set(scopes)
        self.shared: dict[str, tuple[str, list[Picture]]] = {}  # albums of others
        self.smart = True
        self.page = 1000  # what it gives at once, at most
        self.spoiled: dict[str, Answer] = {}  # what it says to thumbnails of a photo

    @property
    def pictures(self) -> list[Picture]:
        return [picture for _, pictures in self.albums.values() for picture in pictures]

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - as many ways as there are
        path = asked.path.removeprefix("/api")
        if asked.path == path:
            return Answer(raw=b"<!doctype html><title>Immich</title>", headers={"Content-Type": "text/html"})
        if path == "/server/ping":
            return Answer({"res": "pong"})
        if path == "/server/version":
            return Answer({"major": self.version, "minor": 1, "patch": 4})
        if asked.headers.get("x-api-key") != KEY:
            return immich_error(401, "Invalid API key")
        parts = path.strip("/").split("/")
        scope = {"albums": "album.read", "search": "asset.read", "assets": "asset.view"}.get(parts[0], "")
        if parts[-1] == "original":
            scope = "asset.download"
        if scope not in self.scopes:
            return immich_error(403, f"Missing required permission: {scope}")
        if parts[0] == "albums":
            return self._albums(asked, parts[1:])
        if parts[0] == "search":
            return self._search(parts[1], json.loads(asked.body))
        return self._asset(parts[1], asked)

    def _albums(self, asked: Asked, rest: list[str]) -> Answer:
        if not rest:
            if self.version >= 3 and "shared" in asked.query:
                return immich_error(400, "Validation failed")
            if self.version >= 3:
                return Answer([self._album(id_) for id_ in self._every()])
            return Answer([self._album(id_) for id_ in (self.shared if "shared" in asked.query else self.albums)])
        if rest[0] not in self._every():
            return immich_error(400, "Not found or no album.read access")
        told = self._album(rest[0])
        if self.version < 3:
            told["assets"] = [self._told(picture) for picture in self._every()[rest[0]][1]]
        return Answer(told)

    def _every(self) -> dict[str, tuple[str, list[Picture]]]:
        return self.albums | self.shared

    def _album(self, id_: str) -> dict[str, Any]:
        name, pictures = self._every()[id_]
        return {"id": id_, "albumName": name, "assetCount": len(pictures), "order": "asc", "description": ""}

    def _search(self, kind: str, wanted: dict[str, Any]) -> Answer:
        if set(wanted) - {
            "albumIds",
            "type",
            "size",
            "page",
            "order",
            "withExif",
            "query",
            "description",
            "originalFileName",
        }:
            return immich_error(400, "Validation failed")
        if not (isinstance(wanted["page"], int) and 1 <= wanted.get("size", 250) <= 1000):
            return immich_error(400, "Validation failed")
        if kind == "smart" and not self.smart:
            return immich_error(400, "Smart search is not enabled")
        found = self.pictures
        if "albumIds" in wanted and self.version >= 2:
            albums = self._every() if self.version >= 3 else self.albums  # of others by their page alone
            found = [each for id_ in wanted["albumIds"] for each in albums[id_][1]]
        if wanted.get("type"):
            found = [each for each in found if each.kind == wanted["type"]]
        if "originalFileName" in wanted:
            found = [each for each in found if wanted["originalFileName"].lower() in each.name.lower()]
        if "description" in wanted:
            found = [each for each in found if wanted["description"].lower() in each.description.lower()]
        size = min(self.page, wanted.get("size", 250))
        first = (wanted["page"] - 1) * size
        more = str(wanted["page"] + 1) if first + size < len(found) else None
        items = [self._told(each) for each in found[first : first + size]]
        assets = {"total": len(items), "count": len(items), "items": items, "facets": [], "nextPage": more}
        return Answer({"albums": {"total": 0, "count": 0, "items": [], "facets": []}, "assets": assets})

    def _told(self, picture: Picture) -> dict[str, Any]:
        return {
            "id": picture.id,
            "type": picture.kind,
            "originalFileName": picture.name,
            "localDateTime": f"{picture.taken}.000Z",
            "fileCreatedAt": f"{picture.taken}.000Z",
            "checksum": picture.hash,
            "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
            "isTrashed": False,
            "exifInfo": {"description": picture.description},
        }

    def _asset(self, id_: str, asked: Asked) -> Answer:
        if id_ in self.spoiled:
            return self.spoiled[id_]
        every = (each for _, pictures in self._every().values() for each in pictures)
        picture = next((each for each in every if each.id == id_), None)
        if picture is None:
            return immich_error(400, "Not found or no asset.view access")
        if asked.path.endswith("/original"):
            return picture_answer(picture.jpeg(picture.size))
        if asked.query["size"] == "thumbnail":
            return picture_answer(picture.covering(250, "WEBP"), "image/webp")
        assert asked.query["size"] == "preview"
        return picture_answer(picture.covering(1440))


def immich_error(status: int, message: str) -> Answer:
    return Answer({"message": message, "error": "Error", "statusCode": status, "correlationId": "8d3"}, status)


class PhotoPrismServer(Server):
    """https://docs.photoprism.app/developer-guide/api.

    A token for thumbnails holds once somebody has logged in since the server was started.
    """

    def __init__(self, albums: dict[str, list[Picture]]) -> None:
        super().__init__()
        self.tokens = [TOKEN]  # the last holds
        self.known = False  # whether that was told since the server was started
        self.tells = True  # whether searches tell it
        self.public = False  # whether it asks for no login
        self.order = "oldest"  # of its albums
        self.hidden: set[str] = set()  # names of photos that it can't show
        self.caption = "Caption"  # "Description" until 2025
        self.albums = {f"as6sg6b{number:09d}": each for number, each in enumerate(albums.items())}
        self.scopes = {"albums", "photos"}
        self.spoiled: dict[str, Answer] = {}  # what it says to thumbnails of a file
        self.most = 500

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - as above
        path = asked.path.removeprefix("/api/v1")
        if asked.path == path:
            return Answer(raw=b"<!doctype html><title>PhotoPrism</title>", headers={"Content-Type": "text/html"})
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[0] == "t":
            return self._thumbnail(*parts[1:])
        if parts[0] in ("status", "config"):
            self.known = True
            return Answer({"status": "operational", "previewToken": "public" if self.public else self.tokens[-1]})
        if not self.public and asked.headers.get("Authorization") != f"Bearer {PASSWORD}":
            return photoprism_error(401, "Unauthorized")
        if parts[0] not in self.scopes:
            return photoprism_error(403, "Forbidden")
        if len(parts) == 2:
            if parts[1] not in self.albums:
                return photoprism_error(404, "Album not found")
            return Answer({"UID": parts[1], "Title": self.albums[parts[1]][0], "Order": self.order})
        if not asked.query.get("count", "").isdecimal():
            return photoprism_error(400, "Bad request")
        count, offset = min(self.most, int(asked.query["count"])), int(asked.query.get("offset", 0))
        if parts[0] == "albums":
            assert asked.query["type"] == "album"
            found = [
                {"UID": uid, "Title": name, "Type": "album", "PhotoCount": len(pictures)}
                for uid, (name, pictures) in self.albums.items()
            ]
        else:
            found = self._photos(asked.query)
        return Answer(found[offset : offset + count], headers=self._told())

    def _told(self) -> dict[str, str]:
        self.known = True
        return {"X-Preview-Token": self.tokens[-1]} if self.tells and not self.public else {}

    def restart(self) -> None:
        """Forget which token holds, and make another."""
        self.known = False
        self.tokens.append(f"{TOKEN}{len(self.tokens)}")

    def _photos(self, query: dict[str, str]) -> list[dict[str, Any]]:
        if "s" in query:
            pictures = sorted(self.albums[query["s"]][1], key=lambda each: each.taken)
        else:
            pictures = [each for _, album in self.albums.values() for each in album]
        assert query.get("order", "newest") in ORDERS
        if query.get("order") in ("edited", "similar", "updated"):  # of which it shows what was edited, say
            pictures = []
        wanted = query.get("q", "").lower()
        return [
            {
                "UID": f"ps{each.id[:14]}",
                "Type": "image" if each.kind == "IMAGE" else "video",
                "TakenAt": f"{each.taken}Z",
                "TakenAtLocal": f"{each.taken}Z",
                "Name": each.name.rpartition(".")[0],
                "FileName": f"2021/05/{each.name}",
                "OriginalName": "",
                "Title": "May 2021",
                self.caption: each.description,
                "Quality": -1 if each.name in self.hidden else 3,
                "Hash": each.hash,
                "Width": each.size[0],
                "Height": each.size[1],
            }
            for each in pictures
            if wanted in f"{each.name} {each.description}".lower()
        ]

    def _thumbnail(self, hash_: str, token: str, size: str) -> Answer:
        sign = Answer(raw=b'<svg xmlns="http://www.w3.org/2000/svg"/>', headers={"Content-Type": "image/svg+xml"})
        if not self.public and (token != self.tokens[-1] or not self.known):
            return Answer(raw=sign.raw, status=403, headers=sign.headers)
        if hash_ in self.spoiled:
            return self.spoiled[hash_]
        found = [each for _, album in self.albums.values() for each in album if each.hash == hash_]
        if not found:
            return sign
        return picture_answer(found[0].within(int(size.removeprefix("fit_"))))


ORDERS = {"edited", "random", "similar", "updated"} | photoprism.ORDERS


def photoprism_error(status: int, message: str) -> Answer:
    return Answer({"code": status, "error": message}, status)

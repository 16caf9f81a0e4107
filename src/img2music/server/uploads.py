"""Pictures that were sent, kept while the server runs."""

import io
import re
import secrets
import shutil
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from img2music.errors import InputError, printable
from img2music.files import Closing
from img2music.vision.model import ImageAnalysis, ImageModel

MOST_BYTES = 100 << 20  # of one picture
MOST_KEPT = 2 << 30  # bytes of all; then the oldest go
MOST_COUNT = 1000
THUMBNAIL = 640  # pixels of its longer side
LONGEST_NAME = 200
LONGEST_FILE = 80  # characters of the name of the copy
UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")


@dataclass(frozen=True)
class Upload:
    """A picture that was sent."""

    id: str
    name: str  # as its sender calls it; never a path here
    path: Path
    size: int  # bytes
    analysis: ImageAnalysis
    thumbnail: bytes  # JPEG


class Uploads(Closing):
    """Pictures in a folder of the server's own, the newest of them."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="img2music-"))
        self._kept: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()
        self._model = ImageModel.load()

    def close(self) -> None:
        """Remove them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, file: BinaryIO, name: str) -> Upload:
        """Copy and read a picture."""
        id_ = secrets.token_hex(16)
        name = printable(name.replace("\\", "/").rsplit("/", 1)[-1])[:LONGEST_NAME] or "picture"
        # Some formats are told by their ending alone, and what is said of a picture shows its name.
        path = self._folder / id_ / (UNSAFE.sub("_", name).lstrip(".")[-LONGEST_FILE:] or "picture")
        path.parent.mkdir()
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
            upload = Upload(id_, name, path, path.stat().st_size, *self._read(path, name))
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        with self._lock:
            self._kept[id_] = upload
            while len(self._kept) > MOST_COUNT or sum(each.size for each in self._kept.values()) > MOST_KEPT:
                shutil.rmtree(self._kept.popitem(last=False)[1].path.parent, ignore_errors=True)
        return upload

    def get(self, id: str) -> Upload | None:  # noqa: A002
        """Find one."""
        with self._lock:
            if id in self._kept:
                self._kept.move_to_end(id)
            return self._kept.get(id)

    def remove(self, id: str) -> None:  # noqa: A002
        """Forget one."""
        with self._lock:
            upload = self._kept.pop(id, None)
        if upload is not None:
            shutil.rmtree(upload.path.parent, ignore_errors=True)

    def _read(self, path: Path, name: str) -> tuple[ImageAnalysis, bytes]:
        from img2music.media.images import read_image

        found = next(iter(self._model.analyze([path])))
        if isinstance(found, InputError):
            raise InputError(found.what, name, remedy=found.remedy)
        picture = read_image(path, THUMBNAIL).convert("RGB")
        picture.thumbnail((THUMBNAIL, THUMBNAIL))
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=85)
        return found, content.getvalue()

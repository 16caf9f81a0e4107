"""Covers in files and beside them."""

import base64
import io
from pathlib import Path

import mutagen
import pytest
from mutagen.flac import Picture
from mutagen.id3 import APIC
from mutagen.mp4 import MP4Cover
from PIL import Image

from img2music.connectors.covers import find_cover
from tests.support.sounds import chords, encode

TUNE = chords([(60, 64, 67)], 0.5)


def jpeg(colour: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(content, "JPEG")
    return content.getvalue()


def embed(path: Path, content: bytes) -> None:
    file = mutagen.File(path)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/jpeg", content
    if path.suffix == ".mp3":
        file.tags.add(APIC(mime="image/jpeg", type=3, data=content))
    elif path.suffix == ".m4a":
        file["covr"] = [MP4Cover(content)]
    elif path.suffix == ".flac":
        file.add_picture(picture)
    else:
        file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    file.save()


@pytest.mark.parametrize("kind", ["mp3", "m4a", "flac", "ogg", "opus"])
def test_the_picture_in_a_file_comes_before_the_one_beside_it(kind: str, tmp_path: Path) -> None:
    path = encode(tmp_path / f"tune.{kind}", TUNE, kind, 48_000)
    assert find_cover(str(path)) is None
    beside = tmp_path / "Folder.JPG"
    beside.write_bytes(jpeg("blue"))
    (tmp_path / "front page.jpg").write_bytes(jpeg("red"))
    assert find_cover(str(path)) == str(beside)
    embed(path, jpeg("green"))
    assert find_cover(str(path)) == jpeg("green")


def test_a_file_that_is_no_sound_may_have_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "broken.mp3").write_bytes(b"nothing to hear")
    (tmp_path / "cover.png").write_bytes(b"")
    assert find_cover(str(tmp_path / "broken.mp3")) == str(tmp_path / "cover.png")

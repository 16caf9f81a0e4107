"""What photos say of themselves."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2music.media.photo_info import _title, read_photo_info
from img2music.media.xmp import PhotoInfo

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:{name}><rdf:Alt>
<rdf:li xml:lang="de">Am See</rdf:li><rdf:li xml:lang="x-default">By the lake, é</rdf:li>
</rdf:Alt></dc:{name}></rdf:Description></rdf:RDF></x:xmpmeta>"""


def photo(file: Path, exif: dict[int, Any] | None = None, within: dict[int, Any] | None = None, **more: Any) -> Path:
    tags = Image.Exif()
    tags.update(exif or {})
    tags.get_ifd(0x8769).update(within or {})
    Image.new("RGB", (8, 8)).save(file, exif=tags, **more)
    return file


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_when_it_was_taken(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"photo.{ending}"
    moments = {0x9003: "2021:05:06 07:08:09", 0x9004: "2022:01:01 00:00:00"}
    assert read_photo_info(photo(file, {0x0132: "2023:01:01 00:00:00"}, moments)).taken == datetime(2021, 5, 6, 7, 8, 9)
    burst = photo(file, {0x0132: "2023:01:01 00:00:00"}, moments | {0x9291: "25"})
    assert read_photo_info(burst).taken == datetime(2021, 5, 6, 7, 8, 9, 250_000)
    assert read_photo_info(photo(file, {0x0132: "2023:01:01 00:00:00"})).taken == datetime(2023, 1, 1)


@pytest.mark.parametrize("stamp", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_clocks_that_were_never_set(tmp_path: Path, stamp: str) -> None:
    assert read_photo_info(photo(tmp_path / "photo.jpg", within={0x9003: stamp})).taken is None


def test_titles(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    assert read_photo_info(photo(file, {0x010E: " Our \n garden "})).title == "Our garden"
    assert read_photo_info(photo(file, {0x010E: "Grüße".encode()})).title == "Grüße"
    for name in ("title", "description"):
        both = photo(file, {0x010E: "Exif"}, xmp=XMP.format(name=name).encode())
        assert read_photo_info(both).title == "By the lake, é"


@pytest.mark.parametrize("title", ["OLYMPUS DIGITAL CAMERA", "", "   ", "default"])
def test_what_cameras_write_is_no_title(tmp_path: Path, title: str) -> None:
    assert read_photo_info(photo(tmp_path / "photo.jpg", {0x010E: title})).title is None


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY b "cccc">]><a xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&b;</dc:title></a>',
    ],
)
def test_damaged_or_hostile_xmp(tmp_path: Path, packet: bytes) -> None:
    assert read_photo_info(photo(tmp_path / "photo.jpg", xmp=packet)).title is None


def test_no_photo(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    for name in ("photo.jpg", "absent.jpg", "."):
        assert read_photo_info(tmp_path / name) == PhotoInfo()


@given(st.text() | st.binary())
def test_a_title_is_one_printable_line(value: str | bytes) -> None:
    title = _title(value)
    assert title is None or (title.isprintable() and title == title.strip() != "")

"""What photo services and programs lay beside photos."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from img2music.media.photo_info import read_photo_info
from img2music.media.sidecars import LARGEST_JSON, google_beside, is_trashed, original_of, xmp_beside
from img2music.media.xmp import LARGEST_XMP, PhotoInfo, plain, read_xmp, write_xmp

TAKEN = datetime(2021, 7, 1, 10, 30)
SECONDS = str(int(TAKEN.timestamp()))  # as an account of this time zone has it


def told(description: Any = "At the lake", seconds: Any = SECONDS) -> str:
    moment = {"timestamp": seconds, "formatted": "1 juil. 2021, 10:30:00 UTC"}
    entry = {
        "title": "x.jpg",
        "description": description,
        "imageViews": "3",
        "creationTime": {"timestamp": "1700000000"},
    }
    return json.dumps(
        {**entry, "photoTakenTime": moment, "geoData": {"latitude": 0.0}, "url": "https://photos.google.com"}
    )


# As people who took their photos home have listed them (see the issues of GooglePhotosTakeoutHelper and of ente):
# photo, and the file beside it.
NAMES = [
    ("IMG_1.jpg", "IMG_1.jpg.json"),
    ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
    ("IMG_1(1).jpg", "IMG_1.jpg(1).json"),
    ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
    ("Screenshot_20210701-103000_com.example.jpg", "Screenshot_20210701-103000_com.example.jpg.sup.json"),
    ("Screenshot_20210701-103000_com.example(1).jpg", "Screenshot_20210701-103000_com.example.jpg.sup(1).json"),
    ("a_name_that_is_so_long_that_google_has_cut_its_e.jpg", "a_name_that_is_so_long_that_google_has_cut_its.json"),
    (
        "사진이_아주_긴_이름을_가지고_있습니다_그래서.jpg",
        "사진이_아주_긴_이름을_가지고_있습니다_그래서.jpg.supplem.json",
    ),
    ("IMG_1.HEIC", "IMG_1.HEIC.supplemental-metadata.json"),
    ("copy (1).jpg", "copy (1).jpg.json"),  # so called by a person
    ("Beach.jpg", "Beach.json"),  # whose title in Google Photos has no ending
    ("Beach.jpg", "Beach.supplemental-metadata.json"),
    ("Beach(1).jpg", "Beach(1).json"),
]


@pytest.mark.parametrize(("photo", "sidecar"), NAMES)
def test_what_google_says(tmp_path: Path, photo: str, sidecar: str) -> None:
    (tmp_path / photo).touch()
    (tmp_path / sidecar).write_text(told())
    (tmp_path / "metadata.json").write_text(json.dumps({"title": "Trip", "description": "of an album"}))
    (tmp_path / "IMG_11.jpg.json").write_text(told("another"))
    assert google_beside(str(tmp_path / photo)) == PhotoInfo(TAKEN, "At the lake")


def test_numbers_go_before_what_is_cut(tmp_path: Path) -> None:
    name = "original_a1b2c3d4-0000-1111-2222-333344445555_I"
    for number in ("", "(1)", "(2)"):
        (tmp_path / f"{name}{number}.jpg").touch()
        (tmp_path / f"{f'{name}.jpg'[:46]}{number}.json").write_text(told(f"photo {number}"))
    for number in ("", "(1)", "(2)"):
        assert google_beside(str(tmp_path / f"{name}{number}.jpg")).title == f"photo {number}".strip()


def test_files_of_others_are_none_of_googles(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.json").write_text(json.dumps({"description": "by another program"}))
    (tmp_path / "metadata.json").write_text(json.dumps({"title": "Trip", "description": "of an album"}))
    for name in ("IMG_1.jpg", "metadata.jpg"):
        assert google_beside(str(tmp_path / name)) == PhotoInfo()
    assert not is_trashed(str(tmp_path / "IMG_1.jpg"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("takeout-20240101T101010Z-001/Takeout", "takeout-20240101T101010Z-002/Takeout"),
        ("takeout-20240101T101010Z-1-001/Takeout", "takeout-20240101T101010Z-1-002/Takeout"),
        ("Takeout", "Takeout 2"),
        ("Takeout 3", "Takeout"),
        ("Takeout", "Takeout(1)"),
    ],
)
def test_what_lies_in_another_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: str, other: str) -> None:
    here, there, elsewhere = (
        tmp_path / part / "Google Photos" / album for part, album in ((one, "Trip"), (other, "Trip"), (other, "Home"))
    )
    for folder in (here, there, elsewhere):
        folder.mkdir(parents=True)
    (here / "IMG_1.jpg").touch()
    (elsewhere / "IMG_1.jpg.json").write_text(told("another album's"))
    assert google_beside(str(here / "IMG_1.jpg")) == PhotoInfo()
    (there / "IMG_1.jpg.supplemental-metadata.json").write_text(told())
    assert google_beside(str(here / "IMG_1.jpg")) == PhotoInfo(TAKEN, "At the lake")
    monkeypatch.chdir(here)
    assert google_beside("IMG_1.jpg") == PhotoInfo(TAKEN, "At the lake")
    (here / "IMG_1.jpg.json").write_text(told("here"))
    assert google_beside(str(here / "IMG_1.jpg")) == PhotoInfo(TAKEN, "here")


def test_folders_that_only_look_like_parts(tmp_path: Path) -> None:
    for folder in ("Takeout", "takeout-shop/Takeout", "Takeout 2"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jpg").touch()
    (tmp_path / "takeout-shop" / "Takeout" / "a.jpg.json").write_text(told())
    (tmp_path / "a.jpg.json").write_text(told())
    for folder in ("Takeout", "Takeout 2"):
        assert google_beside(str(tmp_path / folder / "a.jpg")) == PhotoInfo()


def test_what_is_in_googles_trash(tmp_path: Path) -> None:
    for trashed in (True, False, "true", 1, None, [], {}):
        (tmp_path / "a.jpg.json").write_text(json.dumps({**json.loads(told()), "trashed": trashed}))
        assert is_trashed(str(tmp_path / "a.jpg")) == (trashed is True)
    assert not is_trashed(str(tmp_path / "b.jpg"))


@pytest.mark.parametrize("other", ["IMG_12.jpg", "IMG_1.png", "IMG_1(1).jpg", "MG_1.jpg", "IMG_1", "IMG_1.jpg.jpg"])
def test_what_google_says_of_others(tmp_path: Path, other: str) -> None:
    (tmp_path / "IMG_1.jpg.supplemental-metadata.json").write_text(told())
    assert google_beside(str(tmp_path / other)) == PhotoInfo()


def test_which_time_counts(tmp_path: Path) -> None:
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.jpg.json"
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2021:07:01 19:30:00"  # the camera was in Seoul
    exif[0x010E] = "Exif"
    Image.new("RGB", (8, 8)).save(photo, exif=exif)
    assert read_photo_info(photo) == PhotoInfo(datetime(2021, 7, 1, 19, 30), "Exif")
    sidecar.write_text(told())
    assert read_photo_info(photo) == PhotoInfo(datetime(2021, 7, 1, 19, 30), "At the lake")
    sidecar.write_text(told("", str(int(datetime(1987, 5, 1, 12).timestamp()))))  # which a person corrected
    assert read_photo_info(photo) == PhotoInfo(datetime(1987, 5, 1, 12), "Exif")
    (tmp_path / "a.xmp").write_bytes(write_xmp(PhotoInfo(datetime(1990, 1, 2, 3), "XMP")))
    assert read_photo_info(photo) == PhotoInfo(datetime(1990, 1, 2, 3), "XMP")


APPLE = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0.0">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"{short}>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Our garden</rdf:li></rdf:Alt></dc:title>{long}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""
DATE = "2021-07-01T10:30:00+09:00"


@pytest.mark.parametrize("name", ["IMG_1.xmp", "IMG_1.HEIC.xmp", "img_1.XMP"])
@pytest.mark.parametrize(
    "words",
    [
        {"short": "", "long": f"<photoshop:DateCreated>{DATE}</photoshop:DateCreated>"},
        {"short": f' photoshop:DateCreated="{DATE}"', "long": ""},
    ],
)
def test_what_apple_says(tmp_path: Path, name: str, words: dict[str, str]) -> None:
    (tmp_path / "IMG_1.HEIC").touch()
    (tmp_path / name).write_text(APPLE.format(**words), encoding="utf-8")
    assert xmp_beside(str(tmp_path / "IMG_1.HEIC")) == PhotoInfo(TAKEN, "Our garden")


EDITED = [
    ("IMG_1-edited.jpg", "IMG_1.jpg"),
    ("IMG_1-edited(1).jpg", "IMG_1(1).jpg"),
    ("IMG_E0001.JPG", "IMG_0001.HEIC"),
    ("IMG_1_edited.jpeg", "IMG_1.HEIC"),
]


@pytest.mark.parametrize(("edited", "original"), EDITED)
def test_edited_copies(tmp_path: Path, edited: str, original: str) -> None:
    (tmp_path / edited).touch()
    assert original_of(str(tmp_path / edited)) is None
    (tmp_path / original).touch()
    assert original_of(str(tmp_path / edited)) == original
    assert original_of(str(tmp_path / original)) is None


def test_edited_copies_in_other_languages(tmp_path: Path) -> None:
    for name in ("IMG-1.jpg", "IMG-1-bearbeitet.jpg", "IMG-2.jpg"):
        (tmp_path / name).touch()
    assert original_of(str(tmp_path / "IMG-1-bearbeitet.jpg")) is None  # for all that is known, another photo
    for name in ("IMG-1.jpg", "IMG-2.jpg"):
        (tmp_path / f"{name}.json").write_text(told(name))
    copy = str(tmp_path / "IMG-1-bearbeitet.jpg")
    assert original_of(copy) == "IMG-1.jpg"
    assert google_beside(copy) == PhotoInfo(TAKEN, "IMG-1.jpg")
    assert original_of(str(tmp_path / "IMG-2.jpg")) is None


BOMB = '<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]><a xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}&d;</dc:title></a>'
HOSTILE = [
    b"",
    b"\0" * 100,
    b"{" * 200_000,
    b'{"photoTakenTime":' * 5000,
    b"[" * (LARGEST_JSON + 10),
    b'{"photoTakenTime": {"timestamp": "' + b"9" * 4000 + b'"}, "description": [1]}',
    b'{"photoTakenTime": {"timestamp": true}, "description": 7}',
    b'{"photoTakenTime": {"timestamp": 1e400}}',
    b'{"photoTakenTime": {"timestamp": "999999999999"}}',
    b'{"photoTakenTime": "yesterday"}',
    b"[1, 2]",
    b"null",
    BOMB.format("x").encode(),
    BOMB.format("x").encode("utf-16"),
    ('<?xml version="1.0" encoding="cp037"?>' + BOMB).encode(),
    b'<?xml version="1.0" encoding="cp037"?>' + BOMB.format("x").encode("cp037"),
    b"<a>" * 300_000,
    b"<a>" + b"x" * LARGEST_XMP + b"</a>",
    b"\xff\xfe\x00",
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_say_nothing(tmp_path: Path, content: bytes) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    for name in ("a.jpg.json", "a.xmp"):
        (tmp_path / name).write_bytes(content)
    assert read_photo_info(tmp_path / "a.jpg") == PhotoInfo()


def test_folders_pipes_and_links_say_nothing(tmp_path: Path) -> None:
    import os

    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg.json").mkdir()
    os.mkfifo(tmp_path / "a.xmp")
    (tmp_path / "a.jpg.xmp").symlink_to(tmp_path / "a.jpg.xmp")
    assert read_photo_info(tmp_path / "a.jpg") == PhotoInfo()


NO_TIMES = ["0001-01-01T00:00:00Z", "1601-01-01T00:00:00", "9999-12-31T23:59:59", "0000-00-00", "99999-01-01", "+2021"]


@pytest.mark.parametrize("no", NO_TIMES)
def test_times_in_which_nobody_took_photos_are_none(tmp_path: Path, no: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = no[:19].replace("-", ":").replace("T", " ")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "a.xmp").write_text(APPLE.format(short="", long=f"<photoshop:DateCreated>{no}</photoshop:DateCreated>"))
    for seconds in ("-62135596800", "-11644473600", "253402300799"):
        (tmp_path / "a.jpg.json").write_text(told(seconds=seconds))
        assert read_photo_info(tmp_path / "a.jpg") == PhotoInfo(None, "Our garden")


@given(st.datetimes(datetime(1826, 1, 1), datetime(2199, 12, 31)), st.text(st.characters(codec="utf-8")))
def test_what_is_written_is_read(taken: datetime, title: str) -> None:
    line = plain(title)
    assert read_xmp(write_xmp(PhotoInfo(taken, line))) == PhotoInfo(taken, line)


def test_times_are_local(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.json").write_text(told(seconds=0))
    assert google_beside(str(tmp_path / "a.jpg")).taken == datetime.fromtimestamp(0, UTC).astimezone().replace(
        tzinfo=None
    )
